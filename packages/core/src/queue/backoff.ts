import type { Backoff, BackoffOptions } from '../ports/handler.js';
import { atOnce } from '../thenable.js';
import { durationToMs } from '../time/duration.js';

const defaultDelayMs = 1_000;
const defaultMaxDelayMs = 5 * 60_000;

/** Milliseconds before retry n (from 1). A function that answers no duration, or throws, is an error of the application: it is thrown on. */
export function backoffMs(backoff: Backoff, retry: number, error: unknown, random: () => number): number {
  if (typeof backoff === 'function') return durationToMs(atOnce(backoff(retry, error), 'backoff()'), 'backoff()');
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
