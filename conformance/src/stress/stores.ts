import type { Backend, PubSubTransport, QueueStore, StoreStats } from '@quayside/core';

export function storeOf(backend: Backend, queue: string): QueueStore {
  const store = backend.queueStore?.(queue);
  if (store === undefined) throw new Error(`${backend.type} has no queues`);
  return store;
}

export function transportOf(backend: Backend, scope: string): PubSubTransport {
  const transport = backend.pubSubTransport?.(scope);
  if (transport === undefined) throw new Error(`${backend.type} has no pub/sub`);
  return transport;
}

/** Messages that are still to be worked off. */
export function atHand({ waiting, delayed, active }: StoreStats): number {
  return Object.values(waiting).reduce((sum, length) => sum + length, delayed + active);
}
