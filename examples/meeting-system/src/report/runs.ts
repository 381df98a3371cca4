import type { RunOutcome, Scheduler } from '@quayside/core';
import type { MeetingSchedules } from '../messages.js';

export type RunCounts = Readonly<Record<RunOutcome, number>>;

/** Counts the scheduled runs that end in this process, beside the scheduler's own figures. Answers the counts so far. */
export function countRuns(scheduler: Pick<Scheduler<MeetingSchedules>, 'on'>): () => RunCounts {
  const counts = { completed: 0, failed: 0, cancelled: 0 };
  scheduler.on('ended', (_run, outcome) => {
    counts[outcome]++;
  });
  return () => ({ ...counts });
}
