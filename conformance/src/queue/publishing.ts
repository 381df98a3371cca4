import assert from 'node:assert/strict';
import type { QueueCase } from './queue-case.js';

/** A message is delivered once, as it was published, under its own id. */
export const publishingCases: readonly QueueCase[] = [
  {
    id: 'Q-01',
    title: 'a published message is delivered once to one handler, with all that was published',
    async run(context) {
      const queue = context.queue();
      const seen = context.recorder();
      queue.process('greet', seen.handle);
      const before = context.now();
      const options = { priority: 'high', headers: { trace: 'a-1', empty: '' } } as const;
      const { id, isDeduplicated } = await queue.publish('greet', { name: 'Ada', times: 3 }, options);
      assert.equal(isDeduplicated, false);
      await queue.start();
      await context.eventually(() => seen.ended.length === 1, 'the message is handled');
      const [start] = seen.starts;
      assert.ok(start !== undefined);
      const { publishedAt, ...rest } = start.message;
      assert.deepEqual(rest, { id, type: 'greet', payload: { name: 'Ada', times: 3 }, ...options, redriveCount: 0 });
      assert.ok(publishedAt >= before && publishedAt <= context.now(), `published at ${publishedAt}, not between`);
      assert.equal(start.attempt, 1);
      await queue.publish('greet', 'marker');
      await context.eventually(() => seen.payloads.includes('marker'), 'the marker is handled');
      assert.equal(seen.startsOf(id).length, 1);
    },
  },
  {
    id: 'Q-01',
    title: 'of two workers one gets the message',
    async run(context) {
      const seen = context.recorder();
      const here = context.queue();
      const there = (await context.peer()).queue();
      for (const worker of [here, there]) worker.process('task', seen.handle);
      await Promise.all([here.start(), there.start()]);
      const { id } = await here.publish('task', 'work');
      const marker = await there.publish('task', 'marker', { priority: 'low' });
      await context.eventually(() => seen.ended.includes(id) && seen.ended.includes(marker.id), 'both are handled');
      assert.equal(seen.starts.length, 2);
    },
  },
  {
    id: 'Q-01',
    title: 'publish resolves when the message is there, whether or not somebody works on the queue',
    async run(context) {
      const queue = context.queue();
      const { id } = await queue.publish('task', 'work');
      const found = await (await context.peer()).queue().find(id);
      assert.equal(found?.state, 'waiting');
      assert.equal(found.message.payload, 'work');
      assert.equal(found.attempts, 0);
    },
  },
  {
    id: 'Q-08',
    title: '1,000 concurrent publishes all arrive exactly once, under ids of their own',
    async run(context) {
      const queue = context.queue({ concurrency: 50 });
      const other = (await context.peer()).queue();
      const seen = context.recorder();
      queue.process('task', seen.handle);
      await queue.start();
      const results = await Promise.all(
        Array.from({ length: 1_000 }, (_, index) => (index % 2 === 0 ? queue : other).publish('task', index)),
      );
      assert.equal(new Set(results.map(({ id }) => id)).size, 1_000);
      await context.eventually(() => new Set(seen.ended).size === 1_000, 'all 1,000 are handled');
      const marker = await queue.publish('task', 'marker', { priority: 'low' });
      await context.eventually(() => seen.ended.includes(marker.id), 'the marker is handled');
      assert.equal(seen.starts.length, 1_001);
      const payloadOf = new Map(seen.starts.map(({ message }) => [message.id, message.payload]));
      results.forEach(({ id }, index) => void assert.equal(payloadOf.get(id), index));
    },
  },
  {
    id: 'Q-0C',
    title: 'the id that a caller gives is kept, and free again when its message is done',
    async run(context) {
      const queue = context.queue();
      const first = await queue.publish('task', 1, { id: 'order:17' });
      assert.deepEqual(first, { id: 'order:17', isDeduplicated: false });
      const [delivery] = await queue.receive();
      assert.equal(delivery?.message.id, 'order:17');
      await delivery.ack();
      const again = await queue.publish('task', 2, { id: 'order:17' });
      assert.deepEqual(again, { id: 'order:17', isDeduplicated: false });
      const [second] = await queue.receive();
      assert.deepEqual([second?.message.id, second?.message.payload], ['order:17', 2]);
    },
  },
  ...(['waiting', 'delayed', 'active', 'dead'] as const).map(
    (state): QueueCase => ({
      id: 'Q-0C',
      title: `a second publish of the id of a message that is ${state} stores nothing and says so, from any process`,
      async run(context) {
        const queue = context.queue();
        const other = (await context.peer()).queue();
        await queue.publish('task', 'first', { id: 'order-17', delay: state === 'delayed' ? '1h' : 0 });
        if (state === 'active' || state === 'dead') {
          const [delivery] = await queue.receive();
          if (state === 'dead') await delivery?.dead('given up');
        }
        for (const publisher of [queue, other]) {
          assert.deepEqual(await publisher.publish('task', 'second', { id: 'order-17' }), { id: 'order-17', isDeduplicated: true });
          const batch = await publisher.publishBatch([{ type: 'task', payload: 'second', options: { id: 'order-17' } }]);
          assert.deepEqual(batch, [{ id: 'order-17', isDeduplicated: true }]);
        }
        const found = await queue.find('order-17');
        assert.deepEqual([found?.state, found?.message.payload], [state, 'first']);
        assert.equal((await queue.stats()).total_published, 1);
      },
    }),
  ),
  {
    id: 'Q-0C',
    title: 'one id twice in a batch, or in concurrent publishes of several processes, is one message',
    async run(context) {
      const queue = context.queue();
      const other = (await context.peer()).queue();
      const item = { type: 'task', payload: 'work', options: { id: 'twin' } };
      const batch = await queue.publishBatch([item, item]);
      assert.deepEqual(batch, [
        { id: 'twin', isDeduplicated: false },
        { id: 'twin', isDeduplicated: true },
      ]);
      const raced = await Promise.all([queue, other, queue, other].map((publisher) => publisher.publish('task', 'race', { id: 'raced' })));
      assert.equal(raced.filter(({ isDeduplicated }) => !isDeduplicated).length, 1);
      const deliveries = await queue.receive({ max: 10 });
      assert.deepEqual(
        deliveries.map(({ message }) => message.id),
        ['twin', 'raced'],
      );
    },
  },
];
