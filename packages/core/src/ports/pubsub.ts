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

/** Events of one publisher on one channel that did not arrive: the subscriber should read the state anew. */
export interface Gap {
  readonly channel: string;
  readonly missed: number;
  /** The first and last missed sequence number of that publisher on that channel. */
  readonly from: number;
  readonly to: number;
  readonly cause: 'connection' | 'buffer-full';
}

export type ChannelHandler<P = unknown> = (event: ChannelEvent<P>) => unknown;

export interface SubscribeOptions {
  /** Handlers at a time for this subscription. 1 keeps a publisher's order. Default 1. */
  readonly concurrency?: number;
  /** Events waiting for the handler; past it the oldest is dropped, counted and told as a gap. Default: `buffer_size`, 1000. */
  readonly bufferSize?: number;
  /** One member of a group gets an event. Needs `capabilities.groups`. */
  readonly group?: string;
  /** Gets what was published while it was away. Needs `capabilities.durable`. */
  readonly durable?: string;
  /** Ends the subscription like `unsubscribe`. */
  readonly signal?: AbortSignal;
  readonly onGap?: (gap: Gap) => void;
}

export interface Subscription {
  readonly filter: string;
  /** Resolves when no further handler call will start. Idempotent; allowed inside the handler. */
  unsubscribe(): Promise<void>;
}

export interface PubSubStats {
  readonly total_published: number;
  readonly total_received: number;
  readonly total_dropped: number;
  /** Events that gaps told of. */
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
   * Resolves with the event's id when the server has confirmed it, also where nobody listens.
   * @throws InvalidNameError, PayloadError, ClosedError; ConnectionError or TimeoutError with `outcome` and `ids` within the timeout.
   */
  publish<C extends TypeOf<M>>(channel: C, payload: M[C], options?: EventPublishOptions): Promise<string>;
  /**
   * A channel, or a pattern (`*` one token, `>` the rest). Every event published anywhere after this resolved is received once.
   * @throws InvalidNameError, UnsupportedFeatureError, ConfigError, ClosedError, ConnectionError.
   */
  subscribe<C extends TypeOf<M>>(channel: C, handler: ChannelHandler<M[C]>, options?: SubscribeOptions): Promise<Subscription>;
  subscribe(pattern: string, handler: ChannelHandler, options?: SubscribeOptions): Promise<Subscription>;
  on<E extends keyof PubSubEvents>(event: E, listener: PubSubEvents[E]): () => void;
  /** Figures of this process. */
  stats(): PubSubStats;
  /** Waits `graceMs` (default 5000) for running handlers. Idempotent; afterwards every call rejects with ClosedError. */
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
  readonly durable: boolean;
  /** The largest frame in bytes. */
  readonly maxFrameBytes: number;
}

/** One message of the transport: what a tick publishes on one channel, as lines. */
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
  readonly durable?: string;
  readonly signal: AbortSignal;
}

/**
 * Carries frames between processes, and says truly how the connection is. Retries, buffers, deadlines, fan-out, stamps and the
 * truth of patterns are core's.
 */
export interface PubSubTransport {
  readonly capabilities: PubSubCapabilities;
  /**
   * Resolves when the SERVER has confirmed all of them, in order. Disconnected, it rejects at once with a ConnectionError of outcome
   * `not-published`; cut before the confirmation, or aborted, `unknown`. Never sends twice.
   */
  publish(frames: readonly Frame[], signal: AbortSignal): Promise<void>;
  /**
   * Resolves when the server holds it: what is published anywhere after that is received. `receive` returns at once. Core opens one
   * for each distinct filter and group.
   */
  subscribe(
    filter: ChannelFilter,
    receive: (channel: string, body: string) => void,
    options: TransportSubscribeOptions,
  ): Promise<TransportSubscription>;
  /**
   * `connected` only after every subscription is restored AND confirmed; `disconnected` within 5 s of the server falling silent, also
   * with the socket open; `closed` when it will not come back. Tells the present state first. Answers a function that ends it.
   */
  onState(listener: (state: ConnectionState) => void): () => void;
  /** Within 1 s, also with the server dead or frozen. Idempotent; no `receive` after it. */
  close(): Promise<void>;
}
