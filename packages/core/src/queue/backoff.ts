import { ConfigError, type Issue, quote } from '../errors.js';
import type { Backoff, BackoffOptions } from '../ports/handler.js';
import { durationToMs } from '../time/duration.js';

const defaultDelayMs = 1_000;
const defaultMaxDelayMs = 5 * 60_000;

/** Collects what is wrong with a backoff that an application gave. */
export function checkBackoff(backoff: Backoff | undefined, path: string, issues: Issue[]): void {
  if (backoff === undefined || typeof backoff === 'function') return;
  if (typeof backoff !== 'object' || backoff === null || (backoff.type !== 'exponential' && backoff.type !== 'fixed')) {
    issues.push({
      path,
      message: `got ${quote(backoff)}; allowed is { type: 'exponential' | 'fixed', delay, maxDelay, jitter } or a function`,
    });
    return;
  }
  if (backoff.jitter !== undefined && !['none', 'full', 'equal'].includes(backoff.jitter)) {
    issues.push({ path: `${path}.jitter`, message: `got ${quote(backoff.jitter)}; allowed are none, full, equal` });
  }
  for (const name of ['delay', 'maxDelay'] as const) {
    const duration = backoff[name];
    if (duration === undefined) continue;
    try {
      durationToMs(duration, `${path}.${name}`);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      issues.push(...error.issues);
    }
  }
}

/** Milliseconds before retry n (from 1). A function that answers no duration, or throws, is an error of the application: it is thrown on. */
export function backoffMs(backoff: Backoff, retry: number, error: unknown, random: () => number): number {
  if (typeof backoff === 'function') return durationToMs(backoff(retry, error), 'backoff()');
  const wholeMs = withoutJitter(backoff, retry);
  switch (backoff.jitter ?? 'full') {
    case 'none':
      return wholeMs;
    case 'full':
      return random() * wholeMs;
    case 'equal':
      return wholeMs / 2 + random() * (wholeMs / 2);
  }
}

function withoutJitter(backoff: BackoffOptions, retry: number): number {
  const delayMs = backoff.delay === undefined ? defaultDelayMs : durationToMs(backoff.delay, 'backoff.delay');
  if (backoff.type === 'fixed') return delayMs;
  const maxDelayMs = backoff.maxDelay === undefined ? defaultMaxDelayMs : durationToMs(backoff.maxDelay, 'backoff.maxDelay');
  return Math.min(maxDelayMs, delayMs * 2 ** (retry - 1));
}
