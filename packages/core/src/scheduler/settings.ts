import { ConfigError, type Issue, quote } from '../errors.js';
import type { QueueOptions } from '../ports/queue.js';
import type { SchedulerOptions } from '../ports/scheduler.js';
import { durationOf } from './rule.js';

/** A scheduler's options, checked and with every default filled in. */
export interface SchedulerSettings {
  readonly workers: number;
  readonly bufferSize: number;
  readonly enableDelayedTasks: boolean;
  readonly repairIntervalMs: number;
  readonly statusRetentionMs: number;
}

const shortestIntervalMs = 100;

/** @throws ConfigError that lists every issue */
export function resolveSchedulerSettings(options: SchedulerOptions = {}): SchedulerSettings {
  const issues: Issue[] = [];
  const whole = (name: 'workers' | 'bufferSize', fallback: number, most: number) => {
    const value = options[name] ?? fallback;
    if (Number.isInteger(value) && value >= 1 && value <= most) return value;
    issues.push({ path: name, message: `got ${quote(value)}; allowed is a whole number from 1 to ${most}` });
    return fallback;
  };
  const settings = {
    workers: whole('workers', 8, 10_000),
    bufferSize: whole('bufferSize', 1_000, 10_000_000),
    enableDelayedTasks: options.enableDelayedTasks ?? true,
    repairIntervalMs: durationOf(options.repairInterval ?? '1m', 'repairInterval', issues) ?? shortestIntervalMs,
    statusRetentionMs: Math.max(1, durationOf(options.statusRetention ?? '24h', 'statusRetention', issues) ?? 1),
  };
  if (settings.repairIntervalMs < shortestIntervalMs) {
    issues.push({ path: 'repairInterval', message: `got ${quote(options.repairInterval)}; allowed is a duration from 100 ms` });
  }
  if (issues.length > 0) throw new ConfigError('the scheduler options are wrong', issues);
  return settings;
}

/**
 * For whoever makes a scheduler's queue. A failed occurrence has no place among dead letters, where a schedule of each minute would pile
 * them up for ever: its error stands in the schedule, and it is counted. @throws ConfigError
 */
export function schedulerQueueOptions(options: SchedulerOptions = {}): QueueOptions {
  return { concurrency: resolveSchedulerSettings(options).workers, deadLetterQueue: false };
}
