import { type AdapterContext, type Backend, ClosedError, checkName, type Health } from '@quayside/core';
import { type Connections, RedisPubSubTransport, RedisRecordStore } from '@quayside/redis';
import { BullmqQueueStore } from './queue-store.js';
import type { Waking } from './waking.js';

export interface BackendParts {
  /** Its namespace is BullMQ's prefix. */
  readonly context: AdapterContext;
  readonly connections: Connections;
  readonly waking: Waking;
  readonly isCluster: boolean;
}

/** All that one `open` gave. BullMQ has no records by key and no pub/sub of our form: these are the Redis backend's, on the same server. */
export class BullmqBackend implements Backend {
  readonly type = 'bullmq';
  readonly #parts: BackendParts;
  readonly #queues = new Map<string, BullmqQueueStore>();
  readonly #records = new Map<string, RedisRecordStore>();
  readonly #transports = new Map<string, RedisPubSubTransport>();
  #isClosed = false;

  constructor(parts: BackendParts) {
    this.#parts = parts;
  }

  queueStore(name: string): BullmqQueueStore {
    checkName('queue', name);
    const { context, connections, waking, isCluster } = this.#parts;
    const parts = { commands: connections.commands, waking, prefix: context.namespace, isCluster, logger: context.logger };
    return this.#openOnce(this.#queues, name, () => new BullmqQueueStore(name, parts));
  }

  recordStore(kind: string): RedisRecordStore {
    const { clock, namespace } = this.#parts.context;
    const { commands } = this.#parts.connections;
    return this.#openOnce(this.#records, kind, () => new RedisRecordStore(kind, { commands, clock, namespace }));
  }

  pubSubTransport(scope: string): RedisPubSubTransport {
    const { logger, namespace } = this.#parts.context;
    const { commands, subscriber } = this.#parts.connections;
    return this.#openOnce(this.#transports, scope, () => new RedisPubSubTransport({ namespace, scope, commands, subscriber, logger }));
  }

  async health(): Promise<Health> {
    return this.#isClosed ? { status: 'down', reason: 'closed' } : this.#parts.connections.health();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#parts.waking.close();
    for (const store of this.#queues.values()) store.close();
    for (const store of this.#records.values()) store.close();
    await Promise.all([...this.#transports.values()].map((transport) => transport.close()));
    this.#parts.connections.close();
  }

  #openOnce<T>(opened: Map<string, T>, name: string, open: () => T): T {
    if (this.#isClosed) throw new ClosedError('the bullmq backend');
    const one = opened.get(name) ?? open();
    opened.set(name, one);
    return one;
  }
}
