/** A process's stores and transport, at the end of its line. */
import {
  type ChannelFilter,
  type ConnectionState,
  type Frame,
  type FrameReceiver,
  type Page,
  type PubSubCapabilities,
  type PubSubTransport,
  type QueueStore,
  type RecordRemoval,
  type RecordStore,
  type RecordWrite,
  type StoredRecord,
  type StoreMethod,
  StoreWrapper,
  type TransportSubscribeOptions,
  type TransportSubscription,
  type WriteOutcome,
} from '@quayside/core';
import type { LineMethod, ProcessLine } from './process-line.js';
import type { Trail } from './trail.js';

/** What they need of the line. */
type Line = Pick<ProcessLine, 'pass' | 'gone' | 'isDead'>;

const named: Partial<Record<StoreMethod, LineMethod>> = {
  publish: 'queue.publish',
  exchange: 'queue.exchange',
  extend: 'queue.extend',
  cancel: 'queue.cancel',
};

export class LinedQueueStore extends StoreWrapper {
  readonly #line: Line;

  constructor(store: QueueStore, line: Line) {
    super(store);
    this.#line = line;
  }

  /** A dead process waits for nothing: its server notices that the connection is gone. */
  override wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    return this.inner.wait(timeoutMs, AbortSignal.any([signal, this.#line.gone]));
  }

  protected override pass<T>(method: StoreMethod, call: () => Promise<T>): Promise<T> {
    return this.#line.pass(named[method] ?? 'queue.other', call);
  }
}

/** Every write that the backend accepted is written down, also where its reply is lost. */
export class LinedRecords implements RecordStore {
  readonly #inner: RecordStore;
  readonly #line: Line;
  readonly #trail: Pick<Trail, 'add'>;

  constructor(inner: RecordStore, line: Line, trail: Pick<Trail, 'add'>) {
    this.#inner = inner;
    this.#line = line;
    this.#trail = trail;
  }

  write(writes: readonly (RecordWrite | RecordRemoval)[]): Promise<readonly WriteOutcome[]> {
    return this.#line.pass('records.write', async () => {
      const outcomes = await this.#inner.write(writes);
      writes.forEach((write, index) => {
        const outcome = outcomes[index];
        if (outcome?.status === 'written') this.#trail.add(write, outcome.revision);
      });
      return outcomes;
    });
  }

  read(keys: readonly string[]): Promise<readonly (StoredRecord | undefined)[]> {
    return this.#line.pass('records.read', () => this.#inner.read(keys));
  }

  list(state: string | undefined, cursor: string | undefined, limit: number): Promise<Page<StoredRecord>> {
    return this.#line.pass('records.list', () => this.#inner.list(state, cursor, limit));
  }
}

export class LinedTransport implements PubSubTransport {
  readonly #inner: PubSubTransport;
  readonly #line: Line;
  readonly #listeners = new Set<(state: ConnectionState) => void>();
  #isDeaf = false;

  constructor(inner: PubSubTransport, line: Line) {
    this.#inner = inner;
    this.#line = line;
  }

  get capabilities(): PubSubCapabilities {
    return this.#inner.capabilities;
  }

  /** Nothing that is told arrives, and nobody says so: what at-most-once allows. */
  deafen(isDeaf: boolean): void {
    this.#isDeaf = isDeaf;
  }

  /** Hears again, and says that the connection was away. */
  reconnect(): void {
    this.#isDeaf = false;
    for (const state of ['disconnected', 'connected'] as const) for (const listener of this.#listeners) listener(state);
  }

  publish(frames: readonly Frame[], signal: AbortSignal): Promise<void> {
    return this.#line.pass('pubsub.publish', () => this.#inner.publish(frames, signal));
  }

  subscribe(filter: ChannelFilter, receive: FrameReceiver, options: TransportSubscribeOptions): Promise<TransportSubscription> {
    const arrive: FrameReceiver = (...frame) => (this.#isDeaf || this.#line.isDead ? undefined : receive(...frame));
    return this.#line.pass('pubsub.subscribe', () => this.#inner.subscribe(filter, arrive, options));
  }

  onState(listener: (state: ConnectionState) => void): () => void {
    this.#listeners.add(listener);
    const end = this.#inner.onState(listener);
    return () => {
      this.#listeners.delete(listener);
      end();
    };
  }

  /** The backend's own end closes it: other processes of the case may share it. */
  async close(): Promise<void> {}
}
