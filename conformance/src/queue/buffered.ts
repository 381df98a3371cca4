import assert from 'node:assert/strict';
import type { Queue } from '@quayside/core';
import type { QueueContext } from './context.js';
import type { QueueCase } from './queue-case.js';
import type { Recorder } from './recorder.js';

interface HoardingWorker {
  readonly queue: Queue;
  readonly seen: Recorder;
  /** The first runs until the case ends; the others wait in the worker. */
  readonly ids: readonly string[];
}

/** A worker of concurrency 1 that runs one message and holds others which it has not started. */
async function startHoarding(context: QueueContext, maxRetries: number): Promise<HoardingWorker> {
  const gate = context.gate();
  const seen = context.recorder(({ payload }) => (payload === 'warm-up' ? undefined : gate.opened));
  const queue = context.queue({ concurrency: 1, visibilityTimeout: '1s', prefetch: '10m', maxRetries });
  queue.process('task', seen.handle);
  await queue.start();
  // A worker claims ahead once it has measured its handlers.
  for (let count = 0; count < 3; count++) await queue.publish('task', 'warm-up');
  await context.eventually(() => seen.ended.length === 3, 'the worker has measured its handlers');
  const results = await queue.publishBatch(Array.from({ length: 5 }, (_, payload) => ({ type: 'task', payload })));
  await context.eventually(() => seen.running === 1, 'the first runs');
  await context.eventually(async () => (await queue.stats()).processing_count === 5, 'the others are claimed ahead');
  return { queue, seen, ids: results.map(({ id }) => id) };
}

/** What a worker holds and has not started. */
export const bufferedCases: readonly QueueCase[] = [
  {
    id: 'Q-29',
    title: 'a worker is killed while it holds unstarted messages: those return with attempt 1, also with maxRetries 0',
    async run(context) {
      const { queue, ids } = await startHoarding(context, 0);
      const [started, ...unstarted] = ids;
      await context.advance('200ms');
      context.crash(queue);
      const other = (await context.peer()).queue({ concurrency: 1, visibilityTimeout: '1s', maxRetries: 0 });
      const seen = context.recorder();
      other.process('task', seen.handle);
      await other.start();
      await context.within('3s', () => seen.ended.length >= unstarted.length, 'the unstarted are processed');
      await context.within('2s', async () => (await other.stats()).dead_letter_count === 1, 'the started one has no attempt left');
      assert.deepEqual([...seen.ids].sort(), [...unstarted].sort());
      assert.ok(seen.starts.every(({ attempt }) => attempt === 1));
      assert.equal((await other.deadLetters.get(started ?? ''))?.reason, 'attempts-exhausted');
    },
  },
  {
    id: 'Q-29',
    title: 'the store itself: a lease that ran out counts a start where one was marked, at the claim or by extend, and no other',
    async run(context) {
      const client = context.client();
      await client.publishMany(4);
      const claims = await client.claim({ max: 4, startNow: 1, visibilityTimeoutMs: 1_000 });
      assert.deepEqual(
        claims.map(({ starts, deliveries }) => [starts, deliveries]),
        [
          [0, 1],
          [0, 1],
          [0, 1],
          [0, 1],
        ],
      );
      const renewals = claims.map(({ receipt }, index) => ({ receipt, isStarted: index === 1 }));
      assert.deepEqual(await client.store.extend(renewals.slice(1, 3), 1_000), ['held', 'held']);
      await context.advance('1100ms');
      const again = await client.claim({ max: 4 });
      const startsOf = new Map(again.map((claim) => [claim.receipt.id, claim]));
      assert.deepEqual(
        claims.map(({ receipt }) => startsOf.get(receipt.id)?.starts),
        [1, 1, 0, 0],
      );
      assert.ok(again.every(({ deliveries }) => deliveries === 2));
    },
  },
  {
    id: 'Q-29',
    title: 'the store itself: release takes a marked start back, retry counts it once',
    async run(context) {
      const client = context.client();
      await client.publishMany(1);
      const first = await client.claimOne({ startNow: 1 });
      await client.settle({ receipt: first.receipt, outcome: 'release' });
      const second = await client.claimOne({ startNow: 1 });
      assert.deepEqual([second.starts, second.deliveries], [0, 2]);
      await client.settle({ receipt: second.receipt, outcome: 'retry', delayMs: 0, error: '{}' });
      const third = await client.claimOne({ startNow: 0 });
      assert.deepEqual([third.starts, third.deliveries], [1, 3]);
      await client.settle({ receipt: third.receipt, outcome: 'retry', delayMs: 0, error: '{}' });
      const fourth = await client.claimOne();
      assert.deepEqual([fourth.starts, fourth.deliveries], [2, 4]);
    },
  },
  {
    id: 'Q-2A',
    title: 'a message claimed by a call that returns while the worker stops is released, and not stranded',
    async run(context) {
      const reply = context.gate();
      const stopping = context.queue({ visibilityTimeout: '30s' });
      const other = (await context.peer()).queue();
      const seen = context.recorder();
      stopping.process('task', seen.handle);
      await stopping.start();
      await context.settle();
      context.link(stopping).holdReply('exchange', reply);
      const { id } = await other.publish('task', 'work');
      await context.within('1s', async () => (await other.stats()).processing_count === 1, 'the message is claimed');
      const stopped = stopping.stop({ graceMs: 2_000 });
      await context.settle();
      reply.open();
      await context.settles('3s', stopped, 'the worker stops');
      assert.deepEqual(seen.starts, []);
      const [delivery] = await other.receive();
      assert.deepEqual([delivery?.message.id, delivery?.attempt], [id, 1]);
    },
  },
  {
    id: 'Q-2A',
    title: 'what a stopping worker holds goes back at once, uncounted, in the order in which it stood',
    async run(context) {
      const { queue, seen, ids } = await startHoarding(context, 0);
      const other = (await context.peer()).queue();
      const report = await context.settles('3s', queue.stop({ graceMs: 500 }), 'the worker stops');
      assert.equal(report.released, 5);
      assert.equal(seen.starts.length, 4);
      const deliveries = await other.receive({ max: 10 });
      assert.deepEqual(
        deliveries.map(({ message }) => message.id),
        ids,
      );
      assert.ok(deliveries.every(({ attempt }) => attempt === 1));
    },
  },
  {
    id: 'Q-2B',
    title: 'buffered messages are renewed while they wait in the worker',
    async run(context) {
      const { seen } = await startHoarding(context, 3);
      const other = (await context.peer()).queue({ visibilityTimeout: '1s' });
      const elsewhere = context.recorder();
      other.process('marker', elsewhere.handle);
      other.process('task', elsewhere.handle);
      await context.advance('3500ms');
      await other.start();
      const marker = await other.publish('marker', 'marker');
      await context.within('1s', () => elsewhere.ended.includes(marker.id), 'the marker is handled');
      assert.deepEqual(elsewhere.ids, [marker.id]);
      await context.eventually(async () => (await other.stats()).processing_count === 5, 'the five are held still');
      assert.equal((await other.stats()).total_stalled, 0);
      assert.equal(seen.running, 1);
    },
  },
  {
    id: 'Q-2B',
    title: 'a buffered message whose lease was lost meanwhile is never started',
    async run(context) {
      const gate = context.gate();
      const seen = context.recorder(({ payload }) => (payload === 0 ? gate.opened : undefined));
      const queue = context.queue({ concurrency: 1, visibilityTimeout: '1s', prefetch: '10m' });
      queue.process('task', seen.handle);
      await queue.start();
      for (let count = 0; count < 3; count++) await queue.publish('task', 'warm-up');
      await context.eventually(() => seen.ended.length === 3, 'the worker has measured its handlers');
      const results = await queue.publishBatch(Array.from({ length: 5 }, (_, payload) => ({ type: 'task', payload })));
      await context.eventually(async () => (await queue.stats()).processing_count === 5, 'all are claimed');
      await context.eventually(() => seen.running === 1, 'the first runs');
      context.link(queue).silence();
      const other = (await context.peer()).queue({ visibilityTimeout: '1s' });
      const elsewhere = context.recorder();
      other.process('task', elsewhere.handle);
      await other.start();
      await context.within('3s', () => elsewhere.ended.length === 5, 'another worker does them all');
      context.link(queue).heal();
      gate.open();
      const marker = await queue.publish('task', 'marker', { id: 'marker' });
      await context.within('10s', () => [...seen.ended, ...elsewhere.ended].includes(marker.id), 'the marker is handled');
      await context.within('10s', () => seen.running === 0, 'the first handler ends');
      const [first, ...lost] = results.map(({ id }) => id);
      assert.deepEqual(
        lost.filter((id) => seen.startsOf(id).length > 0),
        [],
      );
      assert.equal(seen.startsOf(first ?? '').length, 1);
    },
  },
  {
    id: 'Q-2B',
    title: 'nor is one whose middleware took longer than the lease had',
    async run(context) {
      const gate = context.gate();
      const seen = context.recorder();
      const queue = context.queue({ visibilityTimeout: '1s' });
      let isReached = false;
      queue.use({
        async process({ payload }, next) {
          if (payload === 'slow') {
            isReached = true;
            await gate.opened;
          }
          return next();
        },
      });
      queue.process('task', seen.handle);
      await queue.start();
      const { id } = await queue.publish('task', 'slow');
      await context.eventually(() => isReached, 'its middleware is called');
      context.link(queue).silence();
      const other = (await context.peer()).queue({ visibilityTimeout: '1s' });
      const elsewhere = context.recorder();
      other.process('task', elsewhere.handle);
      await other.start();
      await context.within('3s', () => elsewhere.ended.includes(id), 'another worker does it');
      await other.stop();
      context.link(queue).heal();
      gate.open();
      const marker = await queue.publish('task', 'marker');
      await context.within('10s', () => seen.ended.includes(marker.id), 'the marker is handled');
      assert.deepEqual(seen.startsOf(id), []);
    },
  },
  {
    id: 'Q-79',
    title: 'a worker whose handlers all outlived their leases takes work again as soon as they end',
    async run(context) {
      const gates = context.gate();
      const seen = context.recorder(({ payload }) => (payload === 'long' ? gates.opened : undefined));
      const queue = context.queue({ concurrency: 2, visibilityTimeout: '1s', prefetch: '10m' });
      queue.process('task', seen.handle);
      await queue.start();
      for (let count = 0; count < 3; count++) await queue.publish('task', 'warm-up');
      await context.eventually(() => seen.ended.length === 3, 'the worker has measured its handlers');
      const long = await Promise.all(['long', 'long'].map((payload) => queue.publish('task', payload)));
      await context.eventually(() => seen.running === 2, 'both slots are taken');
      context.link(queue).silence();
      const other = (await context.peer()).queue({ visibilityTimeout: '1s' });
      const elsewhere = context.recorder();
      other.process('task', elsewhere.handle);
      await other.start();
      await context.within('3s', () => long.every(({ id }) => elsewhere.ended.includes(id)), 'another worker does both');
      await other.stop();
      context.link(queue).heal();
      await context.within('10s', () => long.every(({ id }) => seen.startsOf(id)[0]?.context.signal.aborted), 'the first one learns of it');
      gates.open();
      await context.eventually(() => seen.running === 0, 'its handlers end');
      const next = await queue.publish('task', 'next');
      await context.within('1s', () => seen.ended.includes(next.id), 'it handles what comes next');
    },
  },
];
