import { CapacityError } from '../errors.js';
import type { Queue } from '../ports/queue.js';
import type { Clock } from '../time/clock.js';

/** How old the queue's own count may be. */
const countHoldsMs = 100;

/** Holds the number of tasks that are due and wait against `bufferSize`, without asking the backend at each call. */
export class Room {
  readonly #queue: Queue;
  readonly #clock: Clock;
  readonly #size: number;
  /** The backend's count, and what this process has added since. */
  #waiting = 0;
  #countedAt = Number.NEGATIVE_INFINITY;

  constructor(queue: Queue, clock: Clock, size: number) {
    this.#queue = queue;
    this.#clock = clock;
    this.#size = size;
  }

  /** @throws CapacityError where no more may wait; it is asked again before anything is refused */
  async check(): Promise<void> {
    if (this.#clock.monotonic() - this.#countedAt > countHoldsMs) await this.#count();
    if (this.#waiting < this.#size) return;
    await this.#count();
    if (this.#waiting < this.#size) return;
    throw new CapacityError(`${this.#waiting} tasks are due and wait; bufferSize allows ${this.#size}`);
  }

  /** One more that is due at once. */
  add(): void {
    this.#waiting++;
  }

  async #count(): Promise<void> {
    this.#waiting = (await this.#queue.stats()).queue_length;
    this.#countedAt = this.#clock.monotonic();
  }
}
