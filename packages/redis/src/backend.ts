import { type AdapterContext, type Backend, ClosedError, type Health } from '@quayside/core';
import type { Connections } from './connections.js';
import { RedisPubSubTransport } from './pubsub-transport.js';
import { RedisQueueStore } from './queue-store.js';
import { RedisRecordStore } from './record-store.js';
import type { Waking } from './waking.js';

/** All that one `open` gave: any number of stores and transports over one set of connections. */
export class RedisBackend implements Backend {
  readonly type = 'redis';
  readonly #context: AdapterContext;
  readonly #connections: Connections;
  readonly #waking: Waking;
  readonly #queues = new Map<string, RedisQueueStore>();
  readonly #records = new Map<string, RedisRecordStore>();
  readonly #transports = new Map<string, RedisPubSubTransport>();
  #isClosed = false;

  constructor(context: AdapterContext, connections: Connections, waking: Waking) {
    this.#context = context;
    this.#connections = connections;
    this.#waking = waking;
  }

  queueStore(name: string): RedisQueueStore {
    const { clock, namespace } = this.#context;
    const { commands } = this.#connections;
    return this.#openOnce(this.#queues, name, () => new RedisQueueStore(name, { commands, waking: this.#waking, clock, namespace }));
  }

  recordStore(kind: string): RedisRecordStore {
    const { clock, namespace } = this.#context;
    const { commands } = this.#connections;
    return this.#openOnce(this.#records, kind, () => new RedisRecordStore(kind, { commands, clock, namespace }));
  }

  pubSubTransport(scope: string): RedisPubSubTransport {
    const { logger, namespace } = this.#context;
    const { commands, subscriber } = this.#connections;
    return this.#openOnce(this.#transports, scope, () => new RedisPubSubTransport({ namespace, scope, commands, subscriber, logger }));
  }

  async health(): Promise<Health> {
    return this.#isClosed ? { status: 'down', reason: 'closed' } : this.#connections.health();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#waking.close();
    for (const store of this.#queues.values()) store.close();
    for (const store of this.#records.values()) store.close();
    await Promise.all([...this.#transports.values()].map((transport) => transport.close()));
    this.#connections.close();
  }

  #openOnce<T>(opened: Map<string, T>, name: string, open: () => T): T {
    if (this.#isClosed) throw new ClosedError('the redis backend');
    const one = opened.get(name) ?? open();
    opened.set(name, one);
    return one;
  }
}
