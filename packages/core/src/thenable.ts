import { ConfigError } from './errors.js';

/** A promise of any make: what a handler returns is awaited by this, not by its class. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if (typeof value !== 'object' || value === null) return false;
  return value instanceof Promise || ('then' in value && typeof value.then === 'function');
}

/** Settles once, whatever the `then` of another make does: throws, calls back twice, or throws after it called back. */
export function asPromise<T>(value: PromiseLike<T>): Promise<T> {
  return value instanceof Promise ? (value as Promise<T>) : Promise.resolve(value);
}

/** What `work` promises; rejected where it throws at once. */
export function promised<T>(work: () => Promise<T>): Promise<T> {
  try {
    return work();
  } catch (error) {
    return Promise.reject(error);
  }
}

/**
 * What a function answered that has to answer at once. A promise is none of it: what it brings comes too late, and its rejection
 * would end the process. @throws ConfigError
 */
export function atOnce<T>(answer: T, what: string): T {
  if (!isThenable(answer)) return answer;
  asPromise(answer).catch(() => undefined);
  throw new ConfigError(`${what} answered a promise`, [{ path: what, message: 'got a promise; allowed is an answer at once' }]);
}
