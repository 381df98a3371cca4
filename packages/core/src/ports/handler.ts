/** What a handler of messages is given, and what may stand round it. Queue, Scheduler and Dispatcher share these. */
import type { Logger } from '../logger.js';
import type { AnyMessages, Headers, Message, Priority, TypeOf } from '../message/message.js';
import type { Duration } from '../time/duration.js';
import type { DeadReason } from './queue-store.js';

export interface HandlerContext {
  readonly queue: string;
  /** Which handler start of this message this is, from 1; crashes count. */
  readonly attempt: number;
  readonly maxRetries: number;
  /** Grows with each delivery of the message: for the application's own database (`UPDATE … WHERE fence < $1`). */
  readonly fencingToken: number;
  /** Aborted by timeout (TimeoutError), lost lease (LeaseLostError), cancel (CancelledError) and stop (ClosedError): the `reason` says which. */
  readonly signal: AbortSignal;
  /** Tells how far the work is: any value the codec carries; told as the queue's `progress` event. */
  readonly progress: (value: unknown) => void;
  /** Holds the message for at least so long from now, besides the automatic renewal. @throws LeaseLostError */
  readonly extend: (duration: Duration) => Promise<void>;
  /** The manager's logger with queue, type, id and attempt bound. */
  readonly log: Logger;
}

/** Its value is the task's result where a dispatcher waits for one. Throw to retry; UnrecoverableError not to; RetryLater to choose the delay. */
export type Handler<M extends object = AnyMessages, T extends TypeOf<M> = TypeOf<M>> = (
  message: Message<M, T>,
  context: HandlerContext,
) => unknown;

/** Thrown by a handler that chooses its own delay before the next attempt. It counts as an attempt. */
export class RetryLater extends Error {
  readonly delay: Duration;
  constructor(delay: Duration, message = `retry after ${delay}`) {
    super(message);
    this.name = 'RetryLater';
    this.delay = delay;
  }
}

export type Jitter = 'none' | 'full' | 'equal';

/**
 * The delay before retry n (from 1). `exponential`: min(maxDelay, delay · 2^(n-1)); `fixed`: delay. `full` jitter draws from 0 to it,
 * `equal` from its half to it (AWS Architecture Blog, "Exponential Backoff And Jitter", 2015).
 */
export interface BackoffOptions {
  readonly type: 'exponential' | 'fixed';
  /** Default 1 s. */
  readonly delay?: Duration;
  /** The cap. Default 5 min. */
  readonly maxDelay?: Duration;
  /** Default `full`. */
  readonly jitter?: Jitter;
}
export type Backoff = BackoffOptions | ((retry: number, error: unknown) => Duration);

/** One failed attempt, as the dead letters show it. */
export interface AttemptError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  /** Cut to 2 kB. */
  readonly stack?: string;
  readonly attempt: number;
  /** Milliseconds since the epoch, by the worker's clock. */
  readonly at: number;
  /** Host, process and worker that ran it. */
  readonly worker: string;
}

/** How a delivery ends, as told to `beforeSettle` and to the queue's events. */
export type Ending =
  | { readonly outcome: 'complete'; readonly value: unknown }
  | { readonly outcome: 'retry'; readonly delayMs: number; readonly error: AttemptError }
  | { readonly outcome: 'release'; readonly why: 'stopping' | 'no-handler' | 'newer-version' | 'requested'; readonly delayMs?: number }
  | { readonly outcome: 'dead'; readonly reason: DeadReason; readonly error?: AttemptError }
  | { readonly outcome: 'drop'; readonly as: 'expired' | 'cancelled' | 'discarded'; readonly error?: AttemptError };

/** A message of which core knows no more than this: its payload may be unreadable. */
export interface MessageHead {
  readonly id: string;
  readonly type: string;
  readonly priority: Priority;
  readonly headers: Headers;
  /** Which handler start this was, or would be. */
  readonly attempt: number;
  /** Of this delivery: it grows with each one of the message. */
  readonly fencingToken: number;
}

/** A message on its way out. */
export interface OutgoingMessage {
  readonly id: string;
  readonly type: string;
  readonly payload: unknown;
  readonly priority: Priority;
  readonly headers: Headers;
}

export interface PublishResult {
  readonly id: string;
  /** Nothing was stored: `id` is that of the message that stands for it. */
  readonly isDeduplicated: boolean;
}

/** Stands round publish and process; the first added is the outermost. Each part is optional. */
export interface Middleware {
  /** Which messages it stands round, by their headers; the others pass by at no cost. Default: all. */
  concerns?(headers: Headers): boolean;
  /** May change payload and headers by passing another message on, or refuse by throwing. */
  publish?(message: OutgoingMessage, next: (message: OutgoingMessage) => Promise<PublishResult>): Promise<PublishResult>;
  /** Runs in place of the handler; `next` runs it, and its value is the handler's. */
  process?(message: Message, next: () => Promise<unknown>, context: HandlerContext): Promise<unknown>;
  /**
   * Runs before any settlement is sent, whatever its outcome, also where no handler ran. Where it rejects, the message is released
   * with a short delay instead, and the error is told: what had to be known before the settlement is not.
   */
  beforeSettle?(message: MessageHead, ending: Ending): void | Promise<void>;
}
