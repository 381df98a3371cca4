/**
 * Queue: work that must not be lost, handed to one worker at a time, at least once. This is the application's face;
 * `queue-store.ts` is the backend's. Between them stands the engine in `../queue/`.
 */
import type { AnyMessages, Headers, Message, Priority, TypeOf } from '../message/message.js';
import type { Duration } from '../time/duration.js';
import type {
  AttemptError,
  Backoff,
  BackoffOptions,
  Ending,
  Handler,
  HandlerContext,
  MessageHead,
  Middleware,
  PublishResult,
} from './handler.js';
import type { DeadReason, MessageState, Page, QueueCapabilities } from './queue-store.js';

export interface PublishOptions {
  /** Default `normal`. */
  readonly priority?: Priority;
  /** Not visible before it has passed, by the server's clock. Not together with `at`. */
  readonly delay?: Duration;
  /** Not visible before this time; one in the past counts as now. */
  readonly at?: Date;
  /** Retries after the first attempt. Default: the queue's `maxRetries`, 3. */
  readonly maxRetries?: number;
  /** Hand-overs of any kind. Default: `maxRetries` + 17. */
  readonly maxDeliveries?: number;
  readonly backoff?: BackoffOptions;
  /** Of one attempt. Default: the queue's `timeout`. */
  readonly timeout?: Duration;
  /** Never delivered after it has passed. Default: never expires. */
  readonly ttl?: Duration;
  /** Within `window`, a second publish with this id stores nothing. */
  readonly deduplication?: { readonly id: string; readonly window: Duration };
  /** The message's own id. Default: made here, before the first try. While a message with it is live, a second publish stores nothing. */
  readonly id?: string;
  readonly headers?: Headers;
  /** Bound of this call. Default: the queue's `publishTimeout`, 5 s. */
  readonly publishTimeout?: Duration;
}

/** One of a batch; `publishTimeout` goes with the call. */
export type BatchItem<M extends object = AnyMessages> = {
  [T in TypeOf<M>]: { readonly type: T; readonly payload: M[T]; readonly options?: Omit<PublishOptions, 'publishTimeout'> };
}[TypeOf<M>];

export type BatchOutcome =
  | { readonly outcome: 'complete'; readonly value?: unknown }
  | { readonly outcome: 'retry'; readonly error?: unknown; readonly delay?: Duration }
  | { readonly outcome: 'dead'; readonly error?: unknown }
  | { readonly outcome: 'release'; readonly delay?: Duration };

/** Answers an outcome for each message in order, or nothing: all are complete. A throw retries all of them. */
export type BatchHandler<M extends object = AnyMessages, T extends TypeOf<M> = TypeOf<M>> = (
  messages: readonly Message<M, T>[],
  context: { readonly signal: AbortSignal; readonly contexts: readonly HandlerContext[] },
) => Promise<readonly BatchOutcome[] | void> | readonly BatchOutcome[] | void;

export interface BatchOptions {
  /** Messages a call at the most, from 1 to 1000. */
  readonly size: number;
  /** How long to gather from the first one on. Default 0: what is there. */
  readonly wait?: Duration;
}

/** A handler's registration. */
export interface Registration {
  /** No further call of this handler starts; resolves when its running ones have ended. */
  remove(): Promise<void>;
}

/** A message handed to a caller that brings its own loop; it counts as started. Each settles once: a second one does nothing. */
export interface Delivery<M extends object = AnyMessages, T extends TypeOf<M> = TypeOf<M>> {
  readonly message: Message<M, T>;
  readonly attempt: number;
  readonly fencingToken: number;
  /** Aborted when the lease is lost or the message is cancelled. The library renews nothing: call `extend`. */
  readonly signal: AbortSignal;
  /** Each of these rejects with LeaseLostError where the message is another worker's by now. */
  ack(): Promise<void>;
  /** Counts the attempt; past `maxRetries` it is dead. Default delay: the backoff's. */
  retry(options?: { readonly delay?: Duration; readonly error?: unknown }): Promise<void>;
  dead(reason?: string | Error): Promise<void>;
  /** Gives back uncounted, to the head of its level. */
  release(options?: { readonly delay?: Duration }): Promise<void>;
  /** Holds it for so long from now. */
  extend(duration: Duration): Promise<void>;
}

export interface ReceiveOptions {
  /** From 1 to 1000. Default 1. */
  readonly max?: number;
  /** Default: the queue's. */
  readonly visibilityTimeout?: Duration;
  /** How long to wait for a first one. Default 0. */
  readonly wait?: Duration;
  readonly signal?: AbortSignal;
}

/** `removed`: it waited. `aborting`: it runs, its signal is aborted within a second. A completed message is `not-found`. */
export type CancelOutcome = 'removed' | 'aborting' | 'dead' | 'not-found' | 'held-by-foreign-worker';

/** A message at rest, as find and list show it. */
export interface MessageView<M extends object = AnyMessages> {
  readonly message: Message<M>;
  readonly state: MessageState;
  /** Handler starts so far. */
  readonly attempts: number;
  readonly deliveries: number;
  readonly errors: readonly AttemptError[];
  /** By the backend's clock: due (delayed), lease end (active), died (dead). */
  readonly at?: Date;
  /** Why it is dead. */
  readonly reason?: DeadReason;
}

export interface DeadLetter<M extends object = AnyMessages> extends MessageView<M> {
  readonly state: 'dead';
  readonly reason: DeadReason;
}

export interface PageOptions {
  readonly cursor?: string;
  /** From 1 to 1000. Default 100. */
  readonly limit?: number;
}

export interface DeadLetters<M extends object = AnyMessages> {
  /** Newest first. */
  list(options?: PageOptions): Promise<Page<DeadLetter<M>>>;
  get(id: string): Promise<DeadLetter<M> | undefined>;
  /** Back to the queue, attempts from 1. Answers which of the ids were dead; without ids all are taken, page by page, and the count told. */
  redrive(ids: string | readonly string[]): Promise<readonly { readonly id: string; readonly isRedriven: boolean }[]>;
  redriveAll(): Promise<number>;
  /** Answers how many were removed. */
  remove(ids: string | readonly string[]): Promise<number>;
  purge(): Promise<number>;
}

/** Figures of the whole queue, all processes, in the original system's names. */
export interface QueueStats {
  readonly total_published: number;
  readonly total_processed: number;
  /** Failed attempts. */
  readonly total_failed: number;
  readonly total_retried: number;
  readonly total_dead_letter: number;
  readonly total_redriven: number;
  readonly total_expired: number;
  readonly total_removed: number;
  readonly total_cancelled: number;
  readonly total_discarded: number;
  readonly total_deduplicated: number;
  /** Leases that ran out. */
  readonly total_stalled: number;
  /** Visible now, all priorities. */
  readonly queue_length: number;
  readonly queue_length_by_priority: Readonly<Record<Priority, number>>;
  readonly delayed_count: number;
  readonly processing_count: number;
  readonly dead_letter_count: number;
  readonly is_paused: boolean;
}

/** Told in the process where it happened. */
export interface QueueEvents {
  published: (ids: readonly string[]) => void;
  active: (message: MessageHead) => void;
  /** A settlement that the backend accepted. */
  settled: (message: MessageHead, ending: Ending) => void;
  progress: (message: MessageHead, value: unknown) => void;
  'lease-lost': (message: MessageHead) => void;
  /**
   * The event loop stood still for `blockedMs` while this handler ran. The heartbeat stands still with it: its lease is renewed first of all
   * afterwards, but where the block outlasted it another process may have the message by then. Give such work a longer visibilityTimeout, or
   * have the config's `heartbeat: thread` renew leases meanwhile.
   */
  'event-loop-blocked': (message: MessageHead, blockedMs: number) => void;
  disconnected: (error: Error) => void;
  reconnected: () => void;
  error: (error: Error, message?: MessageHead) => void;
}

/** How a weighted queue shares its deliveries while every level has messages. */
export type PriorityPolicy = 'strict' | { readonly weighted: Readonly<Record<Priority, number>> };

export interface StopOptions {
  /** How long running handlers may go on before their signals are aborted and their messages released. Default 5000. */
  readonly graceMs?: number;
}

export interface StopReport {
  /** Handlers that ended within the grace. */
  readonly drained: number;
  readonly aborted: number;
  /** Messages given back unstarted or unfinished. */
  readonly released: number;
}

export interface Queue<M extends object = AnyMessages> {
  readonly name: string;
  readonly capabilities: QueueCapabilities;

  /**
   * When it resolves the message is stored. Publishes of one tick travel together.
   * @throws InvalidNameError, PayloadError, ConfigError (options), UnsupportedFeatureError, ClosedError: nothing was sent;
   * ConnectionError, TimeoutError, CapacityError within `publishTimeout`: `outcome` and `ids` say what is known.
   */
  publish<T extends TypeOf<M>>(type: T, payload: M[T], options?: PublishOptions): Promise<PublishResult>;
  /** All or nothing (capability `atomicBatch`), in order. One invalid item: none is sent. */
  publishBatch(items: readonly BatchItem<M>[], options?: { readonly publishTimeout?: Duration }): Promise<readonly PublishResult[]>;

  /** One handler a type; `'*'` takes the types without one. Handlers run once the queue is started. @throws ConfigError where the type has one */
  process<T extends TypeOf<M>>(type: T | '*', handler: Handler<M, T>): Registration;
  processBatch<T extends TypeOf<M>>(type: T, handler: BatchHandler<M, T>, options: BatchOptions): Registration;
  /** Pull: resolves with what is there, or when something arrives, or empty after `wait`. */
  receive(options?: ReceiveOptions): Promise<readonly Delivery<M>[]>;

  cancel(id: string): Promise<CancelOutcome>;
  /** A delayed message becomes visible now. False: it is not delayed. */
  promote(id: string): Promise<boolean>;
  /** Waiting, delayed or dead. False: it is none of these. */
  remove(id: string): Promise<boolean>;
  find(id: string): Promise<MessageView<M> | undefined>;
  list(state: MessageState, options?: PageOptions): Promise<Page<MessageView<M>>>;
  readonly deadLetters: DeadLetters<M>;

  /** Holds for all workers of the queue; publishing goes on. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Finishes the work: resolves when nothing waits, is delayed or active. @throws TimeoutError after `timeout` (default: none) */
  drain(options?: { readonly timeout?: Duration; readonly signal?: AbortSignal }): Promise<void>;
  /** Deletes what waits or is delayed. Answers how many. */
  purge(): Promise<number>;
  /** Deletes everything of the queue, its counters too. @throws ConfigError while messages are active, unless forced */
  obliterate(options?: { readonly force?: boolean }): Promise<void>;

  /** Adds middleware, innermost last. Before `start`. */
  use(middleware: Middleware): this;
  on<E extends keyof QueueEvents>(event: E, listener: QueueEvents[E]): () => void;
  stats(): Promise<QueueStats>;
  /** Starts the workers. Idempotent. */
  start(): Promise<void>;
  /**
   * Claims no more at once, waits `graceMs` for running handlers, aborts the rest, releases. Publishing goes on: where several queues stop
   * together, handlers of one may still publish to another. Idempotent; the workers do not start again.
   */
  stopWorkers(options?: StopOptions): Promise<StopReport>;
  /** Stops the workers, then closes. Idempotent; settles within `graceMs` plus one second. Afterwards every call rejects with ClosedError. */
  stop(options?: StopOptions): Promise<StopReport>;
}

/** The queue's own settings; the config's `message_queue` section becomes these. */
export interface QueueOptions {
  /** Handlers at a time in this process. Default 4. */
  readonly concurrency?: number;
  /** How long a claim holds a message; renewed while its handler runs. Default 30 s. */
  readonly visibilityTimeout?: Duration;
  /** How often to look where the backend can't tell (capability `wakes`). Default 100 ms. */
  readonly pollInterval?: Duration;
  /** Default 3: up to 4 attempts. */
  readonly maxRetries?: number;
  readonly backoff?: Backoff;
  /** Of one attempt; the handler's signal is aborted and the attempt fails. Default 30 min. */
  readonly timeout?: Duration;
  /** False: an exhausted message is discarded and counted. Default true. */
  readonly deadLetterQueue?: boolean;
  /** An expired message goes to the dead letters instead of being dropped. Default false. */
  readonly deadLetterExpired?: boolean;
  readonly priorityPolicy?: PriorityPolicy;
  readonly publishTimeout?: Duration;
  /** Publishes waiting for the server at the most. Default 10,000; past it CapacityError. */
  readonly publishBuffer?: number;
  /** Bytes of an encoded payload. Default 1 MiB, or the backend's own limit where that is less. */
  readonly maxPayloadBytes?: number;
  /** How far ahead a worker claims, in time of its measured handlers. 0: nothing ahead. Default 5 ms. */
  readonly prefetch?: Duration;
  /** After a longer block of the event loop, leases whose time has passed are given up, though nobody may have taken the messages. Default 10 min. */
  readonly maxBlocked?: Duration;
}
