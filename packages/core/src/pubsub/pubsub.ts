import { readGrace, readOptions } from '../call-options.js';
import { ClosedError, ConnectionError } from '../errors.js';
import { Listeners } from '../listeners.js';
import { type Logger, silentLogger } from '../logger.js';
import { type Codec, jsonCodec } from '../message/codec.js';
import { IdMaker } from '../message/ids.js';
import type { AnyMessages } from '../message/message.js';
import type { MessageDefinitions } from '../message/schema.js';
import type {
  ChannelHandler,
  EventPublishOptions,
  PubSub,
  PubSubCapabilities,
  PubSubEvents,
  PubSubOptions,
  PubSubStats,
  PubSubTransport,
  SubscribeOptions,
  Subscription,
} from '../ports/pubsub.js';
import { promised } from '../thenable.js';
import { type Clock, systemClock } from '../time/clock.js';
import { sleep } from '../time/deadline.js';
import { Connection } from './connection.js';
import { type PubSubEngine, reportError } from './engine.js';
import { Feeds } from './feeds.js';
import { Outbox } from './outbox.js';
import { Publisher } from './publisher.js';
import { RunningHandlers } from './running.js';
import { resolveSettings } from './settings.js';

export interface PubSubParts<M extends object = AnyMessages> {
  /** Stays open: it belongs to whoever opened the backend. */
  readonly transport: PubSubTransport;
  readonly clock?: Clock;
  readonly logger?: Logger;
  readonly codec?: Codec;
  /** Channels with a declared schema. */
  readonly definitions?: MessageDefinitions<M>;
  readonly options?: PubSubOptions;
}

/** @throws ConfigError */
export function createPubSub<M extends object = AnyMessages>(parts: PubSubParts<M>): PubSub<M> {
  const settings = resolveSettings(parts.options);
  const { transport, clock = systemClock, logger = silentLogger, codec = jsonCodec } = parts;
  const events = new Listeners<PubSubEvents>(logger);
  const engine: PubSubEngine = {
    transport,
    settings,
    clock,
    logger,
    codec,
    events,
    connection: new Connection(transport, events),
    ids: new IdMaker(clock),
    definitions: parts.definitions?.byType ?? new Map(),
    running: new RunningHandlers(),
    counts: { published: 0, received: 0, dropped: 0, missed: 0 },
  };
  return new TransportPubSub(engine) as PubSub as PubSub<M>;
}

class TransportPubSub implements PubSub {
  readonly #engine: PubSubEngine;
  readonly #outbox: Outbox;
  readonly #publisher: Publisher;
  readonly #feeds: Feeds;
  #stopped: Promise<void> | undefined;

  constructor(engine: PubSubEngine) {
    this.#engine = engine;
    this.#outbox = new Outbox(engine);
    this.#publisher = new Publisher(engine, this.#outbox);
    this.#feeds = new Feeds(engine);
    engine.connection.watch((state) => {
      if (state !== 'closed') return;
      reportError(engine, new ConnectionError('the connection is closed and will not come back'), {}, 'no event arrives any more');
    });
  }

  get capabilities(): PubSubCapabilities {
    return this.#engine.transport.capabilities;
  }

  publish(channel: string, payload: unknown, options?: EventPublishOptions): Promise<string> {
    if (this.#stopped !== undefined) return Promise.reject(new ClosedError('the pub/sub', { outcome: 'not-published' }));
    return this.#publisher.publish(channel, payload, options);
  }

  async subscribe(channel: string, handler: ChannelHandler, options?: SubscribeOptions): Promise<Subscription> {
    if (this.#stopped !== undefined) throw new ClosedError('the pub/sub');
    return this.#feeds.subscribe(channel, handler, readOptions(options));
  }

  async deleteDurable(channel: string, name: string): Promise<boolean> {
    if (this.#stopped !== undefined) throw new ClosedError('the pub/sub');
    return this.#feeds.deleteDurable(channel, name);
  }

  on<E extends keyof PubSubEvents>(event: E, listener: PubSubEvents[E]): () => void {
    return this.#engine.events.add(event, listener);
  }

  stats(): PubSubStats {
    const { published, received, dropped, missed } = this.#engine.counts;
    return {
      total_published: published,
      total_received: received,
      total_dropped: dropped,
      total_missed: missed,
      channel_count: this.#feeds.channelCount,
    };
  }

  stop(options?: { readonly graceMs?: number }): Promise<void> {
    return promised(() => {
      const graceMs = readGrace(options);
      this.#stopped ??= this.#stop(graceMs);
      return this.#stopped;
    });
  }

  async #stop(graceMs: number): Promise<void> {
    const { clock, connection, running } = this.#engine;
    const closing = this.#feeds.stop();
    const grace = new AbortController();
    await Promise.race([Promise.all([this.#outbox.whenEmpty(), running.whenNone()]), sleep(clock, graceMs, grace.signal)]);
    grace.abort();
    this.#outbox.close();
    connection.release();
    await closing;
  }
}
