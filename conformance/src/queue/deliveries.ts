import assert from 'node:assert/strict';
import type { Delivery, Queue } from '@quayside/core';
import type { QueueContext } from './context.js';
import { takeAll } from './order.js';
import type { QueueCase } from './queue-case.js';

async function takeFirst(queue: Queue): Promise<Delivery> {
  const [delivery] = await queue.receive({ visibilityTimeout: '1s' });
  assert.ok(delivery !== undefined, 'there is nothing to receive');
  return delivery;
}

/** More hand-overs than any message may have here. */
const tooMany = 50;

/** Hand-overs until it is dead: each gives the message back uncounted. */
async function releaseUntilDead(context: QueueContext, queue: Queue, id: string): Promise<number> {
  for (let handOvers = 0; handOvers < tooMany; handOvers++) {
    const marker = await queue.publish('task', 'marker', { priority: 'low' });
    const [delivery] = await queue.receive();
    assert.ok(delivery !== undefined, 'the marker at least is there');
    if (delivery.message.id === marker.id) {
      await context.eventually(async () => (await queue.deadLetters.get(id)) !== undefined, 'the message is dead');
      return handOvers;
    }
    assert.deepEqual([delivery.message.id, delivery.attempt], [id, 1]);
    await delivery.release();
    assert.equal(await queue.remove(marker.id), true);
  }
  return tooMany;
}

type ComesBack = (context: QueueContext, queue: Queue, delivery: Delivery) => Promise<unknown>;
const toTheTail: Readonly<Record<string, ComesBack>> = {
  stalled: (context) => context.advance('1100ms'),
  retried: (_, __, delivery) => delivery.retry({ delay: 0 }),
  redriven: async (_, queue, delivery) => {
    await delivery.dead('given up');
    await queue.deadLetters.redrive(delivery.message.id);
  },
  promoted: async (_, queue, delivery) => {
    await delivery.release({ delay: '1h' });
    assert.equal(await queue.promote(delivery.message.id), true);
  },
  'released with a delay': async (context, _, delivery) => {
    await delivery.release({ delay: '1s' });
    await context.advance('1100ms');
  },
};

/** How often, where to, and at whose hands a message is delivered. */
export const deliveryCases: readonly QueueCase[] = [
  {
    id: 'Q-28',
    title: 'two workers of 20 each over 1,000 messages: none runs twice at a time, each is processed once',
    timeoutMs: 20_000,
    async run(context) {
      const workers = [context.queue({ concurrency: 20 }), (await context.peer()).queue({ concurrency: 20 })];
      // Some turns of the event loop long, each differently: so that the two interleave.
      const seen = context.recorder(async () => {
        for (let turns = Math.floor(context.random() * 4); turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
      });
      for (const worker of workers) worker.process('task', seen.handle);
      const items = Array.from({ length: 1_000 }, (_, payload) => ({ type: 'task', payload }));
      await workers[0]?.publishBatch(items.slice(0, 500));
      await Promise.all(workers.map((worker) => worker.start()));
      const rest = items.slice(500).map(({ type, payload }, index) => workers[index % 2]?.publish(type, payload));
      await Promise.all(rest);
      await context.eventually(() => seen.ended.length >= 1_000, 'all 1,000 are handled');
      await context.eventually(async () => (await workers[0]?.stats())?.total_processed === 1_000, 'all 1,000 are completed');
      assert.deepEqual(seen.overlaps, []);
      assert.equal(new Set(seen.ids).size, 1_000);
      assert.equal(seen.starts.length, 1_000);
      const { queue_length, processing_count, total_stalled } = (await workers[1]?.stats()) ?? {};
      assert.deepEqual([queue_length, processing_count, total_stalled], [0, 0, 0]);
    },
  },
  ...[
    { options: { maxDeliveries: 5 }, expected: 5 },
    { options: { maxRetries: 0 }, expected: 17 },
  ].map(
    ({ options, expected }): QueueCase => ({
      id: 'Q-2D',
      title: `${JSON.stringify(options)}: released again and again, a message is dead with deliveries-exhausted after exactly ${expected} hand-overs`,
      async run(context) {
        const queue = context.queue();
        const { id } = await queue.publish('task', 'circulating', { ...options, priority: 'high' });
        assert.equal(await releaseUntilDead(context, queue, id), expected);
        assert.equal((await queue.deadLetters.get(id))?.reason, 'deliveries-exhausted');
      },
    }),
  ),
  {
    id: 'Q-2E',
    title: 'released goes to the head of its own level',
    async run(context) {
      const queue = context.queue();
      await queue.publishBatch(['first', 'second', 'third'].map((payload) => ({ type: 'task', payload })));
      await queue.publish('task', 'high', { priority: 'high' });
      await (await takeFirst(queue)).ack();
      await (await takeFirst(queue)).release();
      await queue.publish('task', 'last');
      assert.deepEqual(await takeAll(queue), ['first', 'second', 'third', 'last']);
    },
  },
  ...Object.entries(toTheTail).map(
    ([name, comeBack]): QueueCase => ({
      id: 'Q-2E',
      title: `${name} goes to the tail of its own level`,
      async run(context) {
        const queue = context.queue();
        for (const payload of ['first', 'second', 'third']) await queue.publish('task', payload);
        await queue.publish('task', 'low', { priority: 'low' });
        await comeBack(context, queue, await takeFirst(queue));
        assert.deepEqual(await takeAll(queue), ['second', 'third', 'first', 'low']);
      },
    }),
  ),
];
