import { readBackoff, readDuration } from '../attempt-options.js';
import { readOptions } from '../call-options.js';
import { ConfigError, type Issue, quote } from '../errors.js';
import { priorities } from '../message/message.js';
import type { Backoff } from '../ports/handler.js';
import type { PriorityPolicy, QueueOptions } from '../ports/queue.js';
import type { Duration } from '../time/duration.js';

/** A queue's options, checked and with every default filled in; durations in milliseconds. */
export interface QueueSettings {
  readonly concurrency: number;
  readonly visibilityTimeoutMs: number;
  readonly pollIntervalMs: number;
  readonly maxRetries: number;
  readonly backoff: Backoff;
  readonly timeoutMs: number;
  readonly deadLetterQueue: boolean;
  readonly deadLetterExpired: boolean;
  readonly priorityPolicy: PriorityPolicy;
  readonly publishTimeoutMs: number;
  readonly publishBuffer: number;
  readonly maxPayloadBytes: number;
  readonly prefetchMs: number;
  readonly maxBlockedMs: number;
}

/** Hand-overs beyond the retries before a message is given up as circulating. */
export const spareDeliveries = 17;

/** Checks all options at once. @throws ConfigError that lists every issue. */
export function resolveSettings(given?: QueueOptions): QueueSettings {
  const options = readOptions(given);
  const issues: Issue[] = [];
  const flag = (name: 'deadLetterQueue' | 'deadLetterExpired', fallback: boolean): boolean => {
    const { [name]: value = fallback } = options;
    if (typeof value === 'boolean') return value;
    issues.push({ path: name, message: `got ${quote(value)}; allowed are true and false` });
    return fallback;
  };
  const whole = (name: keyof QueueOptions, fallback: number, least: number, most: number): number => {
    const { [name]: value = fallback } = options;
    if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
    issues.push({ path: name, message: `got ${quote(value)}; allowed is a whole number from ${least} to ${most}` });
    return fallback;
  };
  const duration = (name: keyof QueueOptions, fallback: number, least: number): number => {
    const { [name]: value = fallback } = options;
    return readDuration(value as Duration, name, least, issues) ?? fallback;
  };
  const settings: QueueSettings = {
    concurrency: whole('concurrency', 4, 1, 10_000),
    visibilityTimeoutMs: duration('visibilityTimeout', 30_000, 10),
    pollIntervalMs: duration('pollInterval', 100, 1),
    maxRetries: whole('maxRetries', 3, 0, 1_000_000),
    backoff: readBackoff(options.backoff, 'backoff', issues) ?? { type: 'exponential' },
    timeoutMs: duration('timeout', 30 * 60_000, 1),
    deadLetterQueue: flag('deadLetterQueue', true),
    deadLetterExpired: flag('deadLetterExpired', false),
    priorityPolicy: readPolicy(options.priorityPolicy, issues),
    publishTimeoutMs: duration('publishTimeout', 5_000, 1),
    publishBuffer: whole('publishBuffer', 10_000, 1, 10_000_000),
    maxPayloadBytes: whole('maxPayloadBytes', 1024 * 1024, 1, 512 * 1024 * 1024),
    prefetchMs: duration('prefetch', 5, 0),
    maxBlockedMs: duration('maxBlocked', 600_000, 0),
  };
  if (issues.length > 0) throw new ConfigError('the queue options are wrong', issues);
  return settings;
}

function readPolicy(policy: PriorityPolicy = 'strict', issues: Issue[]): PriorityPolicy {
  if (policy === 'strict') return policy;
  if (typeof policy !== 'object' || policy === null) {
    issues.push({ path: 'priorityPolicy', message: `got ${quote(policy)}; allowed is strict, or { weighted }` });
    return 'strict';
  }
  const weighted = readOptions(readOptions(policy, 'priorityPolicy').weighted ?? null, 'priorityPolicy.weighted');
  for (const priority of priorities) {
    const weight = weighted[priority];
    if (Number.isInteger(weight) && weight >= 1 && weight <= 1000) continue;
    issues.push({ path: `priorityPolicy.weighted.${priority}`, message: `got ${quote(weight)}; allowed is a whole number from 1 to 1000` });
  }
  return { weighted };
}
