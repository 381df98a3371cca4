import { CapacityError, ClosedError, ConnectionError, type ConnectionState, type Logger } from '@quayside/core';
import type { Redis } from 'ioredis';
import { describeFailure, isRefusal } from './failure.js';
import { LastingLine } from './lasting-line.js';
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

/** Names in one SUBSCRIBE. */
const namesACall = 1_000;

/**
 * The one connection of a process that hears: pub/sub and wake-up calls alike. After a loss it is `connected` only when all that was
 * subscribed to is restored and confirmed. (ioredis' own resubscribing tells nobody when it is done.)
 */
export class Subscriber {
  readonly #line: LastingLine;
  readonly #topics: Topics;
  readonly #logger: Logger;

  constructor(parts: SubscriberParts) {
    this.#line = new LastingLine({ ...parts, name: 'subscriber', prepare: (client) => this.#restore(client) });
    this.#topics = new Topics(parts.logger);
    this.#logger = parts.logger;
  }

  get state(): ConnectionState {
    return this.#line.state;
  }

  /** The first connection; call it once. @throws ConnectionError, and then it is closed. */
  connect(): Promise<void> {
    return this.#line.connect();
  }

  /**
   * Resolves when the server has confirmed it; it comes back by itself after a loss.
   * @throws ConnectionError, CapacityError (the server refuses), and leaves nothing behind.
   */
  subscribe(channel: string, receive: (body: string) => void): Promise<HeldSubscription> {
    return this.#subscribe('channel', channel, (_channel, body) => receive(body));
  }

  /** The same for Redis' glob patterns. */
  psubscribe(pattern: string, receive: Receive): Promise<HeldSubscription> {
    return this.#subscribe('pattern', pattern, receive);
  }

  /** Tells the present state first. Answers a function that ends it. */
  onState(listener: (state: ConnectionState) => void): () => void {
    return this.#line.onState(listener);
  }

  /** At once, whatever the server does; nothing is received afterwards. Idempotent. */
  close(): void {
    this.#topics.clear();
    this.#line.close();
  }

  async #subscribe(kind: TopicKind, name: string, receive: Receive): Promise<HeldSubscription> {
    const { client, state } = this.#line;
    if (state === 'closed') throw new ClosedError('the subscriber connection');
    if (state === 'disconnected' || client === undefined) throw new ConnectionError('there is no connection to the server');
    const topic = this.#topics.find(kind, name) ?? this.#open(kind, name, client);
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
    const { client } = this.#line;
    if (topic.receivers.size > 0 || !this.#topics.remove(topic) || client === undefined) return;
    try {
      await (topic.kind === 'channel' ? client.unsubscribe(topic.name) : client.punsubscribe(topic.name));
    } catch (error) {
      // The server forgot it with the connection.
      this.#logger.debug({ channel: topic.name, reason: describeFailure(error) }, 'a subscription ended with its connection');
    }
  }

  /** All of it in one go, so that whoever unsubscribes meanwhile comes behind it. */
  async #restore(client: Redis): Promise<void> {
    client.on('message', (channel, body) => this.#topics.deliver('channel', channel, channel, body));
    client.on('pmessage', (pattern, channel, body) => this.#topics.deliver('pattern', pattern, channel, body));
    await Promise.all([
      ...chunks(this.#topics.names('channel')).map((names) => client.subscribe(...names)),
      ...chunks(this.#topics.names('pattern')).map((names) => client.psubscribe(...names)),
    ]);
  }
}

function chunks(names: readonly string[]): readonly (readonly string[])[] {
  return Array.from({ length: Math.ceil(names.length / namesACall) }, (_, index) =>
    names.slice(index * namesACall, (index + 1) * namesACall),
  );
}
