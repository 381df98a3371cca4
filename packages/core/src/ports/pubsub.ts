/** PubSub: events to everybody who listens now. First the application's face, then the backend's. */
import type { AnyMessages, Headers, TypeOf } from '../message/message.js';
import type { ChannelFilter } from '../message/patterns.js';
import type { Duration } from '../time/duration.js';

export interface ChannelEvent<P = unknown> {
  readonly id: string;
  readonly channel: string;
  readonly payload: P;
  readonly headers: Headers;
  /** Milliseconds since the epoch, by the publisher's clock. */
  readonly publishedAt: number;
}

export interface EventPublishOptions {
  readonly headers?: Headers;
  /** Bound of this call. Default: the port's `publishTimeout`, 5 s. */
  readonly timeout?: Duration;
}

export interface PubSubOptions {
  /** Events waiting for the handler of one subscription. Default 1000. */
  readonly bufferSize?: number;
  /** Handlers at a time for one subscription. Default 1. */
  readonly concurrency?: number;
  /** Bound of a publish, and of opening a subscription. Default 5 s. */
  readonly publishTimeout?: Duration;
  /** Events waiting to be sent at the most, connected or not. Default 10,000; past it CapacityError. */
  readonly publishBuffer?: number;
  /** Bytes of an encoded payload. Default 1 MiB; with its envelope it must fit in a frame of the backend besides. */
  readonly maxPayloadBytes?: number;
}

/** Events of one publisher on one channel that did not arrive: the subscriber should read the state anew. */
export interface Gap {
  readonly channel: string;
  readonly missed: number;
  /** The first and last missed sequence number of that publisher on that channel; 0 where the publisher is a stranger and counts none. */
  readonly from: number;
  readonly to: number;
  /** `connection`: never arrived here, told once for each filter. `buffer-full`: dropped, told once a turn of the event loop by each subscription. */
  readonly cause: 'connection' | 'buffer-full';
}

export type ChannelHandler<P = unknown> = (event: ChannelEvent<P>) => unknown;

export interface SubscribeOptions {
  /** Handlers at a time for this subscription. 1 keeps a publisher's order. Default 1. */
  readonly concurrency?: number;
  /**
   * Events that still wait for the handler when the turn of the event loop in which they arrived is over; past it the oldest is
   * dropped, counted and told as a gap. So a burst of any size is kept for a handler that keeps up. Default: `buffer_size`, 1000.
   * A durable subscription drops nothing: it takes no more than so many frames (what a publisher sends of one channel in one turn)
   * ahead of its handler, and the server keeps the rest. Default there: 100.
   */
  readonly bufferSize?: number;
  /** One member of a group gets an event. Needs `capabilities.groups`. */
  readonly group?: string;
  /**
   * At least once, and also what was published while no process was subscribed. Needs `capabilities.durable`; stands without `group`.
   *
   * The channel or pattern and this name are one reader, which the first `subscribe` makes and which lives until `deleteDurable`,
   * whatever becomes of the processes. Those who subscribe to it, here or elsewhere, share: an event goes to one of them. It is done
   * when its handler has returned, however long that takes. Where the handler throws, or its process ends first, the event is handed
   * out again: after a second at first, after a minute at the most. With one subscription of concurrency 1 a publisher's events come
   * in order, but what is handed out again comes behind others. Nothing is missed, so no `gap` is told. What one subscription has
   * handled it does not handle again where the server hands it out a second time; another process may.
   */
  readonly durable?: string;
  /** Ends the subscription like `unsubscribe`; aborted before it is open, `subscribe` rejects with CancelledError. */
  readonly signal?: AbortSignal;
  readonly onGap?: (gap: Gap) => void;
}

export interface Subscription {
  readonly filter: string;
  /**
   * Resolves when no further handler call will start; what waits for the handler is discarded. Idempotent; allowed inside the handler.
   * What waits for a durable one goes back to the server, which keeps it and all that comes for whoever subscribes next.
   */
  unsubscribe(): Promise<void>;
}

export interface PubSubStats {
  /** Events that the server confirmed. */
  readonly total_published: number;
  /** Events handed to subscriptions: one that two subscriptions get counts twice. */
  readonly total_received: number;
  /** Of those received, the ones dropped past `bufferSize`. */
  readonly total_dropped: number;
  /** Events that never arrived, as gaps of cause `connection` told. */
  readonly total_missed: number;
  /** Distinct channels and patterns subscribed to in this process. */
  readonly channel_count: number;
}

export interface PubSubEvents {
  gap: (gap: Gap) => void;
  disconnected: () => void;
  reconnected: () => void;
  /** A handler threw, or something failed in the background. */
  error: (error: Error, where: { readonly channel?: string; readonly id?: string }) => void;
}

export interface PubSub<M extends object = AnyMessages> {
  readonly capabilities: PubSubCapabilities;
  /**
   * Resolves with the event's id when the server has confirmed it, also where nobody listens. The payload is read before the call
   * returns. While disconnected the event waits, at most its timeout. It is sent once: one whose fate is `unknown` is not tried again.
   * @throws InvalidNameError, PayloadError, ConfigError, ClosedError; CapacityError (the buffer is full, or the server refuses),
   * ConnectionError or TimeoutError with `outcome` and `ids`, within the timeout.
   */
  publish<C extends TypeOf<M>>(channel: C, payload: M[C], options?: EventPublishOptions): Promise<string>;
  /**
   * A channel, or a pattern (`*` one token, `>` the rest). Every event published anywhere after this resolved is received once;
   * the handler is not called before. While disconnected it waits, at most `publishTimeout`; a failed one leaves nothing behind.
   * A line of JSON from a publisher that is not Quayside arrives as an event with that payload, no headers and an id made here.
   * @throws InvalidNameError, UnsupportedFeatureError, ConfigError, ClosedError, ConnectionError, CancelledError.
   */
  subscribe<C extends TypeOf<M>>(channel: C, handler: ChannelHandler<M[C]>, options?: SubscribeOptions): Promise<Subscription>;
  subscribe(pattern: string, handler: ChannelHandler, options?: SubscribeOptions): Promise<Subscription>;
  /**
   * Ends a durable reader: what the server keeps for it is discarded. False where there is none. Unsubscribe first, in every process: one
   * that is subscribed still makes it anew, and hears what is published from then on.
   * @throws InvalidNameError, UnsupportedFeatureError, ClosedError, ConnectionError, TimeoutError within `publishTimeout`.
   */
  deleteDurable(channel: string, name: string): Promise<boolean>;
  on<E extends keyof PubSubEvents>(event: E, listener: PubSubEvents[E]): () => void;
  /** Figures of this process. */
  stats(): PubSubStats;
  /**
   * Refuses new calls with ClosedError and starts no further handler; waits `graceMs` (default 5000) for what was published and for
   * running handlers; settles within one second more, also with the server dead. Idempotent.
   */
  stop(options?: { readonly graceMs?: number }): Promise<void>;
}

export interface PubSubCapabilities {
  /** Other processes hear the same events. */
  readonly shared: boolean;
  /** `inbox`: the server keeps what a connected subscriber has not read yet. */
  readonly delivery: 'at-most-once' | 'inbox';
  /** `superset`: the server may hand over more than a pattern matches, and core filters; `none`: no pattern subscriptions. */
  readonly patterns: 'native' | 'superset' | 'none';
  readonly groups: boolean;
  /** Subscriptions that outlive their processes, and `publish` resolves only when the server has stored for them what it keeps. */
  readonly durable: boolean;
  /** The largest frame in bytes. */
  readonly maxFrameBytes: number;
}

/** One message of the transport: what a tick publishes on one channel, up to an event on another, as lines. */
export interface Frame {
  readonly channel: string;
  readonly body: string;
}

export type ConnectionState = 'connected' | 'disconnected' | 'closed';

export interface TransportSubscription {
  /** Resolves when the server holds it no more; no `receive` afterwards. Never hangs with the server dead. Idempotent. */
  close(): Promise<void>;
}

export interface TransportSubscribeOptions {
  readonly group?: string;
  /** `most`: so many frames are handed over at a time at the most, of which `receive` has not said yet what became of them. */
  readonly durable?: { readonly name: string; readonly most: number };
  readonly signal: AbortSignal;
}

/** What became of a frame of a durable subscription; `again` asks for another delivery, not before `delayMs`. */
export type FrameOutcome = { readonly outcome: 'handled' } | { readonly outcome: 'again'; readonly delayMs: number };

/**
 * Returns at once. Of a durable subscription it answers a promise, which never rejects: the frame is the subscriber's until that
 * resolves, which may take as long as a handler does, also after `close`.
 * @param delivery of a durable subscription: 1 for the first, 2 where the frame is handed out again.
 */
export type FrameReceiver = (channel: string, body: string, delivery?: number) => Promise<FrameOutcome> | undefined;

/**
 * Carries frames between processes, and says truly how the connection is. Retries, buffers, deadlines, fan-out, stamps and the
 * truth of patterns are core's.
 */
export interface PubSubTransport {
  readonly capabilities: PubSubCapabilities;
  /**
   * Resolves when the SERVER has confirmed all of them, in order. Disconnected, it rejects at once with a ConnectionError of outcome
   * `not-published`, and core tries again; cut before the confirmation, or aborted, `unknown`. Refused by the server, a CapacityError.
   * Never sends twice. Core has one call at a time under way, and its signal may be that of the next: it is let go of in the end.
   * With `capabilities.durable` confirmed means stored, for every durable subscription that there is.
   */
  publish(frames: readonly Frame[], signal: AbortSignal): Promise<void>;
  /**
   * Resolves when the server holds it: what is published anywhere after that is received. `receive` returns at once. Core opens one
   * for each distinct filter and group. Disconnected, cut or aborted by the signal (which matters only until it resolves), it rejects
   * with a ConnectionError and leaves nothing behind; core tries again.
   *
   * A durable one is made on the server where it is not there yet, in the name of filter and `durable.name`, and shared by all who open
   * it. The server forgets a frame when it was `handled`; it hands it out again where `receive` asks for it, or where the process or
   * its connection is gone and nobody kept it. Closing gives back what was not handled, and leaves the rest on the server.
   */
  subscribe(filter: ChannelFilter, receive: FrameReceiver, options: TransportSubscribeOptions): Promise<TransportSubscription>;
  /** Only where `capabilities.durable`: the server keeps nothing more for it. False where there was none. @throws ConnectionError */
  deleteDurable?(filter: ChannelFilter, name: string, signal: AbortSignal): Promise<boolean>;
  /**
   * `connected` only after every subscription is restored AND confirmed; `disconnected` within 5 s of the server falling silent, also
   * with the socket open; `closed` when it will not come back. Tells the present state first. Answers a function that ends it.
   */
  onState(listener: (state: ConnectionState) => void): () => void;
  /** Within 1 s, also with the server dead or frozen. Idempotent; no `receive` after it. */
  close(): Promise<void>;
}
