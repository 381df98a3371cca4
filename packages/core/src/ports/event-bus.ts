/** EventBus: events to the handlers of this process (`local`), or of all processes (on a pub/sub backend). */
import type { AnyMessages, TypeOf } from '../message/message.js';

export interface BusEvent<P = unknown> {
  readonly name: string;
  /** On the local bus the very object that was emitted: handlers share it, so treat it as read-only. From another process, a copy. */
  readonly payload: P;
  /** Milliseconds since the epoch, by the emitter's clock. */
  readonly emittedAt: number;
}

export type BusHandler<P = unknown> = (event: BusEvent<P>) => unknown;

export interface OnOptions {
  /** Removes the handler when aborted. */
  readonly signal?: AbortSignal;
}

export interface EventBusStats {
  readonly total_emitted: number;
  readonly total_processed: number;
  readonly total_failed: number;
  /** Distinct event names and patterns that have a handler. */
  readonly event_type_count: number;
}

export interface EventBusEvents {
  /** A handler threw, or an event could not be sent to or read from other processes. */
  error: (error: Error, where: { readonly event: string }) => void;
}

export interface EventBus<M extends object = AnyMessages> {
  readonly isRemote: boolean;
  /**
   * Calls the handlers in order of registration; at most `workers` asynchronous ones run at once, at most `bufferSize` wait.
   * Answers how many handlers of this process were called or wait to be. A handler that throws stops no other; it is told by `error`.
   * On a remote bus the other processes are told in the background: use `emitAsync` to know that the server has it.
   * @throws InvalidNameError, CapacityError (the waiting buffer is full: no handler was called), ClosedError; PayloadError on a remote bus.
   */
  emit<E extends TypeOf<M>>(name: E, payload: M[E]): number;
  /** Resolves when all handlers of this process have settled (and a remote server has the event). Rejects with an AggregateError of what they threw. */
  emitAsync<E extends TypeOf<M>>(name: E, payload: M[E]): Promise<number>;
  /**
   * A name, or a pattern (`*` one token, `>` the rest). Takes effect with the next emit. Answers a function that removes it.
   * @throws InvalidNameError, ClosedError
   */
  on<E extends TypeOf<M>>(name: E, handler: BusHandler<M[E]>, options?: OnOptions): () => void;
  on(pattern: string, handler: BusHandler, options?: OnOptions): () => void;
  once<E extends TypeOf<M>>(name: E, handler: BusHandler<M[E]>, options?: OnOptions): () => void;
  once(pattern: string, handler: BusHandler, options?: OnOptions): () => void;
  /** Removes a handler that `on` or `once` added under this name. An unknown one is no error. */
  off(nameOrPattern: string, handler: BusHandler<never>): void;
  /** What concerns the bus itself; apart from the application's events, so an event named `error` is like any other. */
  onBus<E extends keyof EventBusEvents>(event: E, listener: EventBusEvents[E]): () => void;
  stats(): EventBusStats;
  /** Resolves when other processes' events arrive; at once on a local bus. */
  start(): Promise<void>;
  /** Refuses emits, then waits `graceMs` (default 5000) for running handlers. Idempotent. */
  stop(options?: { readonly graceMs?: number }): Promise<void>;
}
