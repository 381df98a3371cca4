import { createQueue } from '@quayside/core';
import { storeOf } from '../backends.js';
import { holdsWithin } from './await-condition.js';
import { takeFootprint } from './footprint.js';
import type { StressContext, StressPart, StressResult } from './part.js';

const boundMs = 120_000;
const startedAtOnce = 500;
/** One that asks and one that hears, whatever number of queues there is; BullMQ's markers are waited for on a third. */
const mostConnections = { memory: 0, redis: 2, bullmq: 3, nats: 0 };

export const queues: StressPart = {
  name: 'queues',
  title: '10,000 queues with a worker each in one process: no more connections than for one, and a message through each',
  backends: ['memory', 'redis', 'bullmq'],
  run: runQueues,
};

async function runQueues({ server, isShort }: StressContext): Promise<StressResult> {
  const count = isShort ? 200 : 10_000;
  const broken: string[] = [];
  const backend = await server.open('queues');
  const before = await takeFootprint();
  const handled = new Set<string>();
  let twice = 0;
  const begun = performance.now();
  const all = Array.from({ length: count }, (_, index) => {
    const queue = createQueue(`queue-${index}`, { store: storeOf(backend, `queue-${index}`) });
    queue.process('*', () => {
      if (handled.has(queue.name)) twice++;
      handled.add(queue.name);
    });
    return queue;
  });
  for (let first = 0; first < count; first += startedAtOnce) {
    await Promise.all(all.slice(first, first + startedAtOnce).map((queue) => queue.start()));
  }
  const startMs = performance.now() - begun;
  const running = await takeFootprint();
  const connections = await server.connections();
  if (connections !== undefined && connections > mostConnections[server.type]) broken.push(`${connections} connections`);
  const publishing = performance.now();
  await Promise.all(all.map((queue) => queue.publish('task', queue.name)));
  if (!(await holdsWithin(boundMs, () => handled.size === count)))
    broken.push(`${count - handled.size} queues did not handle their message`);
  const throughMs = performance.now() - publishing;
  if (twice > 0) broken.push(`${twice} messages ran twice`);
  const stopping = performance.now();
  await Promise.all(all.map((queue) => queue.stop()));
  const stopMs = performance.now() - stopping;
  await backend.close();
  return {
    figures: {
      queues: count,
      connections: connections ?? 'none',
      'bytes a queue': Math.round((running.heapBytes - before.heapBytes) / count),
      'start ms': Math.round(startMs),
      'through all ms': Math.round(throughMs),
      'stop ms': Math.round(stopMs),
      handled: handled.size,
      duplicates: twice,
      lost: count - handled.size,
    },
    broken,
  };
}
