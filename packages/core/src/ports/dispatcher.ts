/** Dispatcher: work whose status and result somebody wants. An engine over queues, pub/sub and records. */
import type { AnyMessages, Headers, Priority, TypeOf } from '../message/message.js';
import type { Duration } from '../time/duration.js';
import type { AttemptError, BackoffOptions, Handler } from './handler.js';
import type { Registration, StopOptions } from './queue.js';

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
  /** Default: made here. */
  readonly id?: string;
}

/** Strategy among several target queues. `consistent-hash` needs `key`. */
export type RouteStrategy = 'first' | 'round-robin' | 'least-loaded' | 'consistent-hash';

/** All given conditions must hold; rules are tried in order, the first match wins. */
export interface Route {
  /** Shown in the stats. Default: its place. */
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

export interface TaskStatus {
  readonly id: string;
  readonly type: string;
  readonly state: TaskState;
  readonly queue: string;
  readonly attempts: number;
  readonly worker?: string;
  readonly progress?: unknown;
  readonly result?: unknown;
  readonly error?: AttemptError;
  /** Every move with its time, oldest first. */
  readonly history: readonly { readonly state: TaskState; readonly at: Date }[];
  /** For a redriven task: the id of the run before. */
  readonly redriveOf?: string;
}

export interface TaskCallbacks {
  onProgress?(task: TaskStatus): void;
  onComplete?(task: TaskStatus): void;
  /** Failed, cancelled or timed out. */
  onFailure?(task: TaskStatus): void;
}

export type TaskCancelOutcome = 'cancelled' | 'aborting' | 'finished' | 'not-found';

export interface TaskHandle<R = unknown> {
  readonly id: string;
  status(): Promise<TaskStatus | undefined>;
  /** The handler's value. Rejects with the task's error, CancelledError, or TimeoutError (`timeout` passed: the task goes on). Default timeout: none. */
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

export interface DispatcherStats {
  readonly total_dispatched: number;
  readonly by_state: Readonly<Record<TaskState, number>>;
  readonly by_route: Readonly<Record<string, number>>;
}

export interface Dispatcher<M extends object = AnyMessages> {
  /** Registers the worker's side: a handler for tasks of a type on a queue. Default queue: the default one. */
  process<T extends TypeOf<M>>(type: T, handler: Handler<M, T>, options?: { readonly queue?: string }): Registration;
  /** @throws NoRouteError, PayloadError, ConfigError; ConnectionError and TimeoutError carry `outcome` and `ids`. */
  dispatch<T extends TypeOf<M>>(type: T, payload: M[T], options?: DispatchOptions & TaskCallbacks): Promise<TaskHandle>;
  /** One batch a queue. One item that can't be routed or carried: none is dispatched, and the error names it. */
  dispatchBatch(items: readonly DispatchItem<M>[], callbacks?: TaskCallbacks): Promise<BatchHandle>;
  /** A handle on a task of any process. */
  task(id: string): TaskHandle;
  status(id: string): Promise<TaskStatus | undefined>;
  cancel(id: string): Promise<TaskCancelOutcome>;
  /** A failed task again, as a new run linked to the old. */
  redrive(id: string): Promise<TaskHandle>;
  addRoute(route: Route): () => void;
  /** For all tasks, or those of a type, that this process dispatched. Answers a function that ends it. */
  on(callbacks: TaskCallbacks, type?: TypeOf<M>): () => void;
  stats(): Promise<DispatcherStats>;
  start(): Promise<void>;
  /** Idempotent; settles within `graceMs` plus one second. The queues are not its own: it stops none. */
  stop(options?: StopOptions): Promise<void>;
}

export interface DispatcherOptions {
  readonly routes?: readonly Route[];
  /** False: every task goes to the default queue. Default true. */
  readonly enableRouting?: boolean;
  /** False: callbacks are refused. Default true. */
  readonly enableCallbacks?: boolean;
  /** How long a finished task can be read. Default 24 h. */
  readonly statusRetention?: Duration;
  readonly repairInterval?: Duration;
}
