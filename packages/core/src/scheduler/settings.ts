import { ConfigError, type Issue, quote } from '../errors.js';
import type { SchedulerOptions } from '../ports/scheduler.js';
import { durationToMs } from '../time/duration.js';

/** A scheduler's options, checked and with every default filled in. */
export interface SchedulerSettings {
  readonly workers: number;
  readonly bufferSize: number;
  readonly enableDelayedTasks: boolean;
  readonly repairIntervalMs: number;
}

/** @throws ConfigError that lists every issue */
export function resolveSchedulerSettings(options: SchedulerOptions = {}): SchedulerSettings {
  const issues: Issue[] = [];
  const whole = (name: 'workers' | 'bufferSize', fallback: number) => {
    const value = options[name] ?? fallback;
    if (Number.isInteger(value) && value >= 1 && value <= 10_000_000) return value;
    issues.push({ path: name, message: `got ${quote(value)}; allowed is a whole number from 1` });
    return fallback;
  };
  const settings = {
    workers: whole('workers', 8),
    bufferSize: whole('bufferSize', 1_000),
    enableDelayedTasks: options.enableDelayedTasks ?? true,
    repairIntervalMs: durationToMs(options.repairInterval ?? '1m', 'repairInterval'),
  };
  if (settings.repairIntervalMs < 100) {
    issues.push({ path: 'repairInterval', message: `got ${quote(options.repairInterval)}; allowed is a duration from 100 ms` });
  }
  if (issues.length > 0) throw new ConfigError('the scheduler options are wrong', issues);
  return settings;
}
