import {
  CapacityError,
  type ChannelFilter,
  ClosedError,
  ConnectionError,
  type ConnectionState,
  type Frame,
  type FrameOutcome,
  type FrameReceiver,
  type Logger,
  type PubSubCapabilities,
  type PubSubTransport,
  type QuaysideError,
  ToldState,
  type TransportSubscribeOptions,
  type TransportSubscription,
  UnsupportedFeatureError,
} from '@quayside/core';
import type { Connection, HeldSubscription } from './connection.js';
import { DurableSubscription } from './durable-subscription.js';
import type { ConsumerSettings } from './jet-stream.js';
import type { Line, Refusal } from './line.js';
import { Subjects, toJetStreamName } from './subjects.js';

/** Where events are kept for durable subscriptions. */
export interface DurableSettings {
  readonly stream: string;
  readonly ackWaitMs: number;
}

export interface TransportParts {
  readonly namespace: string;
  readonly scope: string;
  readonly connection: Connection;
  readonly durable?: DurableSettings;
  readonly logger: Logger;
}

/** For whoever fails to take a frame: another delivery in a while. */
const neverReceived: FrameOutcome = { outcome: 'again', delayMs: 1_000 };

/** One message on its way. */
interface Outgoing {
  readonly subject: string;
  readonly body: Uint8Array;
}

/**
 * Each frame is one message on its channel's subject, groups are queues, and patterns are the server's own. With `durable` a stream keeps
 * what is published besides, and has to have it before `publish` resolves.
 */
export class NatsPubSubTransport implements PubSubTransport {
  readonly capabilities: PubSubCapabilities;
  readonly #scope: string;
  readonly #subjects: Subjects;
  readonly #connection: Connection;
  readonly #durable: DurableSettings | undefined;
  readonly #logger: Logger;
  readonly #held = new Set<HeldSubscription>();
  readonly #state = new ToldState();
  readonly #unwatch: () => void;

  constructor({ namespace, scope, connection, durable, logger }: TransportParts) {
    this.capabilities = {
      shared: true,
      delivery: 'at-most-once',
      patterns: 'native',
      groups: true,
      durable: durable !== undefined,
      /** Of the server that it is connected to now; a subject costs nothing of it. */
      get maxFrameBytes() {
        return connection.maxPayloadBytes;
      },
    };
    this.#scope = scope;
    this.#subjects = new Subjects(namespace, scope);
    this.#connection = connection;
    this.#durable = durable;
    this.#logger = logger;
    this.#unwatch = connection.onState((state) => this.#state.become(state));
  }

  async publish(frames: readonly Frame[], signal: AbortSignal): Promise<void> {
    this.#assertOpen();
    const { line } = this.#connection;
    if (line === undefined) throw new ConnectionError('there is no connection to NATS', { outcome: 'not-published' });
    if (signal.aborted) throw new ConnectionError('aborted before it was sent', { outcome: 'not-published', cause: signal.reason });
    const outgoing = frames.map((frame) => this.#encode(frame, line.maxPayloadBytes));
    if (this.#durable !== undefined) return untilAborted(store(line, outgoing), signal);
    this.#send(line, outgoing);
    throwRefusal(await confirm(line, signal), outgoing);
  }

  async subscribe(filter: ChannelFilter, receive: FrameReceiver, options: TransportSubscribeOptions): Promise<TransportSubscription> {
    this.#assertOpen();
    if (options.signal.aborted) throw new ConnectionError('aborted before it was subscribed', { cause: options.signal.reason });
    const held = await this.#open(filter, receive, options);
    const own = {
      close: () => {
        this.#held.delete(own);
        return held.close();
      },
    };
    if (this.#state.now === 'closed') {
      await own.close();
      throw this.#closed();
    }
    this.#held.add(own);
    return own;
  }

  async deleteDurable(filter: ChannelFilter, name: string): Promise<boolean> {
    this.#assertOpen();
    const { line } = this.#connection;
    if (line === undefined) throw new ConnectionError('there is no connection to NATS');
    const { stream, name: consumer } = this.#consumerOf(filter, name);
    return line.jetStream.deleteConsumer(stream, consumer);
  }

  onState(listener: (state: ConnectionState) => void): () => void {
    return this.#state.tell(listener);
  }

  async close(): Promise<void> {
    if (this.#state.now === 'closed') return;
    this.#unwatch();
    const released = Promise.all([...this.#held].map((held) => held.close()));
    this.#state.become('closed');
    await released;
  }

  #open(filter: ChannelFilter, receive: FrameReceiver, options: TransportSubscribeOptions): Promise<HeldSubscription> {
    const { group, durable, signal } = options;
    const channelOf = (subject: string) => (filter.isPattern ? this.#subjects.toChannel(subject) : filter.text);
    if (durable === undefined) {
      const deliver = (subject: string, body: string) => void this.#deliver(channelOf(subject), body, receive);
      return this.#connection.subscribe({ subject: this.#subjects.toSubject(filter.text), queue: group, receive: deliver }, signal);
    }
    const parts = {
      connection: this.#connection,
      consumer: this.#consumerOf(filter, durable.name),
      most: durable.most,
      receive: async (subject: string, body: string, delivery: number) =>
        (await this.#deliver(channelOf(subject), body, receive, delivery)) ?? neverReceived,
      logger: this.#logger,
    };
    return DurableSubscription.open(parts, signal);
  }

  #consumerOf(filter: ChannelFilter, name: string): ConsumerSettings {
    if (this.#durable === undefined) throw new UnsupportedFeatureError('nats', ['durable subscriptions without the option jetStream']);
    const { stream, ackWaitMs } = this.#durable;
    return { stream, name: toJetStreamName(name, filter.text), subject: this.#subjects.toSubject(filter.text), ackWaitMs };
  }

  #encode({ channel, body }: Frame, most: number): Outgoing {
    const bytes = Buffer.from(body);
    if (bytes.length <= most) return { subject: this.#subjects.toSubject(channel), body: bytes };
    const message = `a message on '${channel}' has ${bytes.length} bytes; the server takes ${most} (max_payload)`;
    throw new CapacityError(message, { outcome: 'not-published' });
  }

  /** All of them, or none: it ends before nats.js looks at the connection again. */
  #send(line: Line, outgoing: readonly Outgoing[]): void {
    try {
      for (const { subject, body } of outgoing) line.publish(subject, body);
    } catch (error) {
      throw new ConnectionError('the connection to NATS was cut', { outcome: 'not-published', cause: error });
    }
  }

  /** Never throws: nats.js would read nothing further from its socket. */
  #deliver(channel: string, body: string, receive: FrameReceiver, delivery?: number): ReturnType<FrameReceiver> {
    try {
      return receive(channel, body, delivery);
    } catch (error) {
      this.#logger.error({ err: error, scope: this.#scope, channel }, 'a subscriber failed to receive a message');
      return undefined;
    }
  }

  #assertOpen(): void {
    if (this.#state.now === 'closed') throw this.#closed();
  }

  #closed(): ClosedError {
    return new ClosedError(`the pub/sub transport of ${this.#scope}`);
  }
}

/** Each on its own: the stream may refuse one and keep its neighbours. */
async function store(line: Line, outgoing: readonly Outgoing[]): Promise<void> {
  const outcomes = await Promise.allSettled(outgoing.map(({ subject, body }) => line.jetStream.store(subject, body)));
  const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as QuaysideError] : []));
  const [first] = failures;
  if (first === undefined) return;
  const isNothingDone = failures.length === outgoing.length && failures.every((failure) => failure.outcome === 'not-published');
  const options = { outcome: isNothingDone ? 'not-published' : 'unknown', cause: first } as const;
  throw first instanceof CapacityError ? new CapacityError(first.message, options) : new ConnectionError(first.message, options);
}

/** Settles with the work, or rejects as soon as the signal is aborted. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const abort = () => reject(new ConnectionError('aborted before the stream confirmed it', { outcome: 'unknown', cause: signal.reason }));
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

async function confirm(line: Line, signal: AbortSignal): Promise<readonly Refusal[]> {
  try {
    return await line.confirm(signal);
  } catch (error) {
    throw new ConnectionError(error instanceof Error ? error.message : String(error), { outcome: 'unknown', cause: error });
  }
}

/** The server refuses message by message: what it refused was not published, its neighbours were. */
function throwRefusal(refusals: readonly Refusal[], outgoing: readonly Outgoing[]): void {
  if (refusals.length === 0) return;
  const subjects = new Set(refusals.flatMap(({ of, subject }) => (of === 'publish' && subject !== undefined ? [subject] : [])));
  const refused = outgoing.filter(({ subject }) => subjects.has(subject));
  if (refused.length === 0) return;
  const outcome = refused.length === outgoing.length ? 'not-published' : 'unknown';
  throw new CapacityError(`the server's permissions do not allow to publish on '${refused[0]?.subject}'`, { outcome });
}
