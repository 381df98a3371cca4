import type { RunOutcome, ScheduledRun, Scheduler } from '@quayside/core';
import type { Case } from '../case.js';
import type { SchedulerContext, SchedulerProcess, SchedulerSetup } from './context.js';
import { RunRecorder, type RunWork } from './run-recorder.js';

export type SchedulerCase = Case<SchedulerContext>;

export interface Ended {
  readonly run: ScheduledRun;
  readonly outcome: RunOutcome;
}

/** A scheduler with one handler, for schedules of the name `task`, and what was seen of both. */
export interface RecordedScheduler {
  readonly scheduler: Scheduler;
  readonly seen: RunRecorder;
  /** What this process recorded as ended, in order. */
  readonly endings: readonly Ended[];
  readonly errors: readonly Error[];
}

/** Not started: the case schedules first, or starts it at once. */
export function openScheduler(process: SchedulerProcess, work?: RunWork | RunRecorder, setup?: SchedulerSetup): RecordedScheduler {
  const scheduler = process.scheduler(setup);
  const seen = work instanceof RunRecorder ? work : new RunRecorder(() => process.scope.time.clock.now(), work);
  const endings: Ended[] = [];
  const errors: Error[] = [];
  scheduler.process('task', seen.handle);
  scheduler.on('ended', (run, outcome) => void endings.push({ run, outcome }));
  scheduler.on('error', (error) => void errors.push(error));
  return { scheduler, seen, endings, errors };
}

export async function startScheduler(
  process: SchedulerProcess,
  work?: RunWork | RunRecorder,
  setup?: SchedulerSetup,
): Promise<RecordedScheduler> {
  const opened = openScheduler(process, work, setup);
  await opened.scheduler.start();
  return opened;
}

/** The payload by which a handler knows a run that is only to show that the scheduler goes on. */
export const marker = 'marker';

/** Schedules a task and waits until this process has completed it: what else would have run by then, has run. */
export async function passMarker(context: SchedulerContext, { scheduler, endings }: RecordedScheduler, delayMs = 0): Promise<void> {
  const id = await scheduler.schedule('task', marker, { delay: delayMs });
  await context.within(delayMs + 5_000, () => endings.some(({ run }) => run.scheduleId === id), 'the marker has run');
}

/** What a well-behaved handler does that works for long: it ends when it is told to. */
export function untilAborted({ context: { signal } }: { readonly context: { readonly signal: AbortSignal } }): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason));
  });
}
