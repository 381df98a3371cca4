import assert from 'node:assert/strict';
import { ConfigError } from '@quayside/core';
import { assertPunctual } from './punctuality.js';
import type { QueueCase } from './queue-case.js';
import { openWorker, passMarker } from './recorded-worker.js';

const yearMs = 365 * 86_400_000;

/** A message becomes visible at its time: never before, and soon after. */
export const delayCases: readonly QueueCase[] = [
  {
    id: 'Q-50',
    title: 'not before its delay, and within 50 ms after it on an idle queue',
    isAlone: true,
    async run(context) {
      const worker = openWorker(context);
      await worker.queue.start();
      await passMarker(context, worker);
      const due = new Map<string, number>();
      for (let index = 1; index <= 15; index++) {
        const delayMs = 30 * index;
        const before = context.now();
        const { id } = await worker.queue.publish('task', index, { delay: delayMs });
        due.set(id, before + delayMs);
      }
      await context.within('5s', () => worker.seen.ended.length === 16, 'all are handled');
      const starts = worker.seen.starts.slice(1);
      assertPunctual(
        context,
        starts.map(({ message, at }) => at - (due.get(message.id) ?? 0)),
      );
    },
  },
  {
    id: 'Q-50',
    title: 'a delayed message is found as delayed until its time, with the time',
    async run(context) {
      const queue = context.queue();
      const before = context.now();
      const { id } = await queue.publish('task', 'work', { delay: '1h' });
      const found = await queue.find(id);
      assert.equal(found?.state, 'delayed');
      const at = found.at?.getTime() ?? 0;
      assert.ok(Math.abs(at - (before + 3_600_000)) < 5_000, `due at ${found.at}`);
      const { delayed_count, queue_length } = await queue.stats();
      assert.deepEqual([delayed_count, queue_length], [1, 0]);
    },
  },
  {
    id: 'Q-51',
    title: '10,000 delayed messages with mixed times come in the order of their times; those of one time first in, first out',
    timeoutMs: 60_000,
    async run(context) {
      const worker = openWorker(context, undefined, { concurrency: 1 });
      const items = Array.from({ length: 10_000 }, (_, index) => {
        const delayMs = 1_000 + 10 * Math.floor(context.random() * 100);
        return { type: 'task', payload: { delayMs, index }, options: { delay: delayMs } };
      });
      await worker.queue.publishBatch(items);
      assert.equal((await worker.queue.stats()).delayed_count, 10_000);
      await worker.queue.start();
      await context.within('40s', () => worker.seen.ended.length === 10_000, 'all are handled');
      const expected = items.map(({ payload }) => payload).toSorted((a, b) => a.delayMs - b.delayMs || a.index - b.index);
      assert.deepEqual(worker.seen.payloads, expected);
    },
  },
  {
    id: 'Q-52',
    title: 'a delay of 0, and a time in the past, are at once',
    async run(context) {
      const queue = context.queue();
      const { id: now } = await queue.publish('task', 'now', { delay: 0 });
      const { id: past } = await queue.publish('task', 'past', { at: new Date(context.now() - yearMs) });
      assert.equal((await queue.find(now))?.state, 'waiting');
      assert.equal((await queue.find(past))?.state, 'waiting');
      const deliveries = await queue.receive({ max: 2 });
      assert.deepEqual(
        deliveries.map(({ message }) => message.payload),
        ['now', 'past'],
      );
    },
  },
  {
    id: 'Q-52',
    title: 'a time to come is kept like a delay',
    isAlone: true,
    async run(context) {
      const worker = openWorker(context);
      await worker.queue.start();
      await passMarker(context, worker);
      const at = context.now() + 400;
      const { id } = await worker.queue.publish('task', 'work', { at: new Date(at) });
      await context.within('5s', () => worker.seen.ended.includes(id), 'it is handled');
      assertPunctual(
        context,
        worker.seen.startsOf(id).map((start) => start.at - at),
      );
    },
  },
  {
    id: 'Q-52',
    title: 'a delay of a year waits, and stops nobody',
    async run(context) {
      const worker = openWorker(context);
      const { id } = await worker.queue.publish('task', 'far', { delay: yearMs });
      await worker.queue.start();
      await passMarker(context, worker);
      await passMarker(context, worker, { delay: '200ms' });
      assert.deepEqual(worker.seen.startsOf(id), []);
      assert.equal((await worker.queue.find(id))?.state, 'delayed');
    },
  },
  {
    id: 'Q-52',
    title: 'a delay that is none, and delay and at together, are refused with the reason; nothing is stored',
    async run(context) {
      const queue = context.queue();
      const wrong = [
        { delay: -1 },
        { delay: Number.NaN },
        { delay: Number.POSITIVE_INFINITY },
        { delay: 'soon' },
        { at: new Date(Number.NaN) },
        { delay: '1s', at: new Date(context.now()) },
      ];
      for (const options of wrong) await assert.rejects(queue.publish('task', 'work', options), ConfigError);
      assert.equal((await queue.stats()).total_published, 0);
    },
  },
  {
    id: 'Q-55',
    title: 'promote makes a delayed message visible now; a second time, or of a message that is not delayed, it answers no',
    async run(context) {
      const worker = openWorker(context);
      await worker.queue.pause();
      const { id } = await worker.queue.publish('task', 'delayed', { delay: '1h' });
      const { id: waiting } = await worker.queue.publish('task', 'waiting');
      assert.equal(await worker.queue.promote(id), true);
      assert.equal(await worker.queue.promote(id), false);
      assert.equal(await worker.queue.promote(waiting), false);
      assert.equal(await worker.queue.promote('unknown'), false);
      assert.equal((await worker.queue.find(id))?.state, 'waiting');
      const { delayed_count, queue_length } = await worker.queue.stats();
      assert.deepEqual([delayed_count, queue_length], [0, 2]);
      await worker.queue.resume();
      await worker.queue.start();
      await context.eventually(() => worker.seen.ended.length === 2, 'both are handled');
      assert.equal(worker.seen.startsOf(id).length, 1);
    },
  },
  ...(['before', 'after'] as const).map(
    (place): QueueCase => ({
      id: 'Q-56',
      title: `a message due in a year hides no message due soon that was published ${place} it`,
      async run(context) {
        const worker = openWorker(context);
        await worker.queue.start();
        await passMarker(context, worker);
        if (place === 'after') await worker.queue.publish('task', 'far', { delay: yearMs });
        const due = context.now() + 200;
        const { id } = await worker.queue.publish('task', 'near', { delay: 200 });
        if (place === 'before') await worker.queue.publish('task', 'far', { delay: yearMs });
        await context.within('5s', () => worker.seen.ended.includes(id), 'the near one is handled');
        assertPunctual(
          context,
          worker.seen.startsOf(id).map(({ at }) => at - due),
        );
      },
    }),
  ),
];
