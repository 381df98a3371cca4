import { CancelledError, ClosedError, ConnectionError, UnsupportedFeatureError } from '../errors.js';
import { checkName } from '../message/names.js';
import { type ChannelFilter, parseChannelFilter } from '../message/patterns.js';
import type { ChannelHandler, SubscribeOptions, Subscription } from '../ports/pubsub.js';
import { withDeadline } from '../time/deadline.js';
import { type PubSubEngine, reportError } from './engine.js';
import { Feed, type FeedSource } from './feed.js';
import { resolveSubscription } from './settings.js';
import { LocalSubscription } from './subscription.js';

/** A transport that does not come back from closing holds nobody longer. */
const closeBoundMs = 1_000;

/** The subscriptions of this process, and of each distinct filter and group the one feed that they share. Each durable one has its own. */
export class Feeds {
  readonly #engine: PubSubEngine;
  readonly #feeds = new Map<string, Feed>();
  /** Of each filter and group the last close that is under way: opening it again waits for that. */
  readonly #closing = new Map<string, Promise<void>>();
  #durableCount = 0;

  constructor(engine: PubSubEngine) {
    this.#engine = engine;
  }

  get channelCount(): number {
    return new Set([...this.#feeds.values()].map((feed) => feed.source.filter.text)).size;
  }

  async subscribe(text: string, handler: ChannelHandler, options: SubscribeOptions): Promise<Subscription> {
    const filter = parseChannelFilter('channel', text);
    const settings = resolveSubscription(options, handler, this.#engine.settings);
    this.#refuseUnsupported(filter, options);
    const { group, durable, signal, onGap } = options;
    if (signal?.aborted) throw aborted(signal);
    const key = JSON.stringify(durable === undefined ? [text, group] : [text, durable, ++this.#durableCount]);
    const source = { filter, group, durable: durable === undefined ? undefined : { name: durable, most: settings.bufferSize } };
    const feed = this.#feedOf(key, source);
    const end = () => void subscription.unsubscribe();
    const subscription = new LocalSubscription(this.#engine, {
      filter: text,
      handler,
      onGap,
      // What a durable one has taken ahead is its own to handle: nothing of it is dropped.
      settings: durable === undefined ? settings : { ...settings, bufferSize: Number.POSITIVE_INFINITY },
      onEnd: () => signal?.removeEventListener('abort', end),
      release: () => this.#release(key, feed, subscription),
    });
    feed.attach(subscription);
    signal?.addEventListener('abort', end, { once: true });
    try {
      await withDeadline(this.#engine.clock, feed.opened, this.#engine.settings.publishTimeoutMs, () => tooLate(text));
      if (signal?.aborted) throw aborted(signal);
    } catch (error) {
      void subscription.unsubscribe();
      throw error;
    }
    // Not before the caller has the subscription in hand: its handler may want it.
    this.#engine.clock.defer(() => subscription.open());
    return subscription;
  }

  async deleteDurable(text: string, name: string): Promise<boolean> {
    const filter = parseChannelFilter('channel', text);
    checkName('durable name', name);
    const { clock, connection, settings, transport } = this.#engine;
    if (!transport.capabilities.durable) throw new UnsupportedFeatureError('pub/sub', ['deleteDurable']);
    const abort = new AbortController();
    const deleting = connection.whenConnected(abort.signal).then(() => transport.deleteDurable?.(filter, name, abort.signal) ?? false);
    return withDeadline(clock, deleting, settings.publishTimeoutMs).catch((error: unknown) => {
      abort.abort(error);
      throw error;
    });
  }

  /** Ends all of them. Resolves when the server holds none, or would not say so in time. */
  async stop(): Promise<void> {
    for (const [key, feed] of this.#feeds) void this.#close(key, feed, new ClosedError('the pub/sub'));
    await Promise.all(this.#closing.values());
  }

  #feedOf(key: string, source: FeedSource): Feed {
    const shared = this.#feeds.get(key);
    if (shared !== undefined) return shared;
    const feed = new Feed(this.#engine, source, this.#closing.get(key));
    this.#feeds.set(key, feed);
    return feed;
  }

  async #release(key: string, feed: Feed, subscription: LocalSubscription): Promise<void> {
    feed.detach(subscription);
    if (feed.isUnused) await this.#close(key, feed, new CancelledError('the subscription was ended before it was open'));
  }

  #close(key: string, feed: Feed, reason: Error): Promise<void> {
    if (this.#feeds.get(key) === feed) this.#feeds.delete(key);
    const closing = withDeadline(this.#engine.clock, feed.close(reason), closeBoundMs)
      .catch((error: unknown) => {
        reportError(this.#engine, error, { channel: feed.source.filter.text }, 'a subscription could not be closed');
      })
      .finally(() => {
        if (this.#closing.get(key) === closing) this.#closing.delete(key);
      });
    this.#closing.set(key, closing);
    return closing;
  }

  #refuseUnsupported(filter: ChannelFilter, { group, durable }: SubscribeOptions): void {
    const { capabilities } = this.#engine.transport;
    const features: string[] = [];
    if (filter.isPattern && capabilities.patterns === 'none') features.push(`the pattern '${filter.text}'`);
    if (group !== undefined && !capabilities.groups) features.push('options.group');
    if (durable !== undefined && !capabilities.durable) features.push('options.durable');
    if (features.length > 0) throw new UnsupportedFeatureError('pub/sub', features);
  }
}

function aborted(signal: AbortSignal): CancelledError {
  return new CancelledError('the subscription was aborted before it was open', { cause: signal.reason });
}

function tooLate(filter: string): ConnectionError {
  return new ConnectionError(`'${filter}' could not be subscribed in time`);
}
