/** A timer that can be stopped. Cancelling twice, or after it fired, does nothing. */
export interface Timer {
  cancel(): void;
}

export interface TimerOptions {
  /** An idle timer alone does not keep the process alive. Default false. */
  readonly unref?: boolean;
}

/**
 * The only source of time in core: nothing else calls `Date.now`, `setTimeout` or `setInterval`, so a test can move time by hand.
 */
export interface Clock {
  /** True where a test moves time by hand. A backend with a server then passes `now()` to its scripts in place of the server's time. */
  readonly isVirtual: boolean;
  /** Milliseconds since the epoch; may jump when the machine's clock is set. For what people read. */
  now(): number;
  /** Milliseconds from some fixed point; never goes back. For deadlines and durations. */
  monotonic(): number;
  /** Calls back once after `delayMs` (any length; below 0 counts as 0). */
  setTimer(callback: () => void, delayMs: number, options?: TimerOptions): Timer;
  /** Calls back once the present turn of the event loop, promises included, is done: this is how the calls of one turn are gathered. */
  defer(callback: () => void): void;
}

/** The longest delay that `setTimeout` takes; a longer one would fire at once. */
const longestTimeoutMs = 2 ** 31 - 1;

class RealTimer implements Timer {
  #handle: NodeJS.Timeout | undefined;

  constructor(callback: () => void, delayMs: number, unref: boolean) {
    this.#arm(callback, delayMs, unref);
  }

  #arm(callback: () => void, delayMs: number, unref: boolean): void {
    const step = Math.min(delayMs, longestTimeoutMs);
    this.#handle = setTimeout(() => {
      if (delayMs > step) this.#arm(callback, delayMs - step, unref);
      else callback();
    }, step);
    if (unref) this.#handle.unref();
  }

  cancel(): void {
    clearTimeout(this.#handle);
  }
}

/** Taken at load, so that a test that replaces the global timers (sinon, jest) does not stop the engine. */
const afterThisTurn = globalThis.setImmediate;

/** The machine's own clock. */
export const systemClock: Clock = {
  isVirtual: false,
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer: (callback, delayMs, options) => new RealTimer(callback, Math.max(0, delayMs), options?.unref === true),
  defer: (callback) => void afterThisTurn(callback),
};
