import assert from 'node:assert/strict';
import type { StoreMethod } from '@quayside/core';
import type { Need } from '../case.js';
import type { QueueContext, QueueSetup } from './context.js';
import { assertPunctual } from './punctuality.js';
import type { QueueCase } from './queue-case.js';
import { marker, openWorker, passMarker, type RecordedWorker } from './recorded-worker.js';

const needs: readonly Need[] = ['wakes'];

/** A worker that looks now and then would not be in time. */
const unpolled: QueueSetup = { pollInterval: '1h' };

const storeMethods: readonly StoreMethod[] = ['publish', 'exchange', 'extend', 'wait', 'find', 'list', 'stats'];

async function openIdle(context: QueueContext): Promise<RecordedWorker> {
  const worker = openWorker(await context.peer(), undefined, unpolled);
  await worker.queue.start();
  await passMarker(context, worker);
  return worker;
}

/** What makes a message claimable while the worker is idle. */
interface Step {
  readonly id: string;
  act(): Promise<unknown>;
}

/** How long after each step the worker starts its message. */
async function measure(context: QueueContext, { seen }: RecordedWorker, steps: readonly Step[]): Promise<readonly number[]> {
  const latencies: number[] = [];
  for (const { id, act } of steps) {
    const earlier = seen.startsOf(id).length;
    const begun = context.now();
    await act();
    await context.within('5s', () => seen.startsOf(id).length > earlier && seen.running === 0, 'the message is handled');
    latencies.push((seen.startsOf(id).at(-1)?.at ?? 0) - begun);
  }
  return latencies;
}

const five = Array.from({ length: 5 }, (_, index) => ({ type: 'task', payload: index }));

/** An idle worker sleeps, and whatever gives it work wakes it. */
export const wakingCases: readonly QueueCase[] = [
  {
    id: 'Q-68',
    title: 'an idle worker learns of a publish from another process without waiting for its poll interval',
    isAlone: true,
    needs,
    async run(context) {
      const worker = await openIdle(context);
      const steps = five.map(({ payload }) => {
        const id = `message-${payload}`;
        return { id, act: () => context.queue().publish('task', payload, { id }) };
      });
      assertPunctual(context, await measure(context, worker, steps), 20);
    },
  },
  {
    id: 'Q-68',
    title: 'an idle worker costs at most two calls a second',
    needs,
    async run(context) {
      const { queue } = await openIdle(context);
      const calls = () => storeMethods.reduce((sum, method) => sum + context.link(queue).calls(method), 0);
      const before = calls();
      await context.advance('4s');
      assert.ok(calls() - before <= 8, `${calls() - before} calls in 4 s`);
    },
  },
  {
    id: 'Q-79',
    title: 'a worker with all slots busy hides no message from an idle one',
    needs,
    async run(context) {
      const gate = context.gate();
      const busy = openWorker(context, () => gate.opened, { ...unpolled, concurrency: 1 });
      await busy.queue.publishBatch(five);
      await busy.queue.start();
      await context.eventually(() => busy.seen.running === 1, 'the first worker is busy');
      const idle = openWorker(await context.peer(), undefined, { ...unpolled, concurrency: 1 });
      await idle.queue.start();
      await context.within('2s', () => idle.seen.ended.length === 4, 'the idle worker handles the rest of the backlog');
      for (let count = 5; count <= 10; count++) {
        await busy.queue.publish('task', count);
        await context.within('2s', () => idle.seen.ended.length === count, `the idle worker handles message ${count}`);
      }
      assert.equal(busy.seen.starts.length, 1);
    },
  },
  {
    id: 'Q-79',
    title: 'a worker whose handlers are slow claims nothing ahead: the backlog is there for an idle one',
    needs,
    async run(context) {
      const gate = context.gate();
      const slowly = ({ payload }: { readonly payload: unknown }) => (payload === marker ? context.advance('200ms') : gate.opened);
      const slow = openWorker(context, slowly, { ...unpolled, concurrency: 1 });
      await slow.queue.start();
      await passMarker(context, slow);
      await slow.queue.publishBatch(five);
      await context.eventually(() => slow.seen.running === 1, 'the slow worker has taken one');
      const idle = openWorker(await context.peer(), undefined, { ...unpolled, concurrency: 1 });
      await idle.queue.start();
      await context.within('2s', () => idle.seen.ended.length === 4, 'the idle worker handles the rest');
      assert.equal(slow.seen.starts.length, 2);
    },
  },
  ...(['released', 'retried'] as const).map(
    (how): QueueCase => ({
      id: 'Q-79',
      title: `a ${how} message wakes an idle worker within 50 ms`,
      needs,
      async run(context) {
        const queue = context.queue();
        await queue.publishBatch(five);
        const deliveries = await queue.receive({ max: 5, visibilityTimeout: '1h' });
        assert.equal(deliveries.length, 5);
        const worker = await openIdle(context);
        const steps = deliveries.map((delivery) => ({
          id: delivery.message.id,
          act: () => (how === 'released' ? delivery.release() : delivery.retry({ delay: 0 })),
        }));
        assertPunctual(context, await measure(context, worker, steps));
      },
    }),
  ),
  {
    id: 'Q-79',
    title: 'a promoted message wakes an idle worker within 50 ms',
    isAlone: true,
    needs,
    async run(context) {
      const queue = context.queue();
      const results = await queue.publishBatch(five.map((item) => ({ ...item, options: { delay: '1h' } })));
      const worker = await openIdle(context);
      const steps = results.map(({ id }) => ({ id, act: () => queue.promote(id) }));
      assertPunctual(context, await measure(context, worker, steps));
    },
  },
  {
    id: 'Q-79',
    title: 'a redriven message wakes an idle worker within 50 ms',
    isAlone: true,
    needs,
    async run(context) {
      const queue = context.queue();
      await queue.publishBatch(five);
      const deliveries = await queue.receive({ max: 5 });
      for (const delivery of deliveries) await delivery.dead('broken');
      const worker = await openIdle(context);
      const steps = deliveries.map(({ message: { id } }) => ({ id, act: () => queue.deadLetters.redrive(id) }));
      assertPunctual(context, await measure(context, worker, steps));
    },
  },
  {
    id: 'Q-79',
    title: 'a resumed queue wakes an idle worker within 50 ms',
    isAlone: true,
    needs,
    async run(context) {
      const queue = context.queue();
      const worker = await openIdle(context);
      const latencies: number[] = [];
      for (const { payload } of five) {
        await queue.pause();
        const { id } = await queue.publish('task', payload);
        await context.settle();
        latencies.push(...(await measure(context, worker, [{ id, act: () => queue.resume() }])));
      }
      assertPunctual(context, latencies);
    },
  },
];
