import { ConfigError, type Issue, quote } from '../errors.js';
import type { ScheduleOptions } from '../ports/scheduler.js';
import { isValidDate } from '../time/dates.js';
import { type Duration, durationToMs } from '../time/duration.js';
import { cronRule } from './cron-rule.js';

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
const kinds = ['delay', 'at', 'every', 'cron'] as const;

export function isRepeating(options: ScheduleOptions): boolean {
  return options.every !== undefined || options.cron !== undefined;
}

/**
 * Reads when options want to run, and adds what is wrong with them; nothing where something is.
 * @param anchor where `every` begins without `from`, and from where a `delay` counts.
 */
export function readRule(options: ScheduleOptions, anchor: number, issues: Issue[]): Rule | undefined {
  const found: Issue[] = [];
  const rule = ruleOf(options, anchor, found);
  issues.push(...found);
  return found.length === 0 ? rule : undefined;
}

/** The rule of options that were checked when they were stored. @throws ConfigError where they are damaged */
export function toRule(options: ScheduleOptions, anchor: number): Rule {
  const issues: Issue[] = [];
  const rule = readRule(options, anchor, issues);
  if (rule === undefined) throw new ConfigError('the schedule is wrong', issues);
  return rule;
}

function ruleOf(options: ScheduleOptions, anchor: number, issues: Issue[]): Rule | undefined {
  const given = kinds.filter((name) => options[name] !== undefined);
  const [kind] = given;
  if (kind === undefined || given.length > 1) {
    const what = given.length === 0 ? 'none of them' : given.join(' and ');
    issues.push({ path: 'options', message: `got ${what}; exactly one of delay, at, every and cron is needed` });
    return undefined;
  }
  if (options.timezone !== undefined && kind !== 'cron') issues.push({ path: 'options.timezone', message: 'goes with cron alone' });
  return isRepeating(options) ? repeatingRule(options, anchor, issues) : onceRule(options, anchor, issues);
}

function onceRule(options: ScheduleOptions, anchor: number, issues: Issue[]): Rule | undefined {
  if (options.from !== undefined || options.until !== undefined) {
    issues.push({ path: 'options.from', message: 'from and until bound a repeating schedule; this one runs once' });
  }
  if (options.at !== undefined) {
    const at = timeOf(options.at, 'options.at', issues);
    return at === undefined ? undefined : new OnceRule(at);
  }
  const delayMs = durationOf(options.delay, 'options.delay', issues);
  return delayMs === undefined ? undefined : new OnceRule(anchor + delayMs);
}

function repeatingRule(options: ScheduleOptions, anchor: number, issues: Issue[]): Rule | undefined {
  const from = timeOf(options.from, 'options.from', issues);
  const until = timeOf(options.until, 'options.until', issues);
  if (from !== undefined && until !== undefined && from > until) {
    issues.push({ path: 'options.until', message: 'lies before options.from: nothing would run' });
  }
  const { timezone = 'UTC' } = options;
  const rule = options.cron === undefined ? everyRule(options, anchor, from, issues) : cronRule(options.cron, timezone, issues);
  if (rule === undefined || (from === undefined && until === undefined)) return rule;
  return new BoundedRule(rule, from ?? Number.NEGATIVE_INFINITY, until ?? Number.POSITIVE_INFINITY);
}

function everyRule({ every }: ScheduleOptions, anchor: number, from: number | undefined, issues: Issue[]): Rule | undefined {
  const periodMs = durationOf(every, 'options.every', issues);
  if (periodMs === undefined) return undefined;
  if (periodMs >= shortestPeriodMs) return new EveryRule(from ?? anchor + periodMs, periodMs);
  issues.push({ path: 'options.every', message: `got ${quote(every)}; allowed is a duration from ${shortestPeriodMs} ms` });
  return undefined;
}

/** In whole milliseconds, upwards: never early, and exact however often it is added up. */
export function durationOf(duration: Duration | undefined, path: string, issues: Issue[]): number | undefined {
  if (duration === undefined) return undefined;
  try {
    return Math.ceil(durationToMs(duration, path));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    issues.push(...error.issues);
    return undefined;
  }
}

function timeOf(date: Date | undefined, path: string, issues: Issue[]): number | undefined {
  if (date === undefined) return undefined;
  if (isValidDate(date)) return date.getTime();
  issues.push({ path, message: `got ${quote(date)}; allowed is a valid Date` });
  return undefined;
}
