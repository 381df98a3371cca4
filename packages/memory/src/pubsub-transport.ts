import {
  type ChannelFilter,
  type Clock,
  ClosedError,
  ConnectionError,
  type ConnectionState,
  type Frame,
  type FrameReceiver,
  type Logger,
  type PubSubCapabilities,
  type PubSubTransport,
  ToldState,
  type TransportSubscribeOptions,
  type TransportSubscription,
} from '@quayside/core';
import { DurableReaders } from './durable-readers.js';

const capabilities: PubSubCapabilities = {
  shared: false,
  delivery: 'at-most-once',
  patterns: 'native',
  groups: true,
  durable: true,
  maxFrameBytes: 64 * 1024 * 1024,
};

interface Subscriber {
  readonly filter: ChannelFilter;
  readonly receive: FrameReceiver;
  isClosed: boolean;
}

/** Those who share a group's events, in turn. */
interface Group {
  readonly members: Subscriber[];
  next: number;
}

/**
 * Carries frames between the ports of one process. Who gets a frame is settled while `publish` is called; they get it once the caller
 * has returned, in the order of publishing, and before `publish` resolves.
 */
export class MemoryPubSubTransport implements PubSubTransport {
  readonly capabilities = capabilities;
  readonly #scope: string;
  readonly #logger: Logger;
  readonly #exact = new Map<string, Set<Subscriber>>();
  readonly #patterns = new Set<Subscriber>();
  readonly #groups = new Map<string, Group>();
  readonly #durable: DurableReaders;
  readonly #state = new ToldState('connected');

  constructor(scope: string, logger: Logger, clock: Clock) {
    this.#scope = scope;
    this.#logger = logger;
    this.#durable = new DurableReaders(clock);
  }

  async publish(frames: readonly Frame[], signal: AbortSignal): Promise<void> {
    this.#assertOpen();
    if (signal.aborted) throw new ConnectionError('aborted before it was sent', { outcome: 'not-published', cause: signal.reason });
    for (const { channel, body } of frames) {
      const receivers = this.#receiversOf(channel);
      if (receivers.length > 0) queueMicrotask(() => this.#deliver(receivers, channel, body));
      this.#durable.publish(channel, body);
    }
  }

  async subscribe(filter: ChannelFilter, receive: FrameReceiver, options: TransportSubscribeOptions): Promise<TransportSubscription> {
    this.#assertOpen();
    if (options.signal.aborted) throw new ConnectionError('aborted before it was subscribed', { cause: options.signal.reason });
    const { group, durable } = options;
    const subscriber: Subscriber = { filter, receive, isClosed: false };
    let leave: () => void;
    if (durable !== undefined) leave = this.#durable.join(filter, durable.name, durable.most, receive);
    else leave = group === undefined ? this.#join(subscriber) : this.#joinGroup(group, subscriber);
    return {
      close: async () => {
        if (subscriber.isClosed) return;
        subscriber.isClosed = true;
        leave();
      },
    };
  }

  async deleteDurable(filter: ChannelFilter, name: string): Promise<boolean> {
    this.#assertOpen();
    return this.#durable.delete(filter, name);
  }

  onState(listener: (state: ConnectionState) => void): () => void {
    return this.#state.tell(listener);
  }

  async close(): Promise<void> {
    this.#exact.clear();
    this.#patterns.clear();
    this.#groups.clear();
    this.#durable.clear();
    this.#state.become('closed');
  }

  /** What is subscribed to: channels, patterns, what each member of a group listens to, and what is kept. */
  keys(): readonly string[] {
    const patterns = [...this.#patterns].map(({ filter }) => filter.text);
    const grouped = [...this.#groups].flatMap(([name, { members }]) => members.map(({ filter }) => `${filter.text} ${name}`));
    return [...this.#exact.keys(), ...patterns, ...grouped, ...this.#durable.keys()];
  }

  #receiversOf(channel: string): readonly Subscriber[] {
    const receivers = [...(this.#exact.get(channel) ?? [])];
    for (const subscriber of this.#patterns) if (subscriber.filter.matches(channel)) receivers.push(subscriber);
    for (const group of this.#groups.values()) {
      const member = nextOf(group, channel);
      if (member !== undefined) receivers.push(member);
    }
    return receivers;
  }

  #deliver(receivers: readonly Subscriber[], channel: string, body: string): void {
    for (const subscriber of receivers) {
      if (subscriber.isClosed || this.#state.now === 'closed') continue;
      try {
        subscriber.receive(channel, body);
      } catch (error) {
        this.#logger.error({ err: error, scope: this.#scope, channel }, 'a subscriber failed to receive a frame');
      }
    }
  }

  /** Answers how to leave again. */
  #join(subscriber: Subscriber): () => void {
    const { filter } = subscriber;
    if (filter.isPattern) {
      this.#patterns.add(subscriber);
      return () => void this.#patterns.delete(subscriber);
    }
    const others = this.#exact.get(filter.text) ?? new Set();
    this.#exact.set(filter.text, others.add(subscriber));
    return () => {
      others.delete(subscriber);
      if (others.size === 0) this.#exact.delete(filter.text);
    };
  }

  #joinGroup(name: string, subscriber: Subscriber): () => void {
    const group = this.#groups.get(name) ?? { members: [], next: 0 };
    this.#groups.set(name, group);
    group.members.push(subscriber);
    return () => {
      group.members.splice(group.members.indexOf(subscriber), 1);
      if (group.members.length === 0) this.#groups.delete(name);
    };
  }

  #assertOpen(): void {
    if (this.#state.now === 'closed') throw new ClosedError(`the pub/sub transport of ${this.#scope}`);
  }
}

/** The member whose turn it is among those who listen to this channel. */
function nextOf(group: Group, channel: string): Subscriber | undefined {
  for (let tried = 0; tried < group.members.length; tried++) {
    const index = (group.next + tried) % group.members.length;
    const member = group.members[index];
    if (member?.filter.matches(channel) !== true) continue;
    group.next = index + 1;
    return member;
  }
  return undefined;
}
