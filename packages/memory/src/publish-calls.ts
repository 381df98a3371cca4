import { publishWindow } from '@quayside/core';

/** `too-old`: it came so late that it is not known any more whether it ran. */
export type CallVerdict = 'new' | 'repeated' | 'too-old';

/** A sequence and the `publishWindow` before it fall on different slots; each holds the sequence that ran there last. */
const slots = publishWindow + 1;

interface Publisher {
  highest: number;
  readonly ran: Float64Array;
}

/**
 * Which publish calls ran: of each publisher its highest sequence and the `publishWindow` before it (the anti-replay window of IPsec,
 * RFC 4303). Keeps as many publishers as it is told; the one that was silent for longest is forgotten first.
 */
export class PublishCalls {
  readonly #publishers = new Map<string, Publisher>();
  readonly #most: number;
  /** Of the last call: one publisher's calls usually follow one another, and then its rank need not be looked after. */
  #lastName: string | undefined;
  #last: Publisher | undefined;

  constructor(mostPublishers = 10_000) {
    this.#most = mostPublishers;
  }

  /** The names of those remembered. */
  publishers(): readonly string[] {
    return [...this.#publishers.keys()];
  }

  judge(name: string, sequence: number): CallVerdict {
    const publisher = name === this.#lastName ? this.#last : this.#publishers.get(name);
    if (publisher === undefined || sequence > publisher.highest) return 'new';
    if (sequence < publisher.highest - publishWindow) return 'too-old';
    return publisher.ran[sequence % slots] === sequence ? 'repeated' : 'new';
  }

  remember(name: string, sequence: number): void {
    const publisher = this.#latest(name);
    publisher.ran[sequence % slots] = sequence;
    if (sequence > publisher.highest) publisher.highest = sequence;
  }

  clear(): void {
    this.#publishers.clear();
    this.#lastName = undefined;
  }

  /** Moves a publisher to the end of those to forget. */
  #latest(name: string): Publisher {
    if (name === this.#lastName && this.#last !== undefined) return this.#last;
    const publisher = this.#publishers.get(name) ?? { highest: 0, ran: new Float64Array(slots) };
    this.#publishers.delete(name);
    this.#publishers.set(name, publisher);
    if (this.#publishers.size > this.#most) {
      for (const oldest of this.#publishers.keys()) {
        this.#publishers.delete(oldest);
        break;
      }
    }
    this.#lastName = name;
    this.#last = publisher;
    return publisher;
  }
}
