import assert from 'node:assert/strict';
import {
  type AnyMessages,
  ConfigError,
  defineMessages,
  InvalidNameError,
  type MessageDefinitions,
  PayloadError,
  QuaysideError,
  type Queue,
} from '@quayside/core';
import { z } from 'zod';
import type { QueueContext } from './context.js';
import type { QueueCase } from './queue-case.js';

const numbered = (count: number, payload: (index: number) => unknown = (index) => index) =>
  Array.from({ length: count }, (_, index) => ({ type: 'task', payload: payload(index) }));

/** Nothing of a refused batch may have been stored: not counted, not there, and the next message is the first to come. */
async function assertNothingStored(queue: Queue): Promise<void> {
  const { total_published, queue_length, delayed_count } = await queue.stats();
  assert.deepEqual([total_published, queue_length, delayed_count], [0, 0, 0]);
  const marker = await queue.publish('task', 'marker');
  const deliveries = await queue.receive({ max: 100 });
  assert.deepEqual(
    deliveries.map(({ message }) => message.id),
    [marker.id],
  );
}

/** What a batch of `count` left in the queue: all of it, or nothing. */
async function assertAllOrNothing(queue: Queue, count: number, wasStored: boolean | 'unknown'): Promise<void> {
  const { queue_length } = await queue.stats();
  assert.ok(queue_length === 0 || queue_length === count, `${queue_length} of a batch of ${count} were stored`);
  if (wasStored !== 'unknown') assert.equal(queue_length, wasStored ? count : 0);
}

/** Publishes a batch during a fault; answers whether it was stored, as far as the caller is told. */
async function tryBatch(context: QueueContext, queue: Queue, count: number, payload: unknown): Promise<boolean | 'unknown'> {
  try {
    const batch = numbered(count, () => payload);
    await context.settles('6s', queue.publishBatch(batch), 'publishBatch settles');
    return true;
  } catch (error) {
    assert.ok(error instanceof QuaysideError, String(error));
    assert.equal(error.ids?.length, count);
    return error.outcome === 'not-published' ? false : 'unknown';
  }
}

const refusals: readonly {
  readonly what: string;
  readonly item: { type: string; payload: unknown; options?: object };
  readonly error: object;
}[] = [
  { what: 'a payload that can not be carried', item: { type: 'task', payload: { when: 10n } }, error: PayloadError },
  { what: 'a payload that is too large', item: { type: 'task', payload: 'x'.repeat(1_000) }, error: PayloadError },
  { what: 'a type that is no name', item: { type: 'no name', payload: 1 }, error: InvalidNameError },
  { what: 'a wrong option', item: { type: 'task', payload: 1, options: { delay: -1 } }, error: ConfigError },
  { what: 'a payload that fails its schema', item: { type: 'declared', payload: { size: 'large' } }, error: PayloadError },
];

/** A batch is stored whole, in order, or not at all. */
export const publishBatchCases: readonly QueueCase[] = [
  {
    id: 'Q-05',
    title: 'publishBatch delivers all, first in first out, and answers ids in the order of its items',
    async run(context) {
      const queue = context.queue({ concurrency: 1 });
      const seen = context.recorder();
      queue.process('task', seen.handle);
      const results = await queue.publishBatch(numbered(200));
      assert.equal(results.length, 200);
      await queue.start();
      await context.eventually(() => seen.ended.length === 200, 'all 200 are handled');
      assert.deepEqual(
        seen.ids,
        results.map(({ id }) => id),
      );
      assert.deepEqual(
        seen.payloads,
        numbered(200).map(({ payload }) => payload),
      );
    },
  },
  {
    id: 'Q-05',
    title: 'each item of a batch keeps its own type and options',
    async run(context) {
      const queue = context.queue();
      const results = await queue.publishBatch([
        { type: 'a', payload: 1, options: { priority: 'low' } },
        { type: 'b', payload: 2, options: { priority: 'critical', headers: { from: 'b' } } },
        { type: 'c', payload: 3, options: { delay: '1h', id: 'mine' } },
      ]);
      const found = await Promise.all(results.map(({ id }) => queue.find(id)));
      assert.deepEqual(
        found.map((view) => [view?.message.type, view?.message.payload, view?.message.priority, view?.message.headers, view?.state]),
        [
          ['a', 1, 'low', {}, 'waiting'],
          ['b', 2, 'critical', { from: 'b' }, 'waiting'],
          ['c', 3, 'normal', {}, 'delayed'],
        ],
      );
      assert.equal(results[2]?.id, 'mine');
    },
  },
  ...refusals.map(
    ({ what, item, error }): QueueCase => ({
      id: 'Q-06',
      title: `a batch with ${what} is refused whole`,
      async run(context) {
        // Beside the declared type others are published: to the compiler this queue takes any.
        const definitions = defineMessages({ declared: z.object({ size: z.number() }) }) as unknown as MessageDefinitions<AnyMessages>;
        const queue = context.queue({ maxPayloadBytes: 500, definitions });
        await assert.rejects(queue.publishBatch([...numbered(3), item, ...numbered(2)]), error);
        await assertNothingStored(queue);
      },
    }),
  ),
  {
    id: 'Q-07',
    title: 'a batch of nothing resolves to nothing',
    async run(context) {
      const queue = context.queue();
      assert.deepEqual(await queue.publishBatch([]), []);
      await assertNothingStored(queue);
    },
  },
  {
    id: 'Q-07',
    title: 'a batch of 10,000 is delivered, each once and in order',
    timeoutMs: 30_000,
    async run(context) {
      const queue = context.queue({ concurrency: 1 });
      const seen = context.recorder();
      queue.process('task', seen.handle);
      const results = await queue.publishBatch(numbered(10_000));
      assert.equal(new Set(results.map(({ id }) => id)).size, 10_000);
      assert.equal((await queue.stats()).queue_length, 10_000);
      await queue.start();
      await context.eventually(() => seen.ended.length >= 10_000, 'all 10,000 are handled');
      assert.deepEqual(
        seen.ids,
        results.map(({ id }) => id),
      );
    },
  },
  {
    id: 'Q-0B',
    title: 'a batch whose reply was lost is stored whole or not at all, and once',
    needs: ['atomicBatch'],
    async run(context) {
      const queue = context.queue();
      context.link(queue).loseReply('publish');
      const wasStored = await tryBatch(context, queue, 500, 'work');
      await assertAllOrNothing(queue, 500, wasStored);
    },
  },
  {
    id: 'Q-0B',
    title: 'a batch for which the server has no room is refused whole',
    needs: ['atomicBatch', 'faults.fill', 'faults.relieve'],
    async run(context) {
      const { faults } = context.scope.harness;
      const queue = context.queue();
      await faults?.fill?.();
      const wasStored = await tryBatch(context, queue, 500, 'x'.repeat(2_000));
      await faults?.relieve?.();
      assert.equal(wasStored, false);
      await assertAllOrNothing(queue, 500, false);
    },
  },
  {
    id: 'Q-0B',
    title: 'a batch during which the connection is cut is stored whole or not at all',
    needs: ['atomicBatch', 'faults.cut', 'faults.heal'],
    timeoutMs: 30_000,
    async run(context) {
      const { faults } = context.scope.harness;
      const queue = context.queue();
      const stored = tryBatch(context, queue, 5_000, 'x'.repeat(200));
      await faults?.cut?.();
      await faults?.heal?.();
      const wasStored = await stored;
      await context.eventually(
        () =>
          queue.stats().then(
            () => true,
            () => false,
          ),
        'the connection is back',
      );
      await assertAllOrNothing(queue, 5_000, wasStored);
    },
  },
];
