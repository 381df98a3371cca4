import type { Gap } from '../ports/pubsub.js';
import type { ReceivedEvent } from './frames.js';

/** The last sequence that was seen of one publisher on one channel. */
interface Cursor {
  last: number;
}

/** Publishers and channels remembered: at least so many of the latest, at most twice as many. */
const remembered = 10_000;

/**
 * The subscriber's side of finding gaps: a jump in one publisher's sequence on one channel. The first event seen of it starts the count,
 * so a new subscriber misses nothing; a sequence that does not grow (an event handed over twice) is no gap.
 */
export class SequenceReader {
  /** Two generations: what was not seen during a whole one is forgotten. */
  #young = new Map<string, Cursor>();
  #old = new Map<string, Cursor>();
  readonly #remembered: number;

  constructor(most = remembered) {
    this.#remembered = most;
  }

  /** How many events are missing just before this one. */
  read(epoch: string, channel: string, sequence: number): number {
    const key = `${epoch} ${channel}`;
    const cursor = this.#find(key);
    if (cursor === undefined) {
      this.#remember(key, { last: sequence });
      return 0;
    }
    const missing = Math.max(0, sequence - cursor.last - 1);
    cursor.last = Math.max(cursor.last, sequence);
    return missing;
  }

  #find(key: string): Cursor | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.#remember(key, old);
    return old;
  }

  #remember(key: string, cursor: Cursor): void {
    if (this.#young.size >= this.#remembered) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, cursor);
  }
}

/** What was dropped in one go, as one gap for each publisher and channel. */
export function gapsOf(dropped: readonly ReceivedEvent[]): Gap[] {
  const gaps = new Map<string, Gap>();
  for (const { channel, stamp } of dropped) {
    const key = `${stamp?.epoch} ${channel}`;
    const sequence = stamp?.sequence ?? 0;
    const gap = gaps.get(key);
    gaps.set(key, { channel, missed: (gap?.missed ?? 0) + 1, from: gap?.from ?? sequence, to: sequence, cause: 'buffer-full' });
  }
  return [...gaps.values()];
}
