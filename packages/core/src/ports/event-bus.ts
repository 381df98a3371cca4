/** EventBus: events to the handlers of this process (`local`), or of all processes (on a pub/sub backend). */
import type { AnyMessages, TypeOf } from '../message/message.js';
import type { Gap } from './pubsub.js';

export interface BusEvent<P = unknown> {
  readonly name: string;
  /** On a local bus the very object that was emitted: handlers share it, so treat it as read-only. On a remote bus a copy of each handler's own. */
  readonly payload: P;
  /** Milliseconds since the epoch, by the emitter's clock. */
  readonly emittedAt: number;
}

export type BusHandler<P = unknown> = (event: BusEvent<P>) => unknown;

export interface OnOptions {
  /** Removes the handler when aborted. */
  readonly signal?: AbortSignal;
}

export interface EventBusOptions {
  /** Asynchronous handlers that run at once at the most. Default 4. */
  readonly workers?: number;
  /** Handler calls that wait for a worker at the most. Default 1000; past it CapacityError. */
  readonly bufferSize?: number;
}

export interface EventBusStats {
  /** Emits of this process that were taken. */
  readonly total_emitted: number;
  /** Handler runs that ended well. */
  readonly total_processed: number;
  /** Handler runs that threw or rejected. */
  readonly total_failed: number;
  /** Distinct event names and patterns that have a handler. */
  readonly event_type_count: number;
}

export interface EventBusEvents {
  /** A handler threw, or an event could not be sent to or read from other processes. */
  error: (error: Error, where: { readonly event: string }) => void;
  /** Events of another process did not arrive (a remote bus only): read the state anew. */
  gap: (gap: Gap) => void;
}

export interface EventBus<M extends object = AnyMessages> {
  readonly isRemote: boolean;
  /**
   * Calls the handlers in order of registration, and answers how many of this process were called or wait to be. A handler that throws
   * stops no other; it is told by `error`. On a remote bus the other processes are told in the background, failures by `error`: use
   * `emitAsync` to know that the server has it.
   *
   * A handler that returns a promise holds one of the `workers` until that settles. While a worker is free, handlers are called inside
   * of `emit`; while none is, all further calls, of whatever handler, wait in order, at most `bufferSize` of them. An emit whose calls
   * do not all fit is refused before any is made. Who will need a worker is known only of async functions and of handlers that
   * returned a promise before: the others are taken for synchronous in that reckoning.
   * @throws InvalidNameError, CapacityError (no handler was called), ClosedError; on a remote bus PayloadError (the same) for what the codec
   * can't carry; one too large for the server is told by `error`.
   */
  emit<E extends TypeOf<M>>(name: E, payload: M[E]): number;
  /**
   * Resolves when all handlers of this process have settled (and a remote server has the event). Rejects with an AggregateError of what
   * they threw (and why the server does not have it), and like `emit`.
   */
  emitAsync<E extends TypeOf<M>>(name: E, payload: M[E]): Promise<number>;
  /**
   * A name, or a pattern (`*` one token, `>` the rest). Takes effect with the next emit. Answers a function that removes it; what was
   * emitted before and waits for a worker is still handed to it.
   * @throws InvalidNameError, ConfigError (not a function), ClosedError
   */
  on<E extends TypeOf<M>>(name: E, handler: BusHandler<M[E]>, options?: OnOptions): () => void;
  on(pattern: string, handler: BusHandler, options?: OnOptions): () => void;
  once<E extends TypeOf<M>>(name: E, handler: BusHandler<M[E]>, options?: OnOptions): () => void;
  once(pattern: string, handler: BusHandler, options?: OnOptions): () => void;
  /** Removes a handler that `on` or `once` added under this name, the latest first where it was added twice. An unknown one is no error. */
  off(nameOrPattern: string, handler: BusHandler<never>): void;
  /** What concerns the bus itself; apart from the application's events, so an event named `error` is like any other. */
  onBus<E extends keyof EventBusEvents>(event: E, listener: EventBusEvents[E]): () => void;
  stats(): EventBusStats;
  /** Resolves when other processes' events arrive; at once on a local bus. Idempotent; may be called again after it failed. @throws ConnectionError, ClosedError */
  start(): Promise<void>;
  /** Refuses emits, then waits `graceMs` (default 5000) for running and waiting handlers; what then still waits is discarded. Idempotent. */
  stop(options?: { readonly graceMs?: number }): Promise<void>;
}
