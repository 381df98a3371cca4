import { type AdapterContext, type Backend, ClosedError, type Health } from '@quayside/core';
import { MemoryPubSubTransport } from './pubsub-transport.js';
import { MemoryQueueStore } from './queue-store.js';
import { MemoryRecordStore } from './record-store.js';

/** All that one `open` gave. Two of them share nothing, whatever their namespaces: the memory is the object itself. */
export class MemoryBackend implements Backend {
  readonly type = 'memory';
  readonly #context: AdapterContext;
  readonly #queues = new Map<string, MemoryQueueStore>();
  readonly #records = new Map<string, MemoryRecordStore>();
  readonly #transports = new Map<string, MemoryPubSubTransport>();
  #isClosed = false;

  constructor(context: AdapterContext) {
    this.#context = context;
  }

  queueStore(name: string): MemoryQueueStore {
    return this.#openOnce(this.#queues, name, () => new MemoryQueueStore(name, this.#context.clock));
  }

  recordStore(kind: string): MemoryRecordStore {
    return this.#openOnce(this.#records, kind, () => new MemoryRecordStore(kind, this.#context.clock));
  }

  pubSubTransport(scope: string): MemoryPubSubTransport {
    return this.#openOnce(this.#transports, scope, () => new MemoryPubSubTransport(scope, this.#context.logger, this.#context.clock));
  }

  /** The names of all that lies here, for whoever looks for leaks: messages, windows, records, subscriptions, and the bookkeeping. */
  keys(): readonly string[] {
    return [...namesIn('queue', this.#queues), ...namesIn('records', this.#records), ...namesIn('pubsub', this.#transports)];
  }

  async health(): Promise<Health> {
    return this.#isClosed ? { status: 'down', reason: 'closed' } : { status: 'up' };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const store of this.#queues.values()) store.close();
    for (const store of this.#records.values()) store.close();
    await Promise.all([...this.#transports.values()].map((transport) => transport.close()));
  }

  #openOnce<T>(opened: Map<string, T>, name: string, open: () => T): T {
    if (this.#isClosed) throw new ClosedError('the memory backend');
    const one = opened.get(name) ?? open();
    opened.set(name, one);
    return one;
  }
}

function namesIn(what: string, opened: ReadonlyMap<string, { keys(): readonly string[] }>): readonly string[] {
  return [...opened].flatMap(([name, each]) => each.keys().map((key) => `${what}:${name}:${key}`));
}
