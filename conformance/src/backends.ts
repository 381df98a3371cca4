import {
  type Adapter,
  type AdapterContext,
  type Backend,
  type PubSubTransport,
  type QueueStore,
  type StoreStats,
  silentLogger,
  systemClock,
} from '@quayside/core';

/** One of Quayside's own adapters. */
export async function loadAdapter(type: string): Promise<Adapter> {
  const { adapter }: { readonly adapter: Adapter } = await import(`@quayside/${type}`);
  return adapter;
}

/** Opens it by its type, on the machine's clock unless the context has another. */
export async function openBackend(
  type: string,
  options: object,
  context: Pick<AdapterContext, 'namespace'> & Partial<AdapterContext>,
): Promise<Backend> {
  return (await loadAdapter(type)).open(options, { clock: systemClock, logger: silentLogger, ...context });
}

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
