import assert from 'node:assert/strict';
import { ConfigError, type Priority, type PriorityPolicy, priorities } from '@quayside/core';
import type { QueueCase } from './queue-case.js';

const weighted: Readonly<Record<Priority, number>> = { critical: 8, high: 4, normal: 2, low: 1 };
const deliveries = 1_000;
const backlog = 800;

/** Each level has a share while all have messages, so that the lowest is not starved. */
export const weightedCases: readonly QueueCase[] = [
  ...[1, 10].map(
    (concurrency): QueueCase => ({
      id: 'Q-15',
      title: `weighted, concurrency ${concurrency}: shares match the weights within 20 % over 1,000 deliveries, and low gets some in each 100`,
      timeoutMs: 20_000,
      async run(context) {
        const queue = context.queue({ concurrency, priorityPolicy: { weighted } });
        const seen = context.recorder();
        queue.process('task', seen.handle);
        for (const priority of priorities) {
          await queue.publishBatch(Array.from({ length: backlog }, () => ({ type: 'task', payload: priority, options: { priority } })));
        }
        await queue.start();
        await context.eventually(() => seen.starts.length >= deliveries, '1,000 deliveries');
        const first = seen.payloads.slice(0, deliveries);
        const sum = priorities.reduce((total, priority) => total + weighted[priority], 0);
        for (const priority of priorities) {
          const share = first.filter((payload) => payload === priority).length;
          const fair = (deliveries * weighted[priority]) / sum;
          assert.ok(Math.abs(share - fair) <= 0.2 * fair, `${priority} got ${share} of ${deliveries}, its weight says ${fair.toFixed(0)}`);
        }
        for (let from = 0; from < deliveries; from += 100) {
          assert.ok(first.slice(from, from + 100).includes('low'), `low got none of deliveries ${from} to ${from + 99}`);
        }
      },
    }),
  ),
  {
    id: 'Q-15',
    title: 'weighted: a level alone gets everything, and nothing is left behind',
    async run(context) {
      const queue = context.queue({ concurrency: 1, priorityPolicy: { weighted } });
      const seen = context.recorder();
      queue.process('task', seen.handle);
      await queue.start();
      for (const priority of ['low', 'critical', 'low', 'normal'] as const) {
        await queue.publishBatch(Array.from({ length: 40 }, () => ({ type: 'task', payload: priority, options: { priority } })));
      }
      await context.eventually(() => seen.ended.length === 160, 'all are handled');
    },
  },
  {
    id: 'Q-15',
    title: 'weights that are not whole numbers from 1 are a ConfigError',
    async run(context) {
      for (const wrong of [{ ...weighted, low: 0 }, { ...weighted, high: 1.5 }, { critical: 1 }, {}]) {
        assert.throws(() => context.queue({ priorityPolicy: { weighted: wrong } as PriorityPolicy }), ConfigError);
      }
    },
  },
];
