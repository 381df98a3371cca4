import { TimeoutError } from '../errors.js';
import type { StoredRecord } from '../ports/records.js';
import type { Clock, Timer } from '../time/clock.js';

/** How soon the record of a task is looked at whose end this process is not told, and how seldom in the end. */
const firstLookMs = 50;
const longestLookMs = 2_000;
/** The same where the end is told, against a lost notice. */
const firstToldLookMs = 1_000;
const longestToldLookMs = 8_000;

interface Waiter {
  readonly resolve: (record: StoredRecord) => void;
  readonly reject: (error: unknown) => void;
}

/** Everybody who waits for the end of one task. */
interface Wait {
  readonly waiters: Set<Waiter>;
  look: Timer | undefined;
  lookMs: number;
}

/** Who waits for the ends of tasks, this process's own and others'. */
export class WaitingResults {
  readonly #clock: Clock;
  readonly #isTold: (id: string) => boolean;
  readonly #look: (id: string) => void;
  readonly #waits = new Map<string, Wait>();

  /**
   * @param isTold whether this process is told how the task ends.
   * @param look reads the task's record, and calls `ended` or `fail` where that says so.
   */
  constructor(clock: Clock, isTold: (id: string) => boolean, look: (id: string) => void) {
    this.#clock = clock;
    this.#isTold = isTold;
    this.#look = look;
  }

  has(id: string): boolean {
    return this.#waits.has(id);
  }

  ids(): readonly string[] {
    return [...this.#waits.keys()];
  }

  /** The record of the task when it has ended. @throws TimeoutError: the task goes on */
  wait(id: string, timeoutMs: number | undefined): Promise<StoredRecord> {
    return new Promise((resolve, reject) => {
      const waiter = { resolve, reject };
      if (timeoutMs === undefined) {
        this.#add(id, waiter);
        return;
      }
      const timer = this.#clock.setTimer(() => {
        this.#remove(id, timed);
        reject(new TimeoutError(`task ${id} has not ended within ${timeoutMs} ms; it goes on`));
      }, timeoutMs);
      const timed: Waiter = {
        resolve: (record) => {
          timer.cancel();
          resolve(record);
        },
        reject: (error) => {
          timer.cancel();
          reject(error);
        },
      };
      this.#add(id, timed);
    });
  }

  ended(record: StoredRecord): void {
    for (const { resolve } of this.#takeAll(record.key)) resolve(record);
  }

  fail(id: string, error: unknown): void {
    for (const { reject } of this.#takeAll(id)) reject(error);
  }

  failAll(error: unknown): void {
    for (const id of this.ids()) this.fail(id, error);
  }

  #add(id: string, waiter: Waiter): void {
    const known = this.#waits.get(id);
    if (known !== undefined) {
      known.waiters.add(waiter);
      return;
    }
    const isTold = this.#isTold(id);
    const wait: Wait = { waiters: new Set([waiter]), look: undefined, lookMs: isTold ? firstToldLookMs : firstLookMs };
    this.#waits.set(id, wait);
    this.#lookLater(id, wait, isTold ? longestToldLookMs : longestLookMs);
    // It may have ended already.
    if (!isTold) this.#look(id);
  }

  #lookLater(id: string, wait: Wait, longestMs: number): void {
    wait.look = this.#clock.setTimer(
      () => {
        this.#look(id);
        wait.lookMs = Math.min(longestMs, wait.lookMs * 2);
        this.#lookLater(id, wait, longestMs);
      },
      wait.lookMs,
      { unref: true },
    );
  }

  #remove(id: string, waiter: Waiter): void {
    const wait = this.#waits.get(id);
    wait?.waiters.delete(waiter);
    if (wait?.waiters.size === 0) this.#takeAll(id);
  }

  #takeAll(id: string): Iterable<Waiter> {
    const wait = this.#waits.get(id);
    if (wait === undefined) return [];
    wait.look?.cancel();
    this.#waits.delete(id);
    return wait.waiters;
  }
}
