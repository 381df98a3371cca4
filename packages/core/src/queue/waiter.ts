import type { Timer } from '../time/clock.js';
import type { QueueEngine } from './engine.js';

/** Between processes a wake-up can get lost on its way: then this is the longest that a message waits for it. */
const longestSharedWaitMs = 4_000;
/** Within a process none gets lost: this bounds the unforeseen, and lets a test clock pass a week in an instant. */
const longestLocalWaitMs = 3_600_000;
/** A wait that does not return by itself is given up, since a live connection proves nothing: so a worker goes on within 5 s. */
const overdueAfterMs = 500;

interface Wait {
  readonly abort: AbortController;
  /** By the monotonic clock. */
  readonly until: number;
  /** First the watchdog of the wait, then the pause after it. */
  timer: Timer;
}

/** Waits for something to claim; one wait at a time, ended early where something falls due before its end. */
export class Waiter {
  readonly #engine: QueueEngine;
  readonly #whenWoken: () => void;
  readonly #longestMs: number;
  #current: Wait | undefined;

  constructor(engine: QueueEngine, whenWoken: () => void) {
    this.#engine = engine;
    this.#whenWoken = whenWoken;
    const { shared, wakes } = engine.store.capabilities;
    this.#longestMs = wakes ? (shared ? longestSharedWaitMs : longestLocalWaitMs) : engine.settings.pollIntervalMs;
  }

  /**
   * @param dueInMs when the nearest delay or lease ends, if any.
   * @param pauseMs what falls due then is left to other workers for so long: meanwhile this one is not among those that the store wakes.
   */
  wait(dueInMs: number | undefined, pauseMs: number): void {
    const { clock, logger, store } = this.#engine;
    // A pausing one has gone from the store's waiters just before the moment that it leaves to others.
    const nearestMs = dueInMs === undefined ? this.#longestMs : Math.max(0, dueInMs - (pauseMs > 0 ? 1 : 0));
    const timeoutMs = Math.min(nearestMs, this.#longestMs);
    const until = clock.monotonic() + timeoutMs;
    if (this.#current !== undefined && this.#current.until <= until) return;
    this.cancel();
    const woken = () => {
      if (this.#current !== current) return;
      if (pauseMs > 0 && clock.monotonic() >= until) this.#pause(current, pauseMs + 1);
      else this.#wake(current);
    };
    const watchdog = clock.setTimer(() => {
      logger.warn({ timeoutMs }, 'a wait did not return: looking again');
      if (this.#current !== current) return;
      current.abort.abort();
      this.#wake(current);
    }, timeoutMs + overdueAfterMs);
    const current: Wait = { abort: new AbortController(), until, timer: watchdog };
    this.#current = current;
    store.wait(timeoutMs, current.abort.signal).then(woken, (error: unknown) => {
      // The next exchange fails, too, and tells it; here it only must not become a storm of waits.
      logger.debug({ err: error }, 'a wait failed');
      woken();
    });
  }

  get isWaiting(): boolean {
    return this.#current !== undefined;
  }

  cancel(): void {
    const current = this.#current;
    this.#current = undefined;
    current?.timer.cancel();
    current?.abort.abort();
  }

  #pause(current: Wait, pauseMs: number): void {
    current.timer.cancel();
    current.timer = this.#engine.clock.setTimer(() => {
      if (this.#current === current) this.#wake(current);
    }, pauseMs);
  }

  /** The wait is over: nothing is left to abort, and an abort without need costs an error with its stack. */
  #wake(current: Wait): void {
    current.timer.cancel();
    this.#current = undefined;
    this.#whenWoken();
  }
}
