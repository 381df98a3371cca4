/** Scheduler: work at a time. An engine over a queue and records; a backend implements nothing for it beside those. */
import type { AnyMessages, Priority, TypeOf } from '../message/message.js';
import type { Duration } from '../time/duration.js';
import type { BackoffOptions, Handler } from './handler.js';
import type { PageOptions, Registration, StopOptions, StopReport } from './queue.js';
import type { Page } from './queue-store.js';

export type Misfire = 'once' | 'all' | 'skip';

/** Exactly one of `delay`, `at` (one run) and `every`, `cron` (repeating). */
export interface ScheduleOptions {
  readonly delay?: Duration;
  /** One in the past counts as now. */
  readonly at?: Date;
  /** A fixed period from `from` (or from now: the first run is one period away), without drift. From 10 ms. */
  readonly every?: Duration;
  /** Five fields, or six with seconds first; lists, ranges, steps, names, `L`, `W`, `#`; or `@daily` and its like. */
  readonly cron?: string;
  /** IANA name, for `cron`. Default UTC. */
  readonly timezone?: string;
  /** A repeating schedule has no occurrence before it. */
  readonly from?: Date;
  /** A repeating schedule has no occurrence after it; one exactly then is the last. */
  readonly until?: Date;
  readonly priority?: Priority;
  /** Of one attempt. Default: the queue's, 30 min. */
  readonly timeout?: Duration;
  /** Default: the queue's, 3. */
  readonly maxRetries?: number;
  readonly backoff?: BackoffOptions;
  /** 1 to 150 characters as in any name. Default: made here. */
  readonly id?: string;
  /**
   * Where the id is taken: by a schedule that is to run or runs, and by one that ended by itself while it can be read (24 h, unless set
   * otherwise). A cancelled one has freed it.
   * Default: `replace` for a repeating schedule, `reject` for a one-off.
   */
  readonly onConflict?: 'replace' | 'reject' | 'ignore';
  /** Occurrences of a repeating schedule that were missed while no worker was free: one run, all of them, or none. Default `once`. */
  readonly misfire?: Misfire;
  /** A run of a repeating schedule that is longer than the period may overlap the next one. Default false. */
  readonly overlap?: boolean;
}

/** What `update` may change of a repeating schedule. A property that is `undefined` takes the option away. */
export type ScheduleChanges = Partial<Omit<ScheduleOptions, 'delay' | 'at' | 'id' | 'onConflict'>> & { readonly payload?: unknown };

export type RunOutcome = 'completed' | 'failed' | 'cancelled';

export interface ScheduleView<P = unknown> {
  readonly id: string;
  readonly name: string;
  readonly payload: P;
  readonly isRepeating: boolean;
  readonly isPaused: boolean;
  /** A repeating schedule is `completed` after its last occurrence, and `failed` where its next one was refused; one that ended can be read for `statusRetention`. */
  readonly status: 'scheduled' | 'running' | 'completed' | 'failed' | 'cancelled';
  /** Absent also while a run without `overlap` decides it by its end. */
  readonly nextRun?: Date;
  /** For which time the run was that ended last. */
  readonly lastRun?: Date;
  readonly lastResult?: { readonly outcome: RunOutcome; readonly error?: string };
  readonly options: ScheduleOptions;
}

/**
 * `cancelled`: it does not run, and never will. `aborting`: it runs, its signal is aborted, and there is no retry. `finished`: it had ended
 * already.
 */
export type ScheduleCancelOutcome = 'cancelled' | 'aborting' | 'not-found' | 'finished';

/** At rest, total = completed + failed + cancelled + active + scheduled. */
export interface SchedulerStats {
  /** Occurrences, one-offs and repetitions alike, without those that a change of their schedule withdrew. */
  readonly total_tasks: number;
  readonly completed_tasks: number;
  /** Those whose last attempt failed. */
  readonly failed_tasks: number;
  readonly active_tasks: number;
  readonly scheduled_tasks: number;
  /** Cancelled, or skipped as missed. */
  readonly cancelled_tasks: number;
}

/** Which run of which schedule. */
export interface ScheduledRun {
  readonly scheduleId: string;
  /** The time that it is for, however late it runs. */
  readonly due: Date;
}

/** Told in the process where it happened. */
export interface SchedulerEvents {
  /** A handler is about to start, so late by this process's clock. */
  started: (run: ScheduledRun, latenessMs: number) => void;
  /** A run ended for good: after its last attempt. */
  ended: (run: ScheduledRun, outcome: RunOutcome) => void;
  /** An occurrence was not where its schedule says, after a crash: it was published again. */
  mended: (run: ScheduledRun) => void;
  /** What failed in the background. */
  error: (error: Error, scheduleId?: string) => void;
}

/** Where the backend can't be reached every call rejects within 10 s. After `stop` every call rejects with ClosedError. */
export interface Scheduler<M extends object = AnyMessages> {
  /**
   * Registers what runs under a name. The message's id is that of the run; `scheduledRunOf(message.headers)` says which one it is.
   * @throws ConfigError where the name has a handler already
   */
  process<T extends TypeOf<M>>(name: T, handler: Handler<M, T>): Registration;
  /**
   * @returns the schedule's id.
   * @throws ConfigError (options, id taken, delays not enabled), InvalidNameError, PayloadError, CapacityError (`bufferSize` waiting): nothing
   * was scheduled; ConnectionError and TimeoutError carry `outcome` and `ids`: scheduling again with that id schedules nothing twice.
   */
  schedule<T extends TypeOf<M>>(name: T, payload: M[T], options: ScheduleOptions): Promise<string>;
  /** May be repeated: what a lost reply left undone is done then. */
  cancel(id: string): Promise<ScheduleCancelOutcome>;
  get(id: string): Promise<ScheduleView | undefined>;
  /** All that can be read, those that ended included. */
  list(options?: PageOptions): Promise<Page<ScheduleView>>;
  /**
   * Changes a repeating schedule: what runs ends by the old rule, its retries too, and the next occurrence follows the new one. Changes that
   * leave the times alone keep the period's phase. False: there is no such schedule, or it is over.
   */
  update(id: string, changes: ScheduleChanges): Promise<boolean>;
  /** No run begins until `resume`, also not of a new definition under the id; what runs goes on. False: there is no such schedule, or it is over. */
  pause(id: string): Promise<boolean>;
  /** Goes on with the next occurrence from now; a one-off whose time has passed runs at once. False: there is no such schedule, or it is over. */
  resume(id: string): Promise<boolean>;
  /** The next times of a rule, without scheduling it; 1000 at the most. @throws ConfigError */
  preview(options: ScheduleOptions, count: number): readonly Date[];
  on<E extends keyof SchedulerEvents>(event: E, listener: SchedulerEvents[E]): () => void;
  stats(): Promise<SchedulerStats>;
  start(): Promise<void>;
  /** Like `Queue.stopWorkers`: scheduling goes on. */
  stopWorkers(options?: StopOptions): Promise<StopReport>;
  /** Idempotent; settles within `graceMs` plus one second. */
  stop(options?: StopOptions): Promise<StopReport>;
}

export interface SchedulerOptions {
  /** Runs at a time in this process. Default 8. */
  readonly workers?: number;
  /** Tasks due and waiting at the most, all processes together; one process may be behind by what others scheduled in 100 ms. Default 1000. */
  readonly bufferSize?: number;
  /** False refuses `delay` and `at`. Default true. */
  readonly enableDelayedTasks?: boolean;
  /** How often the repair pass looks. From 100 ms. Default 1 min. */
  readonly repairInterval?: Duration;
  /** How long a schedule that ended can be read, and holds its id. Default 24 h. */
  readonly statusRetention?: Duration;
}
