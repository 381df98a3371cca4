import { checkAttempts } from '../attempt-options.js';
import { readOptions } from '../call-options.js';
import { ConfigError, type Issue, quote } from '../errors.js';
import type { ScheduleChanges, ScheduleOptions } from '../ports/scheduler.js';
import { longestDurationMs } from '../time/duration.js';
import { isRepeating, type Rule, readRule } from './rule.js';

const choices: readonly (readonly [keyof ScheduleOptions, readonly string[]])[] = [
  ['onConflict', ['replace', 'reject', 'ignore']],
  ['misfire', ['once', 'all', 'skip']],
];

/** Whatever else an object holds is not stored with the schedule. */
const known: Readonly<Record<keyof ScheduleOptions | keyof ScheduleChanges, true>> = {
  delay: true,
  at: true,
  every: true,
  cron: true,
  timezone: true,
  from: true,
  until: true,
  priority: true,
  timeout: true,
  maxRetries: true,
  backoff: true,
  id: true,
  onConflict: true,
  misfire: true,
  overlap: true,
  payload: true,
};

/** The options of a schedule as they are now, or the changes to them. @throws ConfigError */
export function readScheduleOptions<T extends ScheduleOptions | ScheduleChanges>(given: T, path: string): T {
  // Left out they are as wrong as anything else: a schedule needs a time.
  const options = readOptions<T>(given ?? null, path);
  const kept = Object.fromEntries(Object.entries(options).filter(([name]) => Object.hasOwn(known, name))) as T;
  const { backoff } = options;
  return backoff === undefined ? kept : { ...kept, backoff: readOptions(backoff, 'options.backoff') };
}

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
  checkAttempts(options, options.timeout, 'options.timeout', issues);
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
