/** So many channels a publisher counts before it begins anew, as if it were another: the counters are bounded, and no gap is false. */
const mostChannels = 50_000;

/**
 * The publisher's side of finding gaps: its epoch, unique to it, and its sequence on each channel, from 1. A stamp is given at
 * hand-over and taken back where nothing was sent, so whatever is missing was lost.
 */
export class Stamps {
  readonly #makeEpoch: () => string;
  readonly #last = new Map<string, number>();
  #epoch: string;

  constructor(makeEpoch: () => string) {
    this.#makeEpoch = makeEpoch;
    this.#epoch = makeEpoch();
  }

  get epoch(): string {
    return this.#epoch;
  }

  next(channel: string): number {
    const sequence = (this.#last.get(channel) ?? 0) + 1;
    this.#last.set(channel, sequence);
    return sequence;
  }

  /** Undoes the last `next` of the channel. */
  takeBack(channel: string): void {
    this.#last.set(channel, (this.#last.get(channel) ?? 1) - 1);
  }

  /** Called between hand-overs, since stamps of two epochs in one could not be taken back. */
  trim(): void {
    if (this.#last.size < mostChannels) return;
    this.#last.clear();
    this.#epoch = this.#makeEpoch();
  }
}
