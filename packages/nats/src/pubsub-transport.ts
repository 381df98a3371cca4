import {
  CapacityError,
  type ChannelFilter,
  ClosedError,
  ConnectionError,
  type ConnectionState,
  type Frame,
  type Logger,
  type PubSubCapabilities,
  type PubSubTransport,
  type TransportSubscribeOptions,
  type TransportSubscription,
} from '@quayside/core';
import type { Connection, HeldSubscription } from './connection.js';
import type { Line, Refusal } from './line.js';
import { Subjects } from './subjects.js';

export interface TransportParts {
  readonly namespace: string;
  readonly scope: string;
  readonly connection: Connection;
  readonly logger: Logger;
}

type Receive = (channel: string, body: string) => void;

/** One message on its way. */
interface Outgoing {
  readonly subject: string;
  readonly body: Uint8Array;
}

/** Core NATS: each frame is one message on its channel's subject, groups are queues, and patterns are the server's own. */
export class NatsPubSubTransport implements PubSubTransport {
  readonly capabilities: PubSubCapabilities;
  readonly #scope: string;
  readonly #subjects: Subjects;
  readonly #connection: Connection;
  readonly #logger: Logger;
  readonly #held = new Set<HeldSubscription>();
  readonly #listeners = new Set<(state: ConnectionState) => void>();
  readonly #unwatch: () => void;
  #state: ConnectionState = 'disconnected';

  constructor({ namespace, scope, connection, logger }: TransportParts) {
    this.capabilities = {
      shared: true,
      delivery: 'at-most-once',
      patterns: 'native',
      groups: true,
      durable: false,
      /** Of the server that it is connected to now; a subject costs nothing of it. */
      get maxFrameBytes() {
        return connection.maxPayloadBytes;
      },
    };
    this.#scope = scope;
    this.#subjects = new Subjects(namespace, scope);
    this.#connection = connection;
    this.#logger = logger;
    this.#unwatch = connection.onState((state) => this.#move(state));
  }

  async publish(frames: readonly Frame[], signal: AbortSignal): Promise<void> {
    this.#assertOpen();
    const { line } = this.#connection;
    if (line === undefined) throw new ConnectionError('there is no connection to NATS', { outcome: 'not-published' });
    if (signal.aborted) throw new ConnectionError('aborted before it was sent', { outcome: 'not-published', cause: signal.reason });
    const outgoing = frames.map((frame) => this.#encode(frame, line.maxPayloadBytes));
    this.#send(line, outgoing);
    throwRefusal(await confirm(line, signal), outgoing);
  }

  async subscribe(filter: ChannelFilter, receive: Receive, options: TransportSubscribeOptions): Promise<TransportSubscription> {
    this.#assertOpen();
    const { group, signal } = options;
    if (signal.aborted) throw new ConnectionError('aborted before it was subscribed', { cause: signal.reason });
    const topic = {
      subject: this.#subjects.toSubject(filter.text),
      queue: group,
      receive: (subject: string, body: string) => {
        this.#deliver(filter.isPattern ? this.#subjects.toChannel(subject) : filter.text, body, receive);
      },
    };
    const held = await this.#connection.subscribe(topic, signal);
    const own = {
      close: () => {
        this.#held.delete(own);
        return held.close();
      },
    };
    if (this.#state === 'closed') {
      await own.close();
      throw this.#closed();
    }
    this.#held.add(own);
    return own;
  }

  onState(listener: (state: ConnectionState) => void): () => void {
    if (this.#state !== 'closed') this.#listeners.add(listener);
    listener(this.#state);
    return () => void this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    this.#unwatch();
    const released = Promise.all([...this.#held].map((held) => held.close()));
    this.#move('closed');
    await released;
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
  #deliver(channel: string, body: string, receive: Receive): void {
    try {
      receive(channel, body);
    } catch (error) {
      this.#logger.error({ err: error, scope: this.#scope, channel }, 'a subscriber failed to receive a message');
    }
  }

  #move(state: ConnectionState): void {
    if (this.#state === 'closed' || this.#state === state) return;
    this.#state = state;
    const listeners = [...this.#listeners];
    if (state === 'closed') this.#listeners.clear();
    for (const listener of listeners) listener(state);
  }

  #assertOpen(): void {
    if (this.#state === 'closed') throw this.#closed();
  }

  #closed(): ClosedError {
    return new ClosedError(`the pub/sub transport of ${this.#scope}`);
  }
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
