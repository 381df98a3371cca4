import type { ScheduleView } from '../ports/scheduler.js';
import { isFinal } from './occurrences.js';
import type { Schedule } from './record.js';

/** @param isNextRunning the occurrence that the record names runs already: when the one after it is due is known when it ends. */
export function toScheduleView(schedule: Schedule, payload: unknown, isRunning: boolean, isNextRunning: boolean): ScheduleView {
  const { id, name, state, rule, options, next, last } = schedule;
  const isOpen = !isFinal(schedule);
  return {
    id,
    name,
    payload,
    isRepeating: rule.isRepeating,
    isPaused: state === 'paused',
    status: isRunning ? 'running' : state === 'paused' ? 'scheduled' : state,
    nextRun: isOpen && state === 'scheduled' && !isNextRunning ? new Date(next) : undefined,
    lastRun: last === undefined ? undefined : new Date(last.due),
    lastResult: last === undefined ? undefined : { outcome: last.outcome, error: last.error },
    options,
  };
}
