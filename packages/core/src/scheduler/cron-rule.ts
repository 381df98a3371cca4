import { Cron } from 'croner';
import { type Issue, quote } from '../errors.js';
import type { Rule } from './rule.js';

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

/** Croner takes an ISO date as well, and `?` for the time at which the pattern is read: neither is a rule. */
const nickname = /^@[a-z]+$/i;

export function cronRule(pattern: unknown, timezone: unknown, issues: Issue[]): Rule | undefined {
  if (!isTimeZone(timezone)) {
    issues.push({ path: 'options.timezone', message: `got ${quote(timezone)}; allowed is an IANA name such as 'Asia/Shanghai'` });
  }
  const allowed = 'allowed are five fields, or six with seconds first';
  if (typeof pattern !== 'string' || !hasFields(pattern)) {
    issues.push({ path: 'options.cron', message: `got ${quote(pattern)}; ${allowed}` });
    return undefined;
  }
  try {
    return new CronRule(pattern, isTimeZone(timezone) ? timezone : 'UTC');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    issues.push({ path: 'options.cron', message: `got ${quote(pattern)}; ${allowed} (${why})` });
    return undefined;
  }
}

function hasFields(pattern: string): boolean {
  const fields = pattern.trim().split(/\s+/);
  return nickname.test(pattern.trim()) || ((fields.length === 5 || fields.length === 6) && !pattern.includes('?'));
}

function isTimeZone(name: unknown): name is string {
  try {
    return typeof name === 'string' && new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}
