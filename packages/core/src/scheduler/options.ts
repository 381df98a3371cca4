import { ConfigError, type Issue, quote } from '../errors.js';
import { priorities } from '../message/message.js';
import type { BackoffOptions } from '../ports/handler.js';
import type { ScheduleOptions } from '../ports/scheduler.js';
import { longestDurationMs } from '../time/duration.js';
import { durationOf, isRepeating, type Rule, readRule } from './rule.js';

const choices: readonly (readonly [keyof ScheduleOptions, readonly string[]])[] = [
  ['priority', priorities],
  ['onConflict', ['replace', 'reject', 'ignore']],
  ['misfire', ['once', 'all', 'skip']],
];

/**
 * Checks all options of a schedule, before anything is stored: what the queue would refuse much later must not be kept till then.
 * @param now milliseconds since the epoch.
 * @throws ConfigError with every issue at once
 */
export function checkScheduleOptions(options: ScheduleOptions, now: number): Rule {
  const issues: Issue[] = [];
  const rule = readRule(options, now, issues);
  for (const [name, allowed] of choices) {
    const value = options[name];
    if (value === undefined || allowed.includes(value as string)) continue;
    issues.push({ path: `options.${name}`, message: `got ${quote(value)}; allowed are ${allowed.join(', ')}` });
  }
  checkRepetition(options, issues);
  checkAttempts(options, issues);
  if (rule !== undefined && issues.length === 0) checkReach(options, rule, now, issues);
  if (rule === undefined || issues.length > 0) throw new ConfigError('the schedule is wrong', issues);
  return rule;
}

function checkRepetition(options: ScheduleOptions, issues: Issue[]): void {
  const { overlap } = options;
  if (overlap !== undefined && typeof overlap !== 'boolean') {
    issues.push({ path: 'options.overlap', message: `got ${quote(overlap)}; allowed are true and false` });
  }
  if (isRepeating(options)) return;
  for (const name of ['misfire', 'overlap'] as const) {
    if (options[name] !== undefined) issues.push({ path: `options.${name}`, message: 'goes with every and cron: this one runs once' });
  }
}

function checkAttempts({ maxRetries, timeout, backoff }: ScheduleOptions, issues: Issue[]): void {
  if (maxRetries !== undefined && !(Number.isInteger(maxRetries) && maxRetries >= 0 && maxRetries <= 1_000_000)) {
    issues.push({ path: 'options.maxRetries', message: `got ${quote(maxRetries)}; allowed is a whole number from 0 to 1000000` });
  }
  if (durationOf(timeout, 'options.timeout', issues) === 0) {
    issues.push({ path: 'options.timeout', message: `got ${quote(timeout)}; allowed is a duration from 1 ms` });
  }
  if (backoff !== undefined) checkBackoff(backoff, issues);
}

/** A function is a queue's own backoff, not a schedule's: it can't be stored. */
function checkBackoff(backoff: BackoffOptions, issues: Issue[]): void {
  if (typeof backoff !== 'object' || backoff === null || (backoff.type !== 'exponential' && backoff.type !== 'fixed')) {
    const allowed = "{ type: 'exponential' | 'fixed', delay, maxDelay, jitter }";
    issues.push({ path: 'options.backoff', message: `got ${quote(backoff)}; allowed is ${allowed}` });
    return;
  }
  if (backoff.jitter !== undefined && !['none', 'full', 'equal'].includes(backoff.jitter)) {
    issues.push({ path: 'options.backoff.jitter', message: `got ${quote(backoff.jitter)}; allowed are none, full, equal` });
  }
  durationOf(backoff.delay, 'options.backoff.delay', issues);
  durationOf(backoff.maxDelay, 'options.backoff.maxDelay', issues);
}

/** The queue takes no longer delay. Whether it runs at all depends on what stands: a period goes on from where it began. */
function checkReach(options: ScheduleOptions, rule: Rule, now: number, issues: Issue[]): void {
  const first = rule.after(rule.isRepeating ? now - 1 : Number.NEGATIVE_INFINITY) ?? now;
  if (first - now <= longestDurationMs) return;
  const path = options.at === undefined ? 'options' : 'options.at';
  issues.push({ path, message: 'its first time lies more than 100 years ahead' });
}

export function neverRuns(): ConfigError {
  return new ConfigError('the schedule is wrong', [{ path: 'options', message: 'it would never run' }]);
}
