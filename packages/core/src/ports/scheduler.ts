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
  readonly at?: Date;
  /** A fixed period from `from` (or from now), without drift. */
  readonly every?: Duration;
  /** Five fields, or six with seconds first; `L`, `#`, ranges, steps and names. */
  readonly cron?: string;
  /** IANA name. Default UTC. */
  readonly timezone?: string;
  /** A repeating schedule has no occurrence before it. */
  readonly from?: Date;
  /** A repeating schedule has no occurrence after it. */
  readonly until?: Date;
  readonly priority?: Priority;
  /** Of one attempt. Default: the queue's. */
  readonly timeout?: Duration;
  readonly maxRetries?: number;
  readonly backoff?: BackoffOptions;
  /** Default: made here. */
  readonly id?: string;
  /** Where the id is taken. Default: `replace` for a repeating schedule, `reject` for a one-off. */
  readonly onConflict?: 'replace' | 'reject' | 'ignore';
  /** Occurrences missed while no process ran: one run, all of them, or none. Default `once`. */
  readonly misfire?: Misfire;
  /** A run longer than the period may overlap the next one. Default false. */
  readonly overlap?: boolean;
}

export interface ScheduleView<P = unknown> {
  readonly id: string;
  readonly name: string;
  readonly payload: P;
  readonly isRepeating: boolean;
  readonly isPaused: boolean;
  readonly status: 'scheduled' | 'running' | 'completed' | 'failed' | 'cancelled';
  readonly nextRun?: Date;
  readonly lastRun?: Date;
  readonly lastResult?: { readonly outcome: 'completed' | 'failed' | 'cancelled'; readonly error?: string };
  readonly options: ScheduleOptions;
}

/** `cancelled`: it had not started and never will. `aborting`: it runs, its signal is aborted, and there is no retry. */
export type ScheduleCancelOutcome = 'cancelled' | 'aborting' | 'not-found' | 'finished';

export interface SchedulerStats {
  readonly total_tasks: number;
  readonly completed_tasks: number;
  readonly failed_tasks: number;
  readonly active_tasks: number;
  readonly scheduled_tasks: number;
  readonly cancelled_tasks: number;
}

export interface Scheduler<M extends object = AnyMessages> {
  /** Registers what runs under a name. */
  process<T extends TypeOf<M>>(name: T, handler: Handler<M, T>): Registration;
  /**
   * @returns the schedule's id.
   * @throws ConfigError (options, delays not enabled), PayloadError, CapacityError (`bufferSize` waiting); ConnectionError and TimeoutError carry `outcome` and `ids`.
   */
  schedule<T extends TypeOf<M>>(name: T, payload: M[T], options: ScheduleOptions): Promise<string>;
  cancel(id: string): Promise<ScheduleCancelOutcome>;
  get(id: string): Promise<ScheduleView | undefined>;
  list(options?: PageOptions): Promise<Page<ScheduleView>>;
  /** Changes a repeating schedule: the running occurrence ends by the old rule, the next follows the new. False: not found. */
  update(id: string, changes: Partial<ScheduleOptions> & { readonly payload?: unknown }): Promise<boolean>;
  pause(id: string): Promise<boolean>;
  resume(id: string): Promise<boolean>;
  /** The next times of a rule, without scheduling it. */
  preview(options: ScheduleOptions, count: number): readonly Date[];
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
  /** Tasks due and waiting at the most. Default 1000. */
  readonly bufferSize?: number;
  /** False refuses `delay` and `at`. Default true. */
  readonly enableDelayedTasks?: boolean;
  /** How often the repair pass looks. Default 1 min. */
  readonly repairInterval?: Duration;
}
