import type { Clock, Timer, TimerOptions } from '@quayside/core';

/** The clock of one process, which may be set otherwise than the case's and the backend's. Time passes alike. */
export class OwnClock implements Clock {
  readonly #clock: Clock;
  /** May be changed at any time, as an operator sets a machine's clock. */
  offsetMs: number;

  constructor(clock: Clock, offsetMs = 0) {
    this.#clock = clock;
    this.offsetMs = offsetMs;
  }

  get isVirtual(): boolean {
    return this.#clock.isVirtual;
  }

  now(): number {
    return this.#clock.now() + this.offsetMs;
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  setTimer(callback: () => void, delayMs: number, options?: TimerOptions): Timer {
    return this.#clock.setTimer(callback, delayMs, options);
  }

  defer(callback: () => void): void {
    this.#clock.defer(callback);
  }
}
