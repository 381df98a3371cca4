import { ConnectionError } from '../errors.js';
import type { ChannelFilter } from '../message/patterns.js';
import type { FrameOutcome, TransportSubscribeOptions, TransportSubscription } from '../ports/pubsub.js';
import { sleep } from '../time/deadline.js';
import { DurableFrames, type Ending } from './durable.js';
import { type PubSubEngine, reportError, retryDelayMs } from './engine.js';
import { type ReceivedEvent, readLine } from './frames.js';
import { SequenceReader } from './gaps.js';
import type { LocalSubscription } from './subscription.js';

export interface FeedSource {
  readonly filter: ChannelFilter;
  readonly group: string | undefined;
  readonly durable: TransportSubscribeOptions['durable'];
}

/** One subscription of the transport, shared by all local ones on the same filter and group; or of one durable one. */
export class Feed {
  readonly source: FeedSource;
  /** Resolves when the server holds it; rejects when it can't be opened, or was closed before. */
  readonly opened: Promise<void>;
  readonly #engine: PubSubEngine;
  readonly #abort = new AbortController();
  readonly #transportSubscription: Promise<TransportSubscription | undefined>;
  /** Those of a group or of a durable name share the events, so what one of them does not see is no gap. */
  readonly #sequences: SequenceReader | undefined;
  readonly #durable: DurableFrames | undefined;
  #subscriptions: readonly LocalSubscription[] = [];
  /** In a group, whose turn it is. */
  #turn = 0;
  #closed: Promise<void> | undefined;

  /** @param after what the transport still does on the same filter: closing it, for one. */
  constructor(engine: PubSubEngine, source: FeedSource, after: Promise<void> | undefined) {
    this.#engine = engine;
    this.source = source;
    this.#sequences = source.group === undefined && source.durable === undefined ? new SequenceReader() : undefined;
    this.#durable = source.durable === undefined ? undefined : new DurableFrames((event) => this.#handle(event));
    const opening = this.#open(after);
    this.#transportSubscription = opening.catch(() => undefined);
    this.opened = new Promise((resolve, reject) => {
      this.#abort.signal.addEventListener('abort', () => reject(this.#abort.signal.reason), { once: true });
      opening.then(() => resolve(), reject);
    });
    this.opened.catch(() => {});
  }

  get isUnused(): boolean {
    return this.#subscriptions.length === 0;
  }

  attach(subscription: LocalSubscription): void {
    this.#subscriptions = [...this.#subscriptions, subscription];
  }

  detach(subscription: LocalSubscription): void {
    this.#subscriptions = this.#subscriptions.filter((other) => other !== subscription);
  }

  /** Ends all of it; waiting openers are given the reason. Resolves when the server holds it no more. */
  close(reason: Error): Promise<void> {
    this.#closed ??= this.#close(reason);
    return this.#closed;
  }

  async #close(reason: Error): Promise<void> {
    this.#abort.abort(reason);
    for (const subscription of this.#subscriptions) subscription.end();
    this.#subscriptions = [];
    const subscription = await this.#transportSubscription;
    await subscription?.close();
  }

  /** Waits for the connection, and tries again where it was cut meanwhile: opening twice is harmless, and whoever waits has a bound of his own. */
  async #open(after: Promise<void> | undefined): Promise<TransportSubscription> {
    const { clock, connection, transport } = this.#engine;
    const { filter, group, durable } = this.source;
    const { signal } = this.#abort;
    await after;
    for (;;) {
      await connection.whenConnected(signal);
      try {
        return await transport.subscribe(filter, (...frame) => this.#receive(...frame), { group, durable, signal });
      } catch (error) {
        if (signal.aborted || !(error instanceof ConnectionError)) throw error;
        await sleep(clock, retryDelayMs, signal);
      }
    }
  }

  #receive(channel: string, body: string, delivery = 1): Promise<FrameOutcome> | undefined {
    if (this.#durable !== undefined) return this.#receiveDurable(this.#durable, channel, body, delivery);
    if (this.#abort.signal.aborted) return;
    if (this.#engine.transport.capabilities.patterns === 'superset' && !this.source.filter.matches(channel)) return;
    for (const line of body.split('\n')) {
      const event = this.#read(channel, line);
      if (typeof event === 'string') continue;
      this.#lookForGap(event);
      if (this.source.group !== undefined) this.#nextMember()?.push(event);
      else for (const subscription of this.#subscriptions) subscription.push(event);
    }
  }

  #receiveDurable(durable: DurableFrames, channel: string, body: string, delivery: number): Promise<FrameOutcome> {
    const lines = body.split('\n').map((line) => this.#read(channel, line));
    const events = lines.filter((line) => typeof line !== 'string');
    return durable.take(events, delivery, lines.includes('newer'));
  }

  #handle(event: ReceivedEvent): Promise<Ending> {
    const [subscription] = this.#subscriptions;
    if (subscription === undefined) return Promise.resolve('unstarted');
    return new Promise((resolve) => subscription.push(event, resolve));
  }

  #nextMember(): LocalSubscription | undefined {
    this.#turn = (this.#turn + 1) % Math.max(1, this.#subscriptions.length);
    return this.#subscriptions[this.#turn];
  }

  /** What can't be read is told; `newer`: a process of a later version can. */
  #read(channel: string, line: string): ReceivedEvent | 'empty' | 'unreadable' | 'newer' {
    // A stranger's tool may end its message with a line break.
    if (line === '') return 'empty';
    const { clock, ids } = this.#engine;
    try {
      return readLine(channel, line, () => ({ id: ids.next(), at: clock.now() }));
    } catch (error) {
      reportError(this.#engine, error, { channel }, 'what arrived on a channel can not be read');
      return error instanceof RangeError ? 'newer' : 'unreadable';
    }
  }

  #lookForGap({ channel, stamp }: ReceivedEvent): void {
    if (stamp === undefined || this.#sequences === undefined) return;
    const missed = this.#sequences.read(stamp.epoch, channel, stamp.sequence);
    if (missed === 0) return;
    this.#engine.counts.missed += missed;
    const gap = { channel, missed, from: stamp.sequence - missed, to: stamp.sequence - 1, cause: 'connection' } as const;
    for (const subscription of this.#subscriptions) subscription.tellGap(gap);
    this.#engine.events.tell('gap', gap);
  }
}
