import { Cron } from 'croner';
import { ConfigError, type Issue, quote } from '../errors.js';
import type { ScheduleOptions } from '../ports/scheduler.js';
import { durationToMs } from '../time/duration.js';

/** When a schedule runs. Times are milliseconds since the epoch. */
export interface Rule {
  readonly isRepeating: boolean;
  /** The first time after `time`; nothing where there is none. */
  after(time: number): number | undefined;
}

/** The one moment of a schedule that does not repeat. */
class OnceRule implements Rule {
  readonly isRepeating = false;
  readonly #at: number;

  constructor(at: number) {
    this.#at = at;
  }

  after(time: number): number | undefined {
    return time < this.#at ? this.#at : undefined;
  }
}

/** A fixed period from an anchor: the nth time is computed from the anchor, so no error adds up. */
class EveryRule implements Rule {
  readonly isRepeating = true;
  readonly #anchor: number;
  readonly #periodMs: number;

  constructor(anchor: number, periodMs: number) {
    this.#anchor = anchor;
    this.#periodMs = periodMs;
  }

  after(time: number): number {
    if (time < this.#anchor) return this.#anchor;
    return this.#anchor + (Math.floor((time - this.#anchor) / this.#periodMs) + 1) * this.#periodMs;
  }
}

/**
 * A cron pattern in its time zone. A pattern of fixed times (`30 2 * * *`) that falls into the gap of a DST change runs at the first
 * valid time after it, and once where a time comes twice; one with a wildcard or step in its time (`*\/30 * * * *`) goes on by real time.
 */
class CronRule implements Rule {
  readonly isRepeating = true;
  readonly #cron: Cron;

  constructor(pattern: string, timezone: string) {
    this.#cron = new Cron(pattern, { timezone, paused: true, mode: '5-or-6-parts', fixedTimeRule: 'no-wildcard' });
  }

  after(time: number): number | undefined {
    return this.#cron.nextRun(new Date(time))?.getTime();
  }
}

/** Bounds a repeating rule: nothing before `from`, nothing after `until`. */
class BoundedRule implements Rule {
  readonly isRepeating = true;
  readonly #rule: Rule;
  readonly #from: number;
  readonly #until: number;

  constructor(rule: Rule, from: number, until: number) {
    this.#rule = rule;
    this.#from = from;
    this.#until = until;
  }

  after(time: number): number | undefined {
    const next = this.#rule.after(Math.max(time, this.#from - 1));
    return next !== undefined && next <= this.#until ? next : undefined;
  }
}

/** The shortest period: below it a schedule would be a busy loop. */
const shortestPeriodMs = 10;

/**
 * @param anchor where `every` begins without `from`, and from where a `delay` counts.
 * @throws ConfigError with every issue at once
 */
export function toRule(options: ScheduleOptions, anchor: number): Rule {
  const issues: Issue[] = [];
  const given = (['delay', 'at', 'every', 'cron'] as const).filter((name) => options[name] !== undefined);
  const [kind] = given;
  if (given.length !== 1) {
    const found = given.length === 0 ? 'none of them' : given.join(' and ');
    issues.push({ path: 'options', message: `got ${found}; exactly one of delay, at, every and cron is needed` });
  }
  const from = timeOf(options.from, 'options.from', issues);
  const until = timeOf(options.until, 'options.until', issues);
  if (from !== undefined && until !== undefined && from > until) {
    issues.push({ path: 'options.until', message: 'lies before options.from: nothing would run' });
  }
  const isBounded = from !== undefined || until !== undefined;
  if (isBounded && (kind === 'delay' || kind === 'at')) {
    issues.push({ path: 'options.from', message: 'from and until bound a repeating schedule; this one runs once' });
  }
  if (options.timezone !== undefined && kind !== 'cron') issues.push({ path: 'options.timezone', message: 'goes with cron alone' });
  const rule = issues.length === 0 ? ruleOf(options, from ?? anchor, from, issues) : undefined;
  if (rule === undefined || issues.length > 0) throw new ConfigError('the schedule is wrong', issues);
  return isBounded ? new BoundedRule(rule, from ?? Number.NEGATIVE_INFINITY, until ?? Number.POSITIVE_INFINITY) : rule;
}

function ruleOf(options: ScheduleOptions, anchor: number, from: number | undefined, issues: Issue[]): Rule | undefined {
  if (options.cron !== undefined) return cronOf(options.cron, options.timezone ?? 'UTC', issues);
  if (options.at !== undefined) return new OnceRule(timeOf(options.at, 'options.at', issues) ?? 0);
  try {
    if (options.delay !== undefined) return new OnceRule(anchor + durationToMs(options.delay, 'options.delay'));
    const periodMs = durationToMs(options.every ?? 0, 'options.every');
    if (periodMs >= shortestPeriodMs) return new EveryRule(from ?? anchor + periodMs, periodMs);
    issues.push({ path: 'options.every', message: `got ${quote(options.every)}; allowed is a duration from ${shortestPeriodMs} ms` });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    issues.push(...error.issues);
  }
  return undefined;
}

function cronOf(pattern: string, timezone: string, issues: Issue[]): Rule | undefined {
  if (!isTimeZone(timezone)) {
    issues.push({ path: 'options.timezone', message: `got ${quote(timezone)}; allowed is an IANA name such as 'Asia/Shanghai'` });
    return undefined;
  }
  try {
    return new CronRule(pattern, timezone);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    issues.push({ path: 'options.cron', message: `got ${quote(pattern)}; allowed are five fields, or six with seconds first (${why})` });
    return undefined;
  }
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

function timeOf(date: Date | undefined, path: string, issues: Issue[]): number | undefined {
  if (date === undefined) return undefined;
  if (date instanceof Date && !Number.isNaN(date.getTime())) return date.getTime();
  issues.push({ path, message: `got ${quote(date)}; allowed is a valid Date` });
  return undefined;
}
