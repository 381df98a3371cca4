import type { PublishCall, PublishOutcome, QueueCapabilities, QueueStore, StoredMessage } from '#src/index.js';

const capabilities: QueueCapabilities = {
  shared: true,
  durable: true,
  atomicBatch: true,
  wakes: true,
  testClock: true,
  serverTime: true,
  foreignProducers: false,
  foreignWorkers: false,
  statsScope: 'all',
  payload: 'text',
};

export type PublishScript = (messages: readonly StoredMessage[], call: PublishCall) => Promise<readonly PublishOutcome[]>;

/** A store whose `publish` does what the test says; nothing else of it is called. */
export function scriptedStore(publish: PublishScript): QueueStore {
  const unexpected = () => Promise.reject(new Error('not part of this test'));
  return {
    capabilities,
    publish,
    exchange: unexpected,
    extend: unexpected,
    wait: unexpected,
    cancel: unexpected,
    promote: unexpected,
    find: unexpected,
    list: unexpected,
    redrive: unexpected,
    remove: unexpected,
    clear: unexpected,
    setPaused: unexpected,
    stats: unexpected,
  };
}

/** Remembers calls by their names, as a real store does, and stores nothing twice. */
export class CallMemory {
  readonly stored: string[] = [];
  readonly #seen = new Set<string>();

  publish(messages: readonly StoredMessage[], call: PublishCall): readonly PublishOutcome[] {
    const name = `${call.publisher}/${call.sequence}`;
    if (this.#seen.has(name)) return messages.map(() => ({ status: 'duplicate' }));
    this.#seen.add(name);
    for (const { id } of messages) this.stored.push(id);
    return messages.map(() => ({ status: 'published' }));
  }
}
