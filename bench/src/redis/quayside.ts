import { type Backend, createQueue, type Priority, priorities, silentLogger, systemClock } from '@quayside/core';
import { adapter } from '@quayside/redis';
import type { Session, Subject } from './subject.js';

/** With every guarantee on: leases, fences, start marks, retries, dead letters, statistics. */
export function quayside(options: { readonly prefetch?: string } = {}): Subject {
  return {
    name: options.prefetch === undefined ? 'quayside' : `quayside (prefetch ${options.prefetch})`,
    open: (url, name) => open(url, name, options.prefetch),
  };
}

export async function openBackend(url: string): Promise<Backend> {
  return adapter.open({ url }, { clock: systemClock, logger: silentLogger, namespace: 'bench' });
}

async function open(url: string, name: string, prefetch: string | undefined): Promise<Session> {
  const backend = await openBackend(url);
  const store = backend.queueStore?.(name);
  if (store === undefined) throw new Error('the redis adapter has no queue');
  let queue = createQueue(name, { store });
  return {
    add: (payload, priority) =>
      queue.publish('task', payload, priority === undefined ? undefined : { priority: priorities[priority] as Priority }),
    addBulk: (payloads) => queue.publishBatch(payloads.map((payload) => ({ type: 'task', payload }))),
    async work(concurrency, handle) {
      await queue.stop();
      queue = createQueue(name, { store, options: { concurrency, ...(prefetch === undefined ? {} : { prefetch }) } });
      queue.process('task', async (message) => handle(message.payload));
      await queue.start();
    },
    async close() {
      await queue.stopWorkers({ graceMs: 0 });
      await queue.obliterate({ force: true });
      await queue.stop();
      await backend.close();
    },
  };
}
