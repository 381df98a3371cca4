import { CapacityError } from '../errors.js';
import type { Queue } from '../ports/queue.js';
import type { Clock } from '../time/clock.js';
import { patiently } from '../time/patience.js';

/** How old the queue's own count may be. */
const countHoldsMs = 100;
/** For so long it is tried again where the backend can't be reached. */
const patienceMs = 2_000;

/** Holds the number of tasks that are due and wait against `bufferSize`, without asking the backend at each call. */
export class Room {
  readonly #queue: Queue;
  readonly #clock: Clock;
  readonly #size: number;
  #waiting = 0;
  #countedAt = Number.NEGATIVE_INFINITY;
  #counting: Promise<void> | undefined;
  /** Of this process, due at once: on their way, and arrived since the queue was counted. */
  #underWay = 0;
  #arrived = 0;

  constructor(queue: Queue, clock: Clock, size: number) {
    this.#queue = queue;
    this.#clock = clock;
    this.#size = size;
  }

  /**
   * Schedules something where there is room for it.
   * @param isDue whether it takes up room at once
   * @throws CapacityError where no more may wait; the queue is counted anew before that is said
   */
  async use(isDue: boolean, schedule: () => Promise<void>): Promise<void> {
    if (this.#clock.monotonic() - this.#countedAt > countHoldsMs) await this.#count();
    if (this.#taken >= this.#size) await this.#count();
    if (this.#taken >= this.#size) {
      throw new CapacityError(`${this.#taken} tasks are due and wait; bufferSize allows ${this.#size}`);
    }
    if (!isDue) return schedule();
    this.#underWay++;
    try {
      await schedule();
      this.#arrived++;
    } finally {
      this.#underWay--;
    }
  }

  get #taken(): number {
    return this.#waiting + this.#arrived + this.#underWay;
  }

  /** Once for all that ask at the same time. What arrives meanwhile counts twice until the next time: rather too many than too few. */
  #count(): Promise<void> {
    this.#counting ??= this.#countAnew().finally(() => {
      this.#counting = undefined;
    });
    return this.#counting;
  }

  async #countAnew(): Promise<void> {
    this.#arrived = 0;
    const patience = { clock: this.#clock, until: this.#clock.monotonic() + patienceMs };
    this.#waiting = (await patiently(patience, () => this.#queue.stats())).queue_length;
    this.#countedAt = this.#clock.monotonic();
  }
}
