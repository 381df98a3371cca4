import { TimeoutError } from '../errors.js';
import type { Clock } from './clock.js';

/**
 * Core's own bound on a call: settles with the work, or rejects with a TimeoutError when `ms` have passed, whatever the client
 * library below does. The work is not stopped by it: give it a signal for that.
 */
export function withDeadline<T>(
  clock: Clock,
  work: Promise<T>,
  ms: number,
  onTimeout: () => Error = () => new TimeoutError(`not done within ${ms} ms`),
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = clock.setTimer(() => reject(onTimeout()), ms);
    work.then(
      (value) => {
        timer.cancel();
        resolve(value);
      },
      (error: unknown) => {
        timer.cancel();
        reject(error);
      },
    );
  });
}

/** Resolves after `ms`, or at once when the signal is aborted. Never rejects. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return Promise.resolve();
  return new Promise<void>((resolve) => {
    const done = () => {
      timer.cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = clock.setTimer(done, ms);
    signal?.addEventListener('abort', done, { once: true });
  });
}

/** Resolves when the work has settled, when `ms` have passed, or when the signal is aborted. Rejects as the work does. */
export function waitAtMost(clock: Clock, work: Promise<void>, ms: number, signal: AbortSignal): Promise<void> {
  const over = new AbortController();
  const end = () => over.abort();
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  return Promise.race([work, sleep(clock, ms, over.signal)]).finally(() => {
    signal.removeEventListener('abort', end);
    end();
  });
}
