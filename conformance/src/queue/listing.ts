import assert from 'node:assert/strict';
import { ConfigError, type MessageState, type Queue } from '@quayside/core';
import type { QueueCase } from './queue-case.js';

/** All pages of a state, as payloads. */
async function listAll(queue: Queue, state: MessageState, limit: number): Promise<readonly unknown[]> {
  const payloads: unknown[] = [];
  let cursor: string | undefined;
  do {
    const page = await queue.list(state, { limit, cursor });
    assert.ok(page.items.length <= limit, `a page of ${page.items.length}`);
    for (const view of page.items) {
      assert.equal(view.state, state);
      payloads.push(view.message.payload);
    }
    cursor = page.cursor;
    assert.ok(payloads.length <= 1_000, 'the pages do not end');
  } while (cursor !== undefined);
  return payloads;
}

/** What is in the queue can be looked at without taking it. */
export const listingCases: readonly QueueCase[] = [
  {
    id: 'Q-36',
    title: 'list pages through what waits, in the order of claiming, and takes nothing',
    async run(context) {
      const queue = context.queue();
      const priorities = ['low', 'normal', 'critical', 'high'] as const;
      await queue.publishBatch(
        Array.from({ length: 20 }, (_, index) => {
          const priority = priorities[index % 4] ?? 'normal';
          return { type: 'task', payload: `${priority} ${Math.floor(index / 4)}`, options: { priority } };
        }),
      );
      const expected = ['critical', 'high', 'normal', 'low'].flatMap((priority) => [0, 1, 2, 3, 4].map((index) => `${priority} ${index}`));
      assert.deepEqual(await listAll(queue, 'waiting', 3), expected);
      const deliveries = await queue.receive({ max: 20 });
      assert.deepEqual(
        deliveries.map(({ message, attempt }) => [message.payload, attempt]),
        expected.map((payload) => [payload, 1]),
      );
      assert.deepEqual(await listAll(queue, 'waiting', 3), []);
      assert.deepEqual((await listAll(queue, 'active', 7)).toSorted(), expected.toSorted());
    },
  },
  {
    id: 'Q-36',
    title: 'list pages through what is delayed, the next one first',
    async run(context) {
      const queue = context.queue();
      const hours = [5, 2, 9, 1, 7, 3, 8, 4, 6];
      await queue.publishBatch(hours.map((hour) => ({ type: 'task', payload: hour, options: { delay: `${hour}h` } })));
      assert.deepEqual(await listAll(queue, 'delayed', 4), hours.toSorted());
    },
  },
  {
    id: 'Q-36',
    title: 'a limit out of range is refused',
    async run(context) {
      const queue = context.queue();
      for (const limit of [0, -1, 1.5, 1_001]) {
        await assert.rejects(queue.list('waiting', { limit }), ConfigError);
        await assert.rejects(queue.deadLetters.list({ limit }), ConfigError);
      }
    },
  },
];
