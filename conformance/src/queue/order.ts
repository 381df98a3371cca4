import assert from 'node:assert/strict';
import { ConfigError, type Delivery, type Priority, priorities, type Queue } from '@quayside/core';
import type { QueueContext } from './context.js';
import type { QueueCase } from './queue-case.js';

/** Takes what there is, one after the other, as a single worker would. */
export async function takeAll(queue: Queue): Promise<readonly unknown[]> {
  const payloads: unknown[] = [];
  for (let [delivery] = await queue.receive(); delivery !== undefined; [delivery] = await queue.receive()) {
    payloads.push(delivery.message.payload);
    await delivery.ack();
  }
  return payloads;
}

async function takeOne(queue: Queue): Promise<Delivery> {
  const [delivery] = await queue.receive({ visibilityTimeout: '1s' });
  assert.ok(delivery !== undefined, 'there is nothing to receive');
  return delivery;
}

/** The ways in which a message comes back, or comes late. Each leaves `returning` claimable. */
type Way = (context: QueueContext, queue: Queue, publish: (options?: object) => Promise<string>) => Promise<unknown>;
const waysBack: Readonly<Record<string, Way>> = {
  retry: async (_, queue, publish) => {
    await publish();
    await (await takeOne(queue)).retry({ delay: 0 });
  },
  'retry with a delay': async (context, queue, publish) => {
    await publish();
    await (await takeOne(queue)).retry({ delay: '1s' });
    await context.advance('1100ms');
  },
  'lease expiry': async (context, queue, publish) => {
    await publish();
    await takeOne(queue);
    await context.advance('1100ms');
  },
  delay: async (context, _, publish) => {
    await publish({ delay: '1s' });
    await context.advance('1100ms');
  },
  promotion: async (_, queue, publish) => {
    const id = await publish({ delay: '1h' });
    assert.equal(await queue.promote(id), true);
  },
  redrive: async (_, queue, publish) => {
    const id = await publish();
    await (await takeOne(queue)).dead('given up');
    await queue.deadLetters.redrive(id);
  },
  release: async (_, queue, publish) => {
    await publish();
    await (await takeOne(queue)).release();
  },
  'release with a delay': async (context, queue, publish) => {
    await publish();
    await (await takeOne(queue)).release({ delay: '1s' });
    await context.advance('1100ms');
  },
};

const mixed: readonly Priority[] = ['low', 'normal', 'critical', 'high', 'normal', 'low', 'high', 'critical'];

/** First in, first out within a priority; the higher priority first. */
export const orderCases: readonly QueueCase[] = [
  {
    id: 'Q-11',
    title: 'one worker of concurrency 1 handles one priority first in, first out',
    async run(context) {
      const queue = context.queue({ concurrency: 1 });
      const seen = context.recorder();
      queue.process('task', seen.handle);
      for (let index = 0; index < 30; index++) await queue.publish('task', index);
      await queue.publishBatch(Array.from({ length: 30 }, (_, index) => ({ type: 'task', payload: 30 + index })));
      await Promise.all(Array.from({ length: 30 }, (_, index) => queue.publish('task', 60 + index)));
      await queue.start();
      await queue.publish('task', 90);
      await context.eventually(() => seen.ended.length === 91, 'all are handled');
      assert.deepEqual(
        seen.payloads,
        Array.from({ length: 91 }, (_, index) => index),
      );
    },
  },
  {
    id: 'Q-11',
    title: 'one after the other, receive hands out first in, first out',
    async run(context) {
      const queue = context.queue();
      for (let index = 0; index < 20; index++) await queue.publish('task', index);
      assert.deepEqual(
        await takeAll(queue),
        Array.from({ length: 20 }, (_, index) => index),
      );
    },
  },
  {
    id: 'Q-12',
    title: 'strict: published in mixed order, delivered critical, high, normal, low, each first in, first out',
    async run(context) {
      const queue = context.queue({ concurrency: 1 });
      const seen = context.recorder();
      queue.process('task', seen.handle);
      for (const [index, priority] of mixed.entries()) await queue.publish('task', index, { priority });
      await queue.start();
      await context.eventually(() => seen.ended.length === mixed.length, 'all are handled');
      assert.deepEqual(seen.payloads, [2, 7, 3, 6, 1, 4, 0, 5]);
      assert.deepEqual(
        seen.starts.map(({ message }) => message.priority),
        priorities.flatMap((priority) => [priority, priority]),
      );
    },
  },
  {
    id: 'Q-13',
    title: 'a critical message behind a backlog of low ones is the next one claimed',
    async run(context) {
      const queue = context.queue({ concurrency: 1, prefetch: 0 });
      const gate = context.gate();
      const seen = context.recorder(({ payload }) => (payload === 0 ? gate.opened : undefined));
      queue.process('task', seen.handle);
      await queue.publishBatch(Array.from({ length: 50 }, (_, payload) => ({ type: 'task', payload, options: { priority: 'low' } })));
      await queue.start();
      await context.eventually(() => seen.running === 1, 'the first of the backlog runs');
      await queue.publish('task', 'critical', { priority: 'critical' });
      gate.open();
      await context.eventually(() => seen.ended.length === 51, 'all are handled');
      assert.deepEqual(seen.payloads.slice(0, 3), [0, 'critical', 1]);
    },
  },
  {
    id: 'Q-13',
    title: 'a critical message waits for no more than what was leased already',
    async run(context) {
      const queue = context.queue({ concurrency: 2 });
      const gate = context.gate();
      const seen = context.recorder(({ payload }) => (payload === 20 || payload === 21 ? gate.opened : undefined));
      queue.process('task', seen.handle);
      await queue.publishBatch(Array.from({ length: 2_000 }, (_, payload) => ({ type: 'task', payload, options: { priority: 'low' } })));
      await queue.start();
      await context.eventually(() => [20, 21].every((held) => seen.payloads.includes(held)), 'two of the backlog are held');
      let held = -1;
      const isAtRest = async () => {
        const before = held;
        held = (await queue.stats()).processing_count;
        return held === before;
      };
      await context.eventually(isAtRest, 'what has ended is settled, and what is claimed ahead is claimed');
      const leased = seen.ended.length + held;
      await queue.publish('task', 'critical', { priority: 'critical' });
      gate.open();
      await context.eventually(() => seen.ended.length === 2_001, 'all are handled');
      const place = seen.payloads.indexOf('critical');
      assert.ok(place <= leased, `started as number ${place}, ${leased} were leased before`);
    },
  },
  ...Object.entries(waysBack).map(
    ([way, comeBack]): QueueCase => ({
      id: 'Q-14',
      title: `priority survives ${way}`,
      async run(context) {
        const queue = context.queue();
        for (const priority of ['low', 'normal'] as const) await queue.publish('task', priority, { priority });
        await comeBack(context, queue, async (options) => (await queue.publish('task', 'returning', { priority: 'high', ...options })).id);
        await queue.publish('task', 'critical', { priority: 'critical' });
        const [first, second] = [await takeOne(queue), await takeOne(queue)];
        assert.deepEqual([first.message.payload, second.message.payload], ['critical', 'returning']);
        assert.equal(second.message.priority, 'high');
        assert.deepEqual(await takeAll(queue), ['normal', 'low']);
      },
    }),
  ),
  {
    id: 'Q-16',
    title: 'priority is normal by default, and an unknown one is a ConfigError that writes nothing',
    async run(context) {
      const queue = context.queue();
      const { id } = await queue.publish('task', 'work');
      assert.equal((await queue.find(id))?.message.priority, 'normal');
      assert.deepEqual((await queue.stats()).queue_length_by_priority, { critical: 0, high: 0, normal: 1, low: 0 });
      for (const wrong of ['urgent', 'Critical', '', '__proto__', 'toString', 1, null]) {
        const priority = wrong as Priority;
        await assert.rejects(queue.publish('task', 'work', { priority }), ConfigError, String(wrong));
        await assert.rejects(queue.publishBatch([{ type: 'task', payload: 'work', options: { priority } }]), ConfigError, String(wrong));
      }
      assert.equal((await queue.stats()).total_published, 1);
    },
  },
];
