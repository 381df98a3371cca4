import { type AdapterContext, type Backend, type Clock, ClosedError, type Health } from '@quayside/core';
import { MemoryQueueStore } from './queue-store.js';

/** All stores of one `open`. Two of them share nothing, whatever their namespaces: this memory is the object itself. */
export class MemoryBackend implements Backend {
  readonly type = 'memory';
  readonly #clock: Clock;
  readonly #queues = new Map<string, MemoryQueueStore>();
  #isClosed = false;

  constructor(context: AdapterContext) {
    this.#clock = context.clock;
  }

  queueStore(name: string): MemoryQueueStore {
    this.#assertOpen();
    let store = this.#queues.get(name);
    if (store === undefined) {
      store = new MemoryQueueStore(name, this.#clock);
      this.#queues.set(name, store);
    }
    return store;
  }

  /** The names of all that lies here, for those who look for leaks. */
  keys(): readonly string[] {
    return [...this.#queues].flatMap(([name, store]) => store.keys().map((key) => `queue:${name}:${key}`));
  }

  async health(): Promise<Health> {
    return this.#isClosed ? { status: 'down', reason: 'closed' } : { status: 'up' };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const store of this.#queues.values()) store.close();
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new ClosedError('the memory backend');
  }
}
