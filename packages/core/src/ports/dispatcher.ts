/** Dispatcher: work whose status and result somebody wants. An engine over queues, pub/sub and records. */
import type { AnyMessages, Headers, Priority, TypeOf } from '../message/message.js';
import type { Duration } from '../time/duration.js';
import type { AttemptError, BackoffOptions, Handler } from './handler.js';
import type { Registration, StopOptions } from './queue.js';
import type { DeadReason } from './queue-store.js';

export type TaskState = 'pending' | 'queued' | 'running' | 'retrying' | 'completed' | 'failed' | 'cancelled' | 'timed_out';

export interface DispatchOptions {
  readonly priority?: Priority;
  readonly delay?: Duration;
  readonly headers?: Headers;
  readonly maxRetries?: number;
  readonly backoff?: BackoffOptions;
  /** Of the task as a whole, time in the queue included: it ends `timed_out`. Default: none. */
  readonly timeout?: Duration;
  /** Of one attempt: it fails and is retried. Default: the queue's. */
  readonly attemptTimeout?: Duration;
  /** Default: made here. A second dispatch of the same type with it makes no second task: its handle is that of the first. */
  readonly id?: string;
}

/**
 * Strategy among several target queues. `least-loaded` takes the one where least waits and runs, by figures at most 100 ms old;
 * `consistent-hash` needs `key`: tasks with one key go to one queue, and when a queue goes only its own keys move.
 */
export type RouteStrategy = 'first' | 'round-robin' | 'least-loaded' | 'consistent-hash';

/** All given conditions must hold; rules are tried in order, the first match wins. */
export interface Route {
  /** Shown in the stats. Default: `route-1` and so on, in the order of adding. */
  readonly name?: string;
  /** A type, or a pattern (`media.*`, `ai.>`). */
  readonly type?: string;
  readonly headers?: Headers;
  readonly when?: (payload: unknown, headers: Headers) => boolean;
  readonly to: string | readonly string[];
  /** Default `first`. */
  readonly strategy?: RouteStrategy;
  readonly key?: (payload: unknown, headers: Headers) => string;
}

/**
 * Why a task failed. A dead letter's reason, or: `discarded` (the queue has no dead letters), `result` (what its handler answered can't be
 * carried), `not-published` (its dispatcher ended before), `message-gone` (removed from its queue by hand).
 */
export type TaskFailureReason = DeadReason | 'discarded' | 'result' | 'not-published' | 'message-gone';

export interface TaskStatus {
  readonly id: string;
  readonly type: string;
  readonly state: TaskState;
  readonly queue: string;
  readonly attempts: number;
  readonly worker?: string;
  readonly progress?: unknown;
  readonly result?: unknown;
  /** Of the last attempt that failed. */
  readonly error?: AttemptError;
  readonly reason?: TaskFailureReason;
  /** Every move with its time, oldest first. */
  readonly history: readonly { readonly state: TaskState; readonly at: Date }[];
  /** The id of the run before that this one repeats. */
  readonly redriveOf?: string;
  /** The id of the run that repeats this one. */
  readonly redrivenAs?: string;
}

/**
 * Called in the process that dispatched the task, wherever its worker is: each end once, and progress as it changes, at most every 100 ms.
 * One that throws is logged. They end with the process: after a restart, `status` tells.
 */
export interface TaskCallbacks {
  onProgress?(task: TaskStatus): void;
  onComplete?(task: TaskStatus): void;
  /** Failed, cancelled or timed out. */
  onFailure?(task: TaskStatus): void;
}

/**
 * `cancelled`: it did not run, and never will. `aborting`: it runs; its handler's signal is aborted within a second, and it ends `cancelled`
 * whatever the handler answers. `finished`: it had ended, and stays as it is.
 */
export type TaskCancelOutcome = 'cancelled' | 'aborting' | 'finished' | 'not-found';

export interface TaskHandle<R = unknown> {
  readonly id: string;
  status(): Promise<TaskStatus | undefined>;
  /**
   * The handler's value, also where the task ended before this call or in another process. Rejects with the task's error, CancelledError,
   * TimeoutError (`timeout` passed: the task goes on; or the task timed out), TaskNotFoundError (its status is no longer kept), or
   * ClosedError (the dispatcher stopped). Default timeout: none.
   */
  result(options?: { readonly timeout?: Duration }): Promise<R>;
  cancel(): Promise<TaskCancelOutcome>;
}

export type TaskResult = { readonly id: string } & (
  | { readonly status: 'fulfilled'; readonly value: unknown }
  | { readonly status: 'rejected'; readonly reason: Error }
);

export interface BatchHandle {
  readonly ids: readonly string[];
  /** All settled, in the order of the call. */
  results(options?: { readonly timeout?: Duration }): Promise<readonly TaskResult[]>;
  counts(): Promise<Readonly<Record<TaskState, number>>>;
  /** Finished of all, 0 to 1. */
  progress(): Promise<number>;
  cancel(): Promise<void>;
}

export interface DispatchItem<M extends object = AnyMessages> {
  readonly type: TypeOf<M>;
  readonly payload: M[TypeOf<M>];
  readonly options?: DispatchOptions;
}

/** Of the tasks that this process dispatched. */
export interface DispatcherStats {
  readonly total_dispatched: number;
  /** The open ones as far as this process was told. */
  readonly by_state: Readonly<Record<TaskState, number>>;
  /** `default`: no route matched. */
  readonly by_route: Readonly<Record<string, number>>;
}

export interface Dispatcher<M extends object = AnyMessages> {
  /** Registers the worker's side: a handler for tasks of a type on a queue. Default queue: the default one. */
  process<T extends TypeOf<M>>(type: T, handler: Handler<M, T>, options?: { readonly queue?: string }): Registration;
  /**
   * When it resolves, record and message are stored.
   * @throws InvalidNameError, NoRouteError, PayloadError, ConfigError, ClosedError: nothing was sent; ConnectionError, TimeoutError,
   * CapacityError: `outcome` and `ids` say what is known. Dispatching again with that id makes no second task.
   */
  dispatch<T extends TypeOf<M>>(type: T, payload: M[T], options?: DispatchOptions & TaskCallbacks): Promise<TaskHandle>;
  /**
   * One batch a queue. One item that can't be routed or carried: none is dispatched, and the error names it (`items[2].…`). A fault that
   * hits one of several queues leaves the others' tasks running: `outcome` is `unknown`, and `ids` are those of all, for a second try.
   * @throws as `dispatch`
   */
  dispatchBatch(items: readonly DispatchItem<M>[], callbacks?: TaskCallbacks): Promise<BatchHandle>;
  /** A handle on a task of any process. @throws InvalidNameError */
  task(id: string): TaskHandle;
  status(id: string): Promise<TaskStatus | undefined>;
  cancel(id: string): Promise<TaskCancelOutcome>;
  /**
   * A failed task again, as a new run linked to the old; its dead letter goes. Asked twice, it is one run.
   * @throws ConfigError where the task is not known, or has not failed
   */
  redrive(id: string): Promise<TaskHandle>;
  /** Takes effect with the next dispatch, behind the routes that are there. Answers a function that takes it out again. @throws ConfigError */
  addRoute(route: Route): () => void;
  /** For all tasks, or those of a type, that this process dispatched. Answers a function that ends it. @throws ConfigError */
  on(callbacks: TaskCallbacks, type?: TypeOf<M>): () => void;
  stats(): Promise<DispatcherStats>;
  /** Listens for what becomes of tasks, and begins to repair what crashes left. Idempotent. */
  start(): Promise<void>;
  /**
   * Waits `graceMs` for dispatches under way; then waits for results reject with ClosedError, and no callback comes any more. The tasks go on
   * by themselves: the queues are not its own, and it stops none. Idempotent; settles within `graceMs` plus one second.
   */
  stop(options?: StopOptions): Promise<void>;
}

export interface DispatcherOptions {
  readonly routes?: readonly Route[];
  /** False: every task goes to the default queue. Default true. */
  readonly enableRouting?: boolean;
  /** False: callbacks are refused. Default true. */
  readonly enableCallbacks?: boolean;
  /** How long a finished task can be read: longer than any lease, since by it a redelivered message is known to be done. Default 24 h. */
  readonly statusRetention?: Duration;
  /** How often one of the processes looks for tasks that a crash left open. Default 1 min. */
  readonly repairInterval?: Duration;
}
