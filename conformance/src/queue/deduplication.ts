import assert from 'node:assert/strict';
import { ConfigError, type Queue, UnrecoverableError } from '@quayside/core';
import type { QueueContext } from './context.js';
import type { QueueCase } from './queue-case.js';
import { openWorker, untilAborted, untilDead } from './recorded-worker.js';

/** Long enough for the calls within it, short enough to wait for. */
const windowMs = 1_000;
const deduplication = { id: 'invoice-7', window: windowMs };

/** Publishes with the id that all these cases share. */
function publish(queue: Queue, payload: unknown = 'work') {
  return queue.publish('task', payload, { deduplication });
}

async function pastWindow(context: QueueContext): Promise<void> {
  await context.advance(windowMs + 50);
}

/** Within its window a second publish stores nothing; and no window is without end. */
export const deduplicationCases: readonly QueueCase[] = [
  {
    id: 'Q-53',
    title: 'within the window: one message, its id answered, marked; after it a new one',
    async run(context) {
      const queue = context.queue();
      const first = await publish(queue, 'first');
      assert.equal(first.isDeduplicated, false);
      assert.deepEqual(await publish(queue, 'second'), { id: first.id, isDeduplicated: true });
      await pastWindow(context);
      const third = await publish(queue, 'third');
      assert.equal(third.isDeduplicated, false);
      assert.notEqual(third.id, first.id);
      const deliveries = await queue.receive({ max: 10 });
      assert.deepEqual(
        deliveries.map(({ message }) => message.payload),
        ['first', 'third'],
      );
      const { total_published, total_deduplicated } = await queue.stats();
      assert.deepEqual([total_published, total_deduplicated], [2, 1]);
    },
  },
  {
    id: 'Q-53',
    title: 'the window ends at its time, not sooner and not later',
    needs: ['testClock'],
    async run(context) {
      const queue = context.queue();
      const { id } = await publish(queue);
      await context.advance(windowMs - 1);
      assert.deepEqual(await publish(queue), { id, isDeduplicated: true });
      await context.advance(1);
      assert.equal((await publish(queue)).isDeduplicated, false);
    },
  },
  {
    id: 'Q-53',
    title: 'a hundred concurrent publishes from two processes: one message, one id',
    async run(context) {
      const queues = [context.queue(), (await context.peer()).queue()];
      const results = await Promise.all(queues.flatMap((queue) => Array.from({ length: 50 }, (_, index) => publish(queue, index))));
      assert.equal(new Set(results.map(({ id }) => id)).size, 1);
      assert.equal(results.filter(({ isDeduplicated }) => !isDeduplicated).length, 1);
      const [queue] = queues;
      assert.equal((await queue?.receive({ max: 100 }))?.length, 1);
    },
  },
  {
    id: 'Q-53',
    title: 'two items of one batch with one id: the second is deduplicated, their neighbours are stored',
    async run(context) {
      const queue = context.queue();
      const results = await queue.publishBatch([
        { type: 'task', payload: 'before' },
        { type: 'task', payload: 'first', options: { deduplication } },
        { type: 'task', payload: 'second', options: { deduplication } },
        { type: 'task', payload: 'after' },
      ]);
      assert.deepEqual(
        results.map(({ isDeduplicated }) => isDeduplicated),
        [false, false, true, false],
      );
      assert.equal(results[2]?.id, results[1]?.id);
      const deliveries = await queue.receive({ max: 10 });
      assert.deepEqual(
        deliveries.map(({ message }) => message.payload),
        ['before', 'first', 'after'],
      );
    },
  },
  {
    id: 'Q-53',
    title: 'other ids and other queues are not concerned',
    async run(context) {
      const [queue, other] = [context.queue(), context.queue({ name: 'others' })];
      await publish(queue);
      assert.equal((await publish(other)).isDeduplicated, false);
      const result = await queue.publish('task', 'work', { deduplication: { id: 'invoice-8', window: windowMs } });
      assert.equal(result.isDeduplicated, false);
    },
  },
  {
    id: 'Q-53',
    title: 'a window is required',
    async run(context) {
      const queue = context.queue();
      const missing = { id: 'invoice-7' } as { id: string; window: number };
      await assert.rejects(queue.publish('task', 'work', { deduplication: missing }), ConfigError);
      await assert.rejects(queue.publish('task', 'work', { deduplication: { id: 'invoice-7', window: 0 } }), ConfigError);
      assert.equal((await queue.stats()).total_published, 0);
    },
  },
  {
    id: 'Q-53',
    title: 'the window outlives the message: a completed one still stands for its second',
    async run(context) {
      const worker = openWorker(context);
      await worker.queue.start();
      const { id } = await publish(worker.queue);
      await context.eventually(() => worker.endings.length === 1, 'it is completed');
      assert.deepEqual(await publish(worker.queue), { id, isDeduplicated: true });
      await pastWindow(context);
      assert.equal((await publish(worker.queue)).isDeduplicated, false);
    },
  },
  {
    id: 'Q-57',
    title: 'cancel of a waiting message ends its window',
    async run(context) {
      const queue = context.queue();
      const { id } = await publish(queue);
      assert.equal(await queue.cancel(id), 'removed');
      assert.equal((await publish(queue)).isDeduplicated, false);
    },
  },
  {
    id: 'Q-57',
    title: 'cancel of a running message ends its window when it has ended',
    async run(context) {
      const worker = openWorker(context, (_, handling) => untilAborted(handling));
      await worker.queue.start();
      const { id } = await worker.queue.publish('task', 'work', { deduplication: { id: 'invoice-7', window: '1h' } });
      await context.eventually(() => worker.seen.running === 1, 'it runs');
      assert.equal(await worker.queue.cancel(id), 'aborting');
      await context.within('5s', () => worker.endings.length === 1, 'it has ended');
      assert.equal((await publish(worker.queue)).isDeduplicated, false);
    },
  },
  {
    id: 'Q-57',
    title: 'remove ends the window, of a waiting message and of a dead one',
    async run(context) {
      const worker = openWorker(context, () => {
        throw new UnrecoverableError('broken');
      });
      const { id: waiting } = await publish(worker.queue);
      assert.equal(await worker.queue.remove(waiting), true);
      const { id: dying, isDeduplicated } = await publish(worker.queue);
      assert.equal(isDeduplicated, false);
      await worker.queue.start();
      await untilDead(context, worker.queue, dying);
      assert.equal(await worker.queue.deadLetters.remove(dying), 1);
      assert.equal((await publish(worker.queue)).isDeduplicated, false);
    },
  },
  {
    id: 'Q-57',
    title: 'a dead letter blocks its id no longer than the window',
    async run(context) {
      const worker = openWorker(context, () => {
        throw new UnrecoverableError('broken');
      });
      await worker.queue.start();
      const { id } = await publish(worker.queue);
      await untilDead(context, worker.queue, id);
      await pastWindow(context);
      assert.equal((await publish(worker.queue)).isDeduplicated, false);
    },
  },
  {
    id: 'Q-57',
    title: "removing a message whose window is over leaves its successor's window alone",
    async run(context) {
      const queue = context.queue();
      const { id: first } = await publish(queue);
      await pastWindow(context);
      const { id: second } = await publish(queue);
      assert.equal(await queue.remove(first), true);
      assert.deepEqual(await publish(queue), { id: second, isDeduplicated: true });
    },
  },
  {
    id: 'Q-57',
    title: 'a publisher that vanishes blocks its id no longer than the window',
    async run(context) {
      const [vanishing, other] = [(await context.peer()).queue(), context.queue()];
      context.link(vanishing).loseReply('publish');
      const { id } = await publish(vanishing);
      context.crash(vanishing);
      assert.deepEqual(await publish(other), { id, isDeduplicated: true });
      await pastWindow(context);
      assert.equal((await publish(other)).isDeduplicated, false);
    },
  },
];
