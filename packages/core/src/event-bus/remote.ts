import { readGrace } from '../call-options.js';
import { type Codec, jsonCodec } from '../message/codec.js';
import { IdMaker } from '../message/ids.js';
import type { AnyMessages } from '../message/message.js';
import type { EventBus } from '../ports/event-bus.js';
import type { ChannelEvent, Gap, PubSub } from '../ports/pubsub.js';
import { promised } from '../thenable.js';
import { Completion } from './completion.js';
import { type EventBusParts, HandlerBus } from './handler-bus.js';
import type { Registration } from './registration.js';

export interface RemoteEventBusParts extends EventBusParts {
  /** Over the scope of the events. It belongs to whoever made it: `stop` of the bus leaves it running. */
  readonly pubsub: PubSub;
  /** The pub/sub's. Default: JSON. */
  readonly codec?: Codec;
}

/** A bus of all processes that share the pub/sub. @throws ConfigError */
export function createRemoteEventBus<M extends object = AnyMessages>(parts: RemoteEventBusParts): EventBus<M> {
  return new RemoteEventBus(parts) as EventBus as EventBus<M>;
}

/** By this a bus knows its own events when they come back. */
const originHeader = 'quayside-origin';

class RemoteEventBus extends HandlerBus implements EventBus {
  readonly isRemote = true;
  readonly #pubsub: PubSub;
  readonly #codec: Codec;
  readonly #origin: string;
  readonly #end = new AbortController();
  readonly #sending = new Set<Promise<unknown>>();
  #started: Promise<void> | undefined;

  constructor(parts: RemoteEventBusParts) {
    super(parts);
    this.#pubsub = parts.pubsub;
    this.#codec = parts.codec ?? jsonCodec;
    this.#origin = new IdMaker(this.clock).next();
  }

  emit(name: string, payload: unknown): number {
    const registrations = this.admit(name);
    const text = this.#codec.encode(payload);
    this.countEmit();
    this.#send(name, payload).catch((error: unknown) => this.report(error, name, 'an event did not reach the other processes'));
    return this.#runOnCopies(registrations, name, text, this.emitTime());
  }

  async emitAsync(name: string, payload: unknown): Promise<number> {
    const registrations = this.admit(name);
    const text = this.#codec.encode(payload);
    this.countEmit();
    const completion = new Completion(name);
    completion.expect();
    this.#send(name, payload).then(
      () => completion.ended(),
      (error: unknown) => completion.failed(error),
    );
    const count = this.#runOnCopies(registrations, name, text, this.emitTime(), completion);
    await completion.settled();
    return count;
  }

  async start(): Promise<void> {
    this.refuseStopped();
    this.#started ??= this.#subscribe();
    await this.#started;
  }

  override stop(options?: { readonly graceMs?: number }): Promise<void> {
    return promised(() => {
      const stopped = super.stop({ graceMs: readGrace(options) });
      this.#end.abort();
      return stopped;
    });
  }

  protected override async whenQuiet(): Promise<void> {
    await Promise.allSettled(this.#sending);
  }

  async #subscribe(): Promise<void> {
    const { workers: concurrency, bufferSize } = this.settings;
    const onGap = (gap: Gap) => this.events.tell('gap', gap);
    try {
      await this.#pubsub.subscribe('>', (event) => this.#receive(event), { concurrency, bufferSize, onGap, signal: this.#end.signal });
    } catch (error) {
      this.#started = undefined;
      this.refuseStopped();
      throw error;
    }
  }

  /** Its promise holds the next events back in the pub/sub's bounded buffer, while handlers of this process are busy. */
  #receive({ channel: name, payload, headers, publishedAt }: ChannelEvent): Promise<void> | undefined {
    if (headers[originHeader] === this.#origin) return undefined;
    const completion = new Completion(name);
    try {
      const registrations = this.admit(name);
      if (registrations.length > 0) this.#runOnCopies(registrations, name, this.#codec.encode(payload), publishedAt, completion);
    } catch (error) {
      this.report(error, name, 'an event of another process could not be taken');
    }
    return completion.isDone ? undefined : completion.whenDone();
  }

  #runOnCopies(registrations: readonly Registration[], name: string, text: string, emittedAt: number, completion?: Completion): number {
    const copy = () => ({ name, payload: this.#codec.decode(text), emittedAt });
    return this.run(registrations, { name, payload: undefined, emittedAt }, completion, copy);
  }

  /** Before this process's own handlers run: what one of them emits comes after it everywhere. */
  async #send(name: string, payload: unknown): Promise<void> {
    const sent = this.#pubsub.publish(name, payload, { headers: { [originHeader]: this.#origin } });
    this.#sending.add(sent);
    try {
      await sent;
    } finally {
      this.#sending.delete(sent);
    }
  }
}
