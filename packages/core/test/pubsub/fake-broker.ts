import { ConnectionError } from '#src/errors.js';
import type { ChannelFilter } from '#src/message/patterns.js';
import type {
  ConnectionState,
  Frame,
  FrameReceiver,
  PubSubCapabilities,
  PubSubTransport,
  TransportSubscribeOptions,
  TransportSubscription,
} from '#src/ports/pubsub.js';

interface Held {
  readonly filter: ChannelFilter;
  readonly receive: FrameReceiver;
  readonly owner: FakeTransport;
  readonly options: TransportSubscribeOptions;
}

/** What the next calls to `publish` do in place of confirming. */
export type PublishFault = 'not-published' | 'lost-reply' | 'lost-call' | 'cut' | 'hang' | 'throw';
export type SubscribeFault = 'cut' | 'refuse' | 'hang' | 'hang-deaf';

const usual: PubSubCapabilities = {
  shared: true,
  delivery: 'at-most-once',
  patterns: 'native',
  groups: true,
  durable: false,
  maxFrameBytes: 1024 * 1024,
};

/** A server in the test's hand. Each transport is one process's connection to it. */
export class FakeBroker {
  readonly held = new Set<Held>();

  connect(capabilities: Partial<PubSubCapabilities> = {}): FakeTransport {
    return new FakeTransport(this, { ...usual, ...capabilities });
  }

  /** What any client may send. */
  deliver({ channel, body }: Frame): void {
    for (const { filter, receive, owner } of this.held) {
      if (owner.state === 'connected' && (owner.capabilities.patterns === 'superset' || filter.matches(channel))) receive(channel, body);
    }
  }
}

export class FakeTransport implements PubSubTransport {
  readonly capabilities: PubSubCapabilities;
  readonly #broker: FakeBroker;
  readonly #listeners = new Set<(state: ConnectionState) => void>();
  state: ConnectionState = 'connected';
  /** Every call to publish, in order, also those that a fault ended. */
  readonly calls: (readonly Frame[])[] = [];
  /** Taken one a call, first to last. */
  readonly publishFaults: PublishFault[] = [];
  readonly subscribeFaults: SubscribeFault[] = [];
  /** Frames are confirmed and then lost on the way to the subscribers. */
  losesFrames = false;
  /** A call waits for this before it is confirmed, or refused. */
  confirmation: Promise<void> | undefined;
  /** Closing a subscription waits for this. */
  closing: Promise<void> | undefined;
  closeFault: 'hang' | 'throw' | undefined;
  readonly aborted: unknown[] = [];
  subscribeCalls = 0;
  readonly deletions: string[] = [];
  deletion: 'done' | 'hang' = 'done';

  constructor(broker: FakeBroker, capabilities: PubSubCapabilities) {
    this.#broker = broker;
    this.capabilities = capabilities;
  }

  async publish(frames: readonly Frame[], signal: AbortSignal): Promise<void> {
    this.calls.push(frames);
    const noteAbort = () => void this.aborted.push(signal.reason);
    signal.addEventListener('abort', noteAbort);
    try {
      await this.#publish(frames);
    } finally {
      // What hangs is never let go of.
      signal.removeEventListener('abort', noteAbort);
    }
  }

  async #publish(frames: readonly Frame[]): Promise<void> {
    const fault = this.publishFaults.shift();
    if (fault === 'not-published') await this.confirmation;
    if (this.state !== 'connected' || fault === 'not-published') throw new ConnectionError('refused', { outcome: 'not-published' });
    if (fault === 'cut') throw new ConnectionError('cut');
    if (fault === 'throw') throw new Error('the client broke');
    if (fault === 'hang') return await new Promise<never>(() => {});
    if (fault !== 'lost-call' && !this.losesFrames) for (const frame of frames) this.#broker.deliver(frame);
    await this.confirmation;
    if (fault !== undefined) throw new ConnectionError('cut', { outcome: 'unknown' });
  }

  async subscribe(filter: ChannelFilter, receive: FrameReceiver, options: TransportSubscribeOptions): Promise<TransportSubscription> {
    this.subscribeCalls++;
    const fault = this.subscribeFaults.shift();
    if (this.state !== 'connected' || fault === 'cut') throw new ConnectionError('cut');
    if (fault === 'refuse') throw new Error('the server refuses');
    if (fault === 'hang') {
      await new Promise<never>((_, reject) => options.signal.addEventListener('abort', () => reject(new ConnectionError('aborted'))));
    }
    if (fault === 'hang-deaf') await new Promise<void>((resolve) => options.signal.addEventListener('abort', () => setImmediate(resolve)));
    const held: Held = { filter, receive, owner: this, options };
    this.#broker.held.add(held);
    return {
      close: async () => {
        await this.closing;
        this.#broker.held.delete(held);
        if (this.closeFault === 'hang') await new Promise<never>(() => {});
        if (this.closeFault === 'throw') throw new Error('the server does not answer');
      },
    };
  }

  async deleteDurable(filter: ChannelFilter, name: string, signal: AbortSignal): Promise<boolean> {
    this.deletions.push(`${filter.text} ${name}`);
    if (this.deletion === 'hang') await new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    return true;
  }

  onState(listener: (state: ConnectionState) => void): () => void {
    this.#listeners.add(listener);
    listener(this.state);
    return () => void this.#listeners.delete(listener);
  }

  get listenerCount(): number {
    return this.#listeners.size;
  }

  become(state: ConnectionState): void {
    this.state = state;
    for (const listener of [...this.#listeners]) listener(state);
  }

  async close(): Promise<void> {
    this.become('closed');
  }
}
