import {
  CapacityError,
  ConfigError,
  ConnectionError,
  InvalidNameError,
  PayloadError,
  TimeoutError,
  UnsupportedFeatureError,
} from '../errors.js';
import type { Clock } from '../time/clock.js';
import { sleep } from '../time/deadline.js';

const firstPauseMs = 50;
const longestPauseMs = 1_000;

/** The backend can't be reached: that passes. */
export function isUnreachable(error: unknown): boolean {
  return error instanceof ConnectionError || error instanceof TimeoutError;
}

/** A fault that passes, want of room included. */
export function isPassing(error: unknown): boolean {
  return isUnreachable(error) || error instanceof CapacityError;
}

/** What is asked for is wrong, and will be tomorrow. */
export function isRefusal(error: unknown): boolean {
  return [ConfigError, PayloadError, InvalidNameError, UnsupportedFeatureError].some((refusal) => error instanceof refusal);
}

export interface Patience {
  readonly clock: Clock;
  /** Aborted when it is no use any more. */
  readonly signal?: AbortSignal;
  /** By the monotonic clock: no try begins after it. Default: no end. */
  readonly until?: number;
  /** After which errors to try again. Default: all that pass. */
  readonly isWorthATry?: (error: unknown) => boolean;
}

/** Tries until it works, or is refused. Rejects with the last fault when patience ends. */
export async function patiently<T>(patience: Patience, work: () => Promise<T>): Promise<T> {
  const { clock, signal, until = Number.POSITIVE_INFINITY, isWorthATry = isPassing } = patience;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(longestPauseMs, pauseMs * 2)) {
    try {
      return await work();
    } catch (error) {
      if (!isWorthATry(error) || signal?.aborted === true || clock.monotonic() + pauseMs > until) throw error;
    }
    await sleep(clock, pauseMs, signal);
  }
}
