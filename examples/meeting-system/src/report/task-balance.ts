import type { DispatcherStats, SchedulerStats } from '@quayside/core';
import type { AnalysedClip } from '../meeting/analysis.js';
import type { Balance } from './balance.js';
import type { RunCounts } from './runs.js';

export interface ScheduleAccount {
  /** What this process saw end. */
  readonly runs: RunCounts;
  /** The scheduler's figures before the first schedule, and when all were cancelled. Only the difference is this run's. */
  readonly before: SchedulerStats;
  readonly after: SchedulerStats;
}

/** Holds the runs that were seen to end against what the scheduler counted. */
export function strikeScheduleBalance({ runs, before, after }: ScheduleAccount): Balance {
  const grown = (name: keyof SchedulerStats) => after[name] - before[name];
  const ended = grown('completed_tasks') + grown('failed_tasks') + grown('cancelled_tasks');
  const carried = openRuns(before);
  const left = openRuns(after);
  const differences: string[] = [];
  for (const outcome of ['completed', 'failed'] as const) {
    const counted = grown(`${outcome}_tasks`);
    if (counted !== runs[outcome])
      differences.push(`runs ${outcome}: the scheduler counts ${counted}, ${runs[outcome]} were seen to end so`);
  }
  if (left > 0) differences.push(`${left} runs are left`);
  if (carried + grown('total_tasks') !== ended + left) {
    differences.push(`${carried + grown('total_tasks')} runs were scheduled, ${ended} ended, ${left} are left`);
  }
  const sum = `${grown('completed_tasks')} completed + ${grown('failed_tasks')} failed + ${grown('cancelled_tasks')} cancelled`;
  const leftBehind = carried > 0 ? ` + ${carried} left by an earlier run` : '';
  return { sentence: `${grown('total_tasks')} runs scheduled${leftBehind} = ${sum}, ${left} left`, differences };
}

/** Scheduled or running: what has not ended. */
export function openRuns({ scheduled_tasks, active_tasks }: SchedulerStats): number {
  return scheduled_tasks + active_tasks;
}

/** Holds what came back of each dispatched task, and what was called back of it, against what the dispatcher counted. */
export function strikeDispatchBalance(clips: readonly AnalysedClip[], { total_dispatched, by_state }: DispatcherStats): Balance {
  const back = (status: AnalysedClip['result']['status']) => clips.filter(({ result }) => result.status === status).length;
  const differences = clips
    .filter(({ told }) => told.length !== 1)
    .map(({ clip, told }) => `clip_analysis ${clip} was told to have ended ${told.length} times`);
  const compare = (what: string, counted: number, expected: number) => {
    if (counted !== expected) differences.push(`${what}: the dispatcher counts ${counted}, ${expected} came back`);
  };
  compare('dispatched', total_dispatched, clips.length);
  compare('completed', by_state.completed, back('fulfilled'));
  compare('failed', by_state.failed, back('rejected'));
  return { sentence: `${total_dispatched} dispatched = ${by_state.completed} completed + ${by_state.failed} failed`, differences };
}
