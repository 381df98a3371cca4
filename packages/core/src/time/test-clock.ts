import type { Clock, Timer } from './clock.js';
import { type Duration, durationToMs } from './duration.js';

interface VirtualTimer {
  at: number;
  readonly order: number;
  readonly callback: () => void;
}

/** Taken at load, so that a test that replaces the global timers does not stop the clock. */
const afterThisTurn = globalThis.setImmediate;

/** So many turns of the event loop without deferred work, and what runs in this process has come to rest. */
const quietTurns = 3;

/**
 * A clock that only the test moves. `advance` fires what falls due, in order of time, and lets the work that each timer starts
 * come to rest before the next one fires; so an hour of backoff passes in a millisecond, the same way every time.
 *
 * @example
 * const clock = new TestClock();
 * await clock.advance('1h');
 */
export class TestClock implements Clock {
  readonly isVirtual = true;
  #now: number;
  #order = 0;
  readonly #timers = new Set<VirtualTimer>();
  #deferred = 0;
  #begun: number;

  /** @param startAt milliseconds since the epoch; default 2026-01-01T00:00:00Z. */
  constructor(startAt = Date.UTC(2026, 0, 1)) {
    this.#now = startAt;
    this.#begun = startAt;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now - this.#begun;
  }

  setTimer(callback: () => void, delayMs: number): Timer {
    const timer: VirtualTimer = { at: this.#now + Math.max(0, delayMs), order: this.#order++, callback };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  defer(callback: () => void): void {
    this.#deferred++;
    afterThisTurn(() => {
      this.#deferred--;
      callback();
    });
  }

  /** How many timers wait: a leak check for tests. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** Moves time on, firing on the way what falls due. Resolves when what the last timer started has come to rest. */
  async advance(duration: Duration): Promise<void> {
    const end = this.#now + durationToMs(duration, 'duration');
    await this.settle();
    for (let next = this.#earliest(); next !== undefined && next.at <= end; next = this.#earliest()) {
      this.#now = Math.max(this.#now, next.at);
      this.#timers.delete(next);
      next.callback();
      await this.settle();
    }
    this.#now = end;
    await this.settle();
  }

  /** Moves the wall clock alone, as an operator or NTP would; no timer fires. `monotonic` does not jump. */
  jump(ms: number): void {
    this.#now += ms;
    this.#begun += ms;
    for (const timer of this.#timers) timer.at += ms;
  }

  /** Lets work that is under way in this process come to rest, without moving time. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < quietTurns; quiet = this.#deferred === 0 ? quiet + 1 : 0) {
      await new Promise<void>((resolve) => void afterThisTurn(resolve));
    }
  }

  #earliest(): VirtualTimer | undefined {
    let first: VirtualTimer | undefined;
    for (const timer of this.#timers) {
      if (first === undefined || timer.at < first.at || (timer.at === first.at && timer.order < first.order)) first = timer;
    }
    return first;
  }
}
