import { createQueue, silentLogger, systemClock } from '@quayside/core';
import { adapter } from '@quayside/memory';
import PQueue from 'p-queue';
import { bytesEach } from './collect-garbage.js';
import type { Contender, Scenario } from './measure.js';

/** Each with a payload of about 40 bytes. */
const messages = 100_000;

const quayside: Contender = {
  name: 'quayside memory queue',
  run: () =>
    bytesEach(messages, async () => {
      const backend = await adapter.open({}, { clock: systemClock, logger: silentLogger, namespace: 'bench' });
      const store = backend.queueStore?.('footprint');
      if (store === undefined) throw new Error('the memory adapter has no queue');
      const queue = createQueue('footprint', { store });
      for (let index = 0; index < messages; index += 1_000) {
        const items = Array.from({ length: 1_000 }, (_, place) => ({ type: 'task', payload: { meeting: 'weekly', index: index + place } }));
        await queue.publishBatch(items);
      }
      return backend;
    }),
};

const pQueue: Contender = {
  name: 'p-queue',
  run: () =>
    bytesEach(messages, async () => {
      const queue = new PQueue({ concurrency: 1, autoStart: false });
      for (let index = 0; index < messages; index++) {
        const payload = { meeting: 'weekly', index };
        void queue.add(async () => payload);
      }
      return queue;
    }),
};

export const footprintScenarios: readonly Scenario[] = [
  { name: 'memory-queue-bytes', unit: 'bytes/waiting message', better: 'lower', ours: quayside, peers: [pQueue], rounds: 5 },
];
