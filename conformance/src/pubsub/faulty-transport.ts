import {
  type ChannelFilter,
  ConnectionError,
  type ConnectionState,
  type Frame,
  type FrameReceiver,
  type PubSubCapabilities,
  type PubSubTransport,
  parseChannelFilter,
  type Timer,
  type TransportSubscribeOptions,
  type TransportSubscription,
} from '@quayside/core';
import type { CaseTime } from '../time.js';

/** A server that falls silent is told as disconnected so long after, at the latest: the transport's own promise. */
const noticedAfterMs = 5_000;

type Loss = 'request' | 'reply';

/** So long it takes to find out what nobody has told yet. */
const aTurn = () => new Promise<void>((resolve) => void setImmediate(resolve));

/**
 * The line between one engine and its transport. It can be cut, freeze, lose a single answer or refuse a subscription, and then
 * behaves as `PubSubTransport` says that a transport does. So the engine's part of every promise is shown on any backend.
 */
export class FaultyTransport implements PubSubTransport {
  readonly capabilities: PubSubCapabilities;
  readonly #inner: PubSubTransport;
  readonly #time: CaseTime;
  readonly #open = new Set<TransportSubscription>();
  readonly #listeners = new Set<(state: ConnectionState) => void>();
  readonly #losses: Loss[] = [];
  /** Calls that a frozen line holds: let go when it thaws, ended when it is cut. */
  readonly #held = new Set<{ readonly resume: () => void; readonly fail: (error: Error) => void }>();
  readonly #greetings: Frame[] = [];
  #refusals = 0;
  #missedCuts = 0;
  #largestFrameBytes = 0;
  #fault: 'none' | 'cut' | 'frozen' = 'none';
  #innerState: ConnectionState = 'disconnected';
  #noticing: Timer | undefined;

  /** @param capabilities what it seems to promise, where the case wants less: with `superset` a pattern is handed every channel. */
  constructor(inner: PubSubTransport, time: CaseTime, capabilities: Partial<PubSubCapabilities> = {}) {
    this.#inner = inner;
    this.#time = time;
    this.capabilities = { ...inner.capabilities, ...capabilities };
    inner.onState((state) => {
      this.#innerState = state;
      if (this.#fault !== 'cut') this.#tell(state);
    });
  }

  /** Subscriptions that the backend holds for this engine now. */
  get openSubscriptions(): number {
    return this.#open.size;
  }

  /** Of all frames that the engine has handed over. */
  get largestFrameBytes(): number {
    return this.#largestFrameBytes;
  }

  /** Calls under way are `unknown`, what is published meanwhile is lost to this side, and nothing goes out. Told at once. */
  cut(): void {
    this.#noticing?.cancel();
    this.#fault = 'cut';
    for (const call of this.#held) call.fail(new ConnectionError('the connection was cut', { outcome: 'unknown' }));
    this.#held.clear();
    this.#tell('disconnected');
  }

  /** Nothing comes in, calls hang. After 5 s it is told as disconnected. */
  freeze(): void {
    this.#fault = 'frozen';
    this.#noticing = this.#time.clock.setTimer(() => this.cut(), noticedAfterMs);
  }

  /** All is well again, whatever was wrong. */
  heal(): void {
    this.#noticing?.cancel();
    this.#refusals = 0;
    this.#missedCuts = 0;
    this.#losses.length = 0;
    const wasCut = this.#fault === 'cut';
    this.#fault = 'none';
    for (const call of this.#held) call.resume();
    this.#held.clear();
    if (wasCut) this.#tell(this.#innerState);
  }

  /** The next publish is rejected as `unknown`: it never reached the server (`request`), or did (`reply`). */
  loseNext(what: Loss): void {
    this.#losses.push(what);
  }

  /** The next publishes find that the connection is gone, which nobody has told yet. Nothing is sent. */
  refusePublishes(times: number): void {
    this.#missedCuts = times;
  }

  /** The next subscription is handed this together with the server's confirmation. */
  greet(frame: Frame): void {
    this.#greetings.push(frame);
  }

  /** The next subscriptions fail to open. */
  refuseSubscriptions(times: number): void {
    this.#refusals = times;
  }

  async publish(frames: readonly Frame[], signal: AbortSignal): Promise<void> {
    this.#largestFrameBytes = Math.max(this.#largestFrameBytes, ...frames.map(({ body }) => Buffer.byteLength(body)));
    if (this.#fault === 'cut') throw new ConnectionError('disconnected', { outcome: 'not-published' });
    if (this.#missedCuts > 0) {
      this.#missedCuts--;
      await aTurn();
      throw new ConnectionError('the connection is gone', { outcome: 'not-published' });
    }
    if (this.#fault === 'frozen') await this.#hold(signal);
    const loss = this.#losses.shift();
    if (loss !== 'request') await this.#time.track(this.#inner.publish(frames, signal));
    if (loss !== undefined) throw new ConnectionError(`the connection was cut: the ${loss} was lost`, { outcome: 'unknown' });
  }

  async subscribe(filter: ChannelFilter, receive: FrameReceiver, options: TransportSubscribeOptions): Promise<TransportSubscription> {
    if (this.#refusals > 0) {
      this.#refusals--;
      throw new ConnectionError(`the server refused to subscribe '${filter.text}'`);
    }
    if (this.#fault === 'cut') throw new ConnectionError('disconnected');
    // Already on its way when the caller gives up: it is opened when the line thaws.
    if (this.#fault === 'frozen') await this.#hold();
    const arrive: FrameReceiver = (...frame) => (this.#fault === 'none' ? receive(...frame) : undefined);
    const subscription = await this.#time.track(this.#inner.subscribe(this.#widened(filter), arrive, options));
    const own: TransportSubscription = {
      close: async () => {
        this.#open.delete(own);
        await this.#time.track(subscription.close());
      },
    };
    this.#open.add(own);
    const greeting = this.#greetings.shift();
    if (greeting !== undefined) receive(greeting.channel, greeting.body);
    return own;
  }

  async deleteDurable(filter: ChannelFilter, name: string, signal: AbortSignal): Promise<boolean> {
    return (await this.#inner.deleteDurable?.(filter, name, signal)) ?? false;
  }

  onState(listener: (state: ConnectionState) => void): () => void {
    this.#listeners.add(listener);
    listener(this.#fault === 'cut' ? 'disconnected' : this.#innerState);
    return () => void this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open].map((subscription) => subscription.close()));
    await this.#inner.close();
  }

  #widened(filter: ChannelFilter): ChannelFilter {
    return filter.isPattern && this.capabilities.patterns === 'superset' ? parseChannelFilter('channel', '>') : filter;
  }

  #tell(state: ConnectionState): void {
    for (const listener of [...this.#listeners]) listener(state);
  }

  /** Resolves when the line thaws; rejects where it is cut, or the caller gives up. */
  #hold(signal?: AbortSignal): Promise<void> {
    return new Promise<void>((resume, fail) => {
      const call = { resume, fail };
      this.#held.add(call);
      signal?.addEventListener('abort', () => {
        this.#held.delete(call);
        fail(new ConnectionError('given up without an answer', { outcome: 'unknown' }));
      });
    });
  }
}
