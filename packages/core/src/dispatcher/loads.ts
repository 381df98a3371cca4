import type { QueueStats } from '../ports/queue.js';
import type { Clock } from '../time/clock.js';

/** How old the figures of a queue may be by which it is chosen. */
const loadHoldsMs = 100;

interface Load {
  readonly at: number;
  readonly count: Promise<number>;
  /** Sent there since the figures were asked for. */
  added: number;
}

/** What waits or runs in queues, as far as this process knows: figures that are a little old, and what it sent there since. */
export class Loads {
  readonly #statsOf: (queue: string) => Promise<QueueStats>;
  readonly #clock: Clock;
  readonly #loads = new Map<string, Load>();

  constructor(clock: Clock, statsOf: (queue: string) => Promise<QueueStats>) {
    this.#clock = clock;
    this.#statsOf = statsOf;
  }

  /** The queue with the least to do, the first of equals; it counts as having one more from now on. */
  async chooseLeast(queues: readonly string[]): Promise<string> {
    const loads = queues.map((queue) => this.#loadOf(queue));
    const counts = await Promise.all(loads.map(({ count }) => count));
    const sums = loads.map(({ added }, index) => (counts[index] ?? 0) + added);
    const least = sums.indexOf(Math.min(...sums));
    const [chosen, load] = [queues[least], loads[least]];
    if (chosen === undefined || load === undefined) throw new RangeError('there is no queue to choose from');
    load.added++;
    return chosen;
  }

  #loadOf(queue: string): Load {
    const known = this.#loads.get(queue);
    if (known !== undefined && this.#clock.monotonic() - known.at < loadHoldsMs) return known;
    const count = this.#statsOf(queue).then((stats) => stats.queue_length + stats.processing_count);
    const load: Load = { at: this.#clock.monotonic(), count, added: 0 };
    this.#loads.set(queue, load);
    // What could not be asked is asked again by the next one who wants to know.
    count.catch(() => this.#loads.delete(queue));
    return load;
  }
}
