import type { Timer } from '../time/clock.js';
import type { QueueEngine } from './engine.js';

/** A wake-up told between processes can get lost: then this is the longest that a message waits for it. */
const longestSharedWaitMs = 5_000;
/** Within one process none gets lost; the bound is against the unforeseen. */
const longestLocalWaitMs = 3_600_000;
/** A wait that does not return by itself is given up: a live connection proves nothing. */
const overdueAfterMs = 1_000;

/** Waits for something to claim; one wait at a time, ended early where something falls due before its end. */
export class Waiter {
  readonly #engine: QueueEngine;
  readonly #whenWoken: () => void;
  readonly #longestMs: number;
  #current: { readonly abort: AbortController; readonly until: number; readonly watchdog: Timer } | undefined;

  constructor(engine: QueueEngine, whenWoken: () => void) {
    this.#engine = engine;
    this.#whenWoken = whenWoken;
    const { shared, wakes } = engine.store.capabilities;
    this.#longestMs = wakes ? (shared ? longestSharedWaitMs : longestLocalWaitMs) : engine.settings.pollIntervalMs;
  }

  wait(dueInMs: number | undefined): void {
    const { clock, logger, store } = this.#engine;
    const timeoutMs = Math.min(dueInMs ?? Number.POSITIVE_INFINITY, this.#longestMs);
    const until = clock.monotonic() + timeoutMs;
    if (this.#current !== undefined && this.#current.until <= until) return;
    this.cancel();
    const abort = new AbortController();
    const woken = () => {
      if (this.#current !== current) return;
      this.cancel();
      this.#whenWoken();
    };
    const watchdog = clock.setTimer(() => {
      logger.warn({ timeoutMs }, 'a wait did not return: looking again');
      woken();
    }, timeoutMs + overdueAfterMs);
    const current = { abort, until, watchdog };
    this.#current = current;
    store.wait(timeoutMs, abort.signal).then(woken, (error: unknown) => {
      // The next exchange fails, too, and tells it; here it only must not become a storm of waits.
      logger.debug({ err: error }, 'a wait failed');
      woken();
    });
  }

  cancel(): void {
    const current = this.#current;
    this.#current = undefined;
    current?.watchdog.cancel();
    current?.abort.abort();
  }
}
