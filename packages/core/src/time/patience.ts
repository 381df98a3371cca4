import {
  CapacityError,
  ConfigError,
  ConnectionError,
  InvalidNameError,
  PayloadError,
  TimeoutError,
  UnsupportedFeatureError,
} from '../errors.js';
import type { Clock } from './clock.js';
import { sleep } from './deadline.js';

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
  /** Each pause is twice the one before. Default: from 50 ms to 1 s. */
  readonly pausesMs?: { readonly first: number; readonly longest: number };
}

const defaultPausesMs = { first: 50, longest: 1_000 };

/** Tries until it works, or is refused. Rejects with the last fault when patience ends. */
export async function patiently<T>(patience: Patience, work: () => Promise<T>): Promise<T> {
  const { clock, signal, until = Number.POSITIVE_INFINITY, isWorthATry = isPassing, pausesMs = defaultPausesMs } = patience;
  for (let pauseMs = pausesMs.first; ; pauseMs = Math.min(pausesMs.longest, pauseMs * 2)) {
    try {
      return await work();
    } catch (error) {
      if (!isWorthATry(error) || signal?.aborted === true || clock.monotonic() + pauseMs > until) throw error;
    }
    await sleep(clock, pauseMs, signal);
  }
}
