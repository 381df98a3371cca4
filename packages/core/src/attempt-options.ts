/** What queue, scheduler and dispatcher ask of the options that go with each message. */
import { readOptions } from './call-options.js';
import { ConfigError, type Issue, quote } from './errors.js';
import { type Priority, priorities } from './message/message.js';
import type { Backoff, BackoffOptions } from './ports/handler.js';
import { type Duration, durationToMs } from './time/duration.js';

export interface AttemptOptions {
  readonly priority?: Priority;
  readonly maxRetries?: number;
  readonly backoff?: BackoffOptions;
}

export interface CheckedAttempts {
  readonly maxRetries: number | undefined;
  /** As it is now, whatever the caller does with his own. */
  readonly backoff: BackoffOptions | undefined;
  readonly timeoutMs: number | undefined;
}

/** @param timeout of one attempt, named so by its port. */
export function checkAttempts(options: AttemptOptions, timeout: Duration | undefined, path: string, issues: Issue[]): CheckedAttempts {
  const { priority } = options;
  if (priority !== undefined && !priorities.includes(priority)) {
    issues.push({ path: 'options.priority', message: `got ${quote(priority)}; allowed are ${priorities.join(', ')}` });
  }
  return {
    maxRetries: whole(options.maxRetries, 'options.maxRetries', 0, issues),
    backoff: readStoredBackoff(options.backoff, 'options.backoff', issues),
    timeoutMs: readDuration(timeout, path, 1, issues),
  };
}

export function readDuration(value: Duration | undefined, path: string, leastMs: number, issues: Issue[]): number | undefined {
  if (value === undefined) return undefined;
  try {
    const ms = durationToMs(value, path);
    if (ms >= leastMs) return ms;
    issues.push({ path, message: `got ${quote(value)}; allowed is a duration from ${leastMs} ms` });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    issues.push(...error.issues);
  }
  return undefined;
}

export function whole(value: number | undefined, path: string, least: number, issues: Issue[]): number | undefined {
  if (value === undefined || (Number.isInteger(value) && value >= least && value <= 1_000_000)) return value;
  issues.push({ path, message: `got ${quote(value)}; allowed is a whole number from ${least} to 1000000` });
  return undefined;
}

/** A queue's own, which may be a function. */
export function readBackoff(given: Backoff | undefined, path: string, issues: Issue[]): Backoff | undefined {
  return typeof given === 'function' ? given : readStoredBackoff(given, path, issues);
}

/** One that is kept with a message: a function can't be. Answers it as it is now. */
function readStoredBackoff(given: BackoffOptions | undefined, path: string, issues: Issue[]): BackoffOptions | undefined {
  if (given === undefined) return undefined;
  try {
    const backoff = readOptions(given, path);
    checkBackoff(backoff, path, issues);
    return backoff;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    issues.push(...error.issues);
    return undefined;
  }
}

function checkBackoff({ type, jitter, delay, maxDelay }: BackoffOptions, path: string, issues: Issue[]): void {
  if (type !== 'exponential' && type !== 'fixed') {
    const allowed = "{ type: 'exponential' | 'fixed', delay, maxDelay, jitter }";
    issues.push({ path, message: `got type ${quote(type)}; allowed is ${allowed}` });
  }
  if (jitter !== undefined && !['none', 'full', 'equal'].includes(jitter)) {
    issues.push({ path: `${path}.jitter`, message: `got ${quote(jitter)}; allowed are none, full, equal` });
  }
  readDuration(delay, `${path}.delay`, 0, issues);
  readDuration(maxDelay, `${path}.maxDelay`, 0, issues);
}
