import {
  CapacityError,
  ClosedError,
  ConnectionError,
  type ConnectionState,
  type Logger,
  sleep,
  systemClock,
  withDeadline,
} from '@quayside/core';
import type { Redis } from 'ioredis';
import { describeFailure, isRefusal } from './failure.js';
import { Line } from './line.js';
import { type Receive, type Topic, type TopicKind, Topics } from './subscriber-topics.js';

export interface SubscriberParts {
  /** Makes a client as `Line.open` wants it. */
  readonly dial: () => Redis;
  readonly logger: Logger;
  readonly random?: () => number;
}

export interface HeldSubscription {
  /** Nothing is received after the call; resolves when the server holds it no more. Idempotent, never rejects. */
  close(): Promise<void>;
}

const firstPauseMs = 50;
const longestPauseMs = 1_000;
const restoreBoundMs = 3_000;
/** Names in one SUBSCRIBE. */
const namesACall = 1_000;

/**
 * The one connection of a process that hears: pub/sub and wake-up calls alike. It dials anew for ever when it was lost, and is
 * `connected` only when all that was subscribed to is restored and confirmed. (ioredis' own resubscribing tells nobody when it is done.)
 */
export class Subscriber {
  readonly #dial: () => Redis;
  readonly #logger: Logger;
  readonly #random: () => number;
  readonly #topics: Topics;
  readonly #listeners = new Set<(state: ConnectionState) => void>();
  readonly #closing = new AbortController();
  #line: Line | undefined;
  #state: ConnectionState = 'disconnected';

  constructor(parts: SubscriberParts) {
    this.#dial = parts.dial;
    this.#logger = parts.logger;
    this.#random = parts.random ?? Math.random;
    this.#topics = new Topics(parts.logger);
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** The first connection; call it once. @throws ConnectionError, and then it is closed. */
  async connect(): Promise<void> {
    try {
      await this.#connect();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** Resolves when the server has confirmed it; it comes back by itself after a loss. @throws ConnectionError, CapacityError, and leaves nothing behind. */
  subscribe(channel: string, receive: (body: string) => void): Promise<HeldSubscription> {
    return this.#subscribe('channel', channel, (_channel, body) => receive(body));
  }

  /** The same for Redis' glob patterns. */
  psubscribe(pattern: string, receive: Receive): Promise<HeldSubscription> {
    return this.#subscribe('pattern', pattern, receive);
  }

  /** Tells the present state first. Answers a function that ends it. */
  onState(listener: (state: ConnectionState) => void): () => void {
    this.#listeners.add(listener);
    listener(this.#state);
    return () => void this.#listeners.delete(listener);
  }

  /** At once, whatever the server does. Idempotent. */
  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    this.#closing.abort();
    this.#topics.clear();
    this.#line?.close();
    this.#line = undefined;
    this.#move('closed');
    this.#listeners.clear();
  }

  async #subscribe(kind: TopicKind, name: string, receive: Receive): Promise<HeldSubscription> {
    if (this.#state === 'closed') throw new ClosedError('the connection');
    if (this.#line === undefined || this.#state !== 'connected') throw new ConnectionError('there is no connection');
    const topic = this.#topics.find(kind, name) ?? this.#open(kind, name, this.#line.client);
    topic.receivers.add(receive);
    try {
      await topic.confirmed;
    } catch (error) {
      void this.#release(topic, receive);
      if (isRefusal(error)) throw new CapacityError(`the server refuses the subscription: ${describeFailure(error)}`);
      throw new ConnectionError(`the server did not confirm the subscription: ${describeFailure(error)}`);
    }
    return { close: () => this.#release(topic, receive) };
  }

  #open(kind: TopicKind, name: string, client: Redis): Topic {
    const confirmed = kind === 'channel' ? client.subscribe(name) : client.psubscribe(name);
    const topic: Topic = { kind, name, receivers: new Set(), confirmed };
    this.#topics.add(topic);
    return topic;
  }

  async #release(topic: Topic, receive: Receive): Promise<void> {
    topic.receivers.delete(receive);
    if (topic.receivers.size > 0 || !this.#topics.remove(topic) || this.#line === undefined) return;
    const { client } = this.#line;
    try {
      await (topic.kind === 'channel' ? client.unsubscribe(topic.name) : client.punsubscribe(topic.name));
    } catch (error) {
      // The server forgot it with the connection.
      this.#logger.debug({ channel: topic.name, reason: describeFailure(error) }, 'a subscription ended with its connection');
    }
  }

  async #connect(): Promise<void> {
    const line: Line = await Line.open(this.#dial, (reason) => this.#lost(line, reason));
    if (this.#state === 'closed') {
      line.close();
      throw new ClosedError('the connection');
    }
    this.#line = line;
    line.client.on('message', (channel, body) => this.#topics.deliver('channel', channel, channel, body));
    line.client.on('pmessage', (pattern, channel, body) => this.#topics.deliver('pattern', pattern, channel, body));
    try {
      await withDeadline(systemClock, this.#restore(line.client), restoreBoundMs);
      if (this.#line !== line) throw new ConnectionError('the connection was cut');
    } catch (error) {
      line.close();
      if (this.#line === line) this.#line = undefined;
      throw new ConnectionError(`the subscriptions could not be restored: ${describeFailure(error)}`);
    }
    this.#move('connected');
  }

  /** All of it in one go, so that whoever unsubscribes meanwhile comes behind it. */
  async #restore(client: Redis): Promise<void> {
    await Promise.all([
      ...chunks(this.#topics.names('channel')).map((names) => client.subscribe(...names)),
      ...chunks(this.#topics.names('pattern')).map((names) => client.psubscribe(...names)),
    ]);
  }

  #lost(line: Line, reason: ConnectionError): void {
    if (this.#line !== line) return;
    this.#line = undefined;
    if (this.#state !== 'connected') return;
    this.#logger.warn({ reason: reason.message }, 'the subscriber connection was lost');
    this.#move('disconnected');
    void this.#reconnect();
  }

  async #reconnect(): Promise<void> {
    for (let failures = 0; ; failures++) {
      await sleep(systemClock, this.#pauseMs(failures), this.#closing.signal);
      if (this.#state === 'closed') return;
      try {
        await this.#connect();
        this.#logger.info({ failures }, 'the subscriber connection is back');
        return;
      } catch (error) {
        const level = failures === 0 ? 'warn' : 'debug';
        this.#logger[level]({ reason: describeFailure(error), failures }, 'the subscriber connection is not back yet');
      }
    }
  }

  /** Doubles up to a second, and spreads the processes that lost the same server. */
  #pauseMs(failures: number): number {
    return Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(failures, 10)) * (0.5 + this.#random() / 2);
  }

  #move(state: ConnectionState): void {
    this.#state = state;
    for (const listener of [...this.#listeners]) listener(state);
  }
}

function chunks(names: readonly string[]): readonly (readonly string[])[] {
  return Array.from({ length: Math.ceil(names.length / namesACall) }, (_, index) =>
    names.slice(index * namesACall, (index + 1) * namesACall),
  );
}
