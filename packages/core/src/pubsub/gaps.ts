import type { Gap } from '../ports/pubsub.js';
import type { ReceivedEvent } from './frames.js';
import { RecentMap } from './recent.js';

/** The last sequence that was seen of one publisher on one channel. */
interface Cursor {
  last: number;
}

/** Publishers and channels remembered. */
const remembered = 10_000;

/**
 * The subscriber's side of finding gaps: a jump in one publisher's sequence on one channel. The first event seen of it starts the count,
 * so a new subscriber misses nothing; a sequence that does not grow (an event handed over twice) is no gap.
 */
export class SequenceReader {
  readonly #cursors: RecentMap<Cursor>;
  /** Those of one publisher on one channel mostly come together, and a key for each would cost more than all the rest. */
  #latest = { epoch: '', channel: '', cursor: { last: 0 } };

  constructor(most = remembered) {
    this.#cursors = new RecentMap(most);
  }

  /** How many events are missing just before this one. */
  read(epoch: string, channel: string, sequence: number): number {
    const latest = this.#latest;
    if (latest.epoch !== epoch || latest.channel !== channel) {
      this.#latest = { epoch, channel, cursor: this.#cursorOf(`${epoch} ${channel}`, sequence) };
    }
    const { cursor } = this.#latest;
    const missing = Math.max(0, sequence - cursor.last - 1);
    cursor.last = Math.max(cursor.last, sequence);
    return missing;
  }

  /** The first event seen is preceded by none. */
  #cursorOf(key: string, sequence: number): Cursor {
    const known = this.#cursors.get(key);
    if (known !== undefined) return known;
    const cursor = { last: sequence - 1 };
    this.#cursors.set(key, cursor);
    return cursor;
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
