import assert from 'node:assert/strict';
import { ConfigError, PayloadError, TimeoutError } from '@quayside/core';
import type { QueueCase } from './queue-case.js';
import { marker, openWorker, passMarker, untilAborted, untilDead } from './recorded-worker.js';

/** So many handlers at a time, each for as long as its timeout allows. */
export const workerCases: readonly QueueCase[] = [
  {
    id: 'Q-60',
    title: 'concurrency 5: five handlers at once are reached, and never more',
    async run(context) {
      const gate = context.gate();
      const worker = openWorker(context, () => gate.opened, { concurrency: 5 });
      await worker.queue.publishBatch(Array.from({ length: 20 }, (_, payload) => ({ type: 'task', payload })));
      await worker.queue.start();
      await context.eventually(() => worker.seen.running === 5, 'five run at once');
      gate.open();
      await context.eventually(() => worker.endings.length === 20, 'all are settled');
      assert.equal(worker.seen.mostAtOnce, 5);
    },
  },
  {
    id: 'Q-60',
    title: 'a free slot is filled while the other handlers go on',
    async run(context) {
      const [slow, quick] = [context.gate(), context.gate()];
      const worker = openWorker(context, ({ payload }) => (payload === 'slow' ? slow.opened : quick.opened), { concurrency: 2 });
      await worker.queue.publishBatch(['slow', 'quick', 'quick', 'quick'].map((payload) => ({ type: 'task', payload })));
      await worker.queue.start();
      await context.eventually(() => worker.seen.running === 2, 'two run at once');
      quick.open();
      await context.eventually(() => worker.seen.ended.length === 3, 'the quick ones pass the slow one');
      assert.equal(worker.seen.running, 1);
      assert.equal(worker.seen.mostAtOnce, 2);
    },
  },
  {
    id: 'Q-60',
    title: 'a removed handler starts no more, and remove resolves when its running calls have ended',
    async run(context) {
      const gate = context.gate();
      const [queue, seen] = [context.queue({ concurrency: 1 }), context.recorder(() => gate.opened)];
      const registration = queue.process('task', seen.handle);
      const { id: running } = await queue.publish('task', 'runs');
      const { id: waiting } = await queue.publish('task', 'waits');
      await queue.start();
      await context.eventually(() => seen.running === 1, 'the first one runs');
      let isRemoved = false;
      const removing = registration.remove().then(() => {
        isRemoved = true;
      });
      await context.settle();
      assert.equal(isRemoved, false);
      gate.open();
      await context.settles('2s', removing, 'remove resolves');
      const successor = context.recorder();
      queue.process('task', successor.handle);
      await context.within('5s', () => successor.ended.length === 1, 'the next handler has the other message');
      assert.deepEqual([seen.ids, successor.ids], [[running], [waiting]]);
      assert.equal(successor.starts[0]?.attempt, 1);
    },
  },
  {
    id: 'Q-60',
    title: 'a type has one handler',
    async run(context) {
      const queue = context.queue();
      const registration = queue.process('task', () => {});
      assert.throws(() => queue.process('task', () => {}), ConfigError);
      assert.throws(() => queue.processBatch('task', () => {}, { size: 2 }), ConfigError);
      await registration.remove();
      queue.process('task', () => {});
    },
  },
  {
    id: 'Q-61',
    title: 'a handler that never ends is ended by its timeout: signal aborted, attempt failed, slot free again',
    async run(context) {
      const never = context.gate();
      const worker = openWorker(context, ({ payload }) => payload !== marker && never.opened, {
        concurrency: 1,
        maxRetries: 0,
        timeout: '300ms',
      });
      const { id } = await worker.queue.publish('task', 'hangs');
      await worker.queue.start();
      await untilDead(context, worker.queue, id);
      const [start] = worker.seen.startsOf(id);
      assert.ok(start?.context.signal.reason instanceof TimeoutError);
      const dead = await worker.queue.deadLetters.get(id);
      assert.deepEqual([dead?.reason, dead?.errors[0]?.name], ['attempts-exhausted', 'TimeoutError']);
      const heldMs = (dead?.errors[0]?.at ?? 0) - start.at;
      assert.ok(heldMs >= 299 && heldMs <= 3_000, `ended after ${heldMs} ms`);
      assert.equal((await worker.queue.stats()).total_failed, 1);
      await passMarker(context, worker);
    },
  },
  {
    id: 'Q-61',
    title: 'a handler that ends when its timeout aborts it has failed as well, and is tried again',
    async run(context) {
      const work = (_: unknown, handling: { readonly attempt: number; readonly signal: AbortSignal }) =>
        handling.attempt === 1 ? untilAborted(handling) : undefined;
      const worker = openWorker(context, work, { backoff: { type: 'fixed', delay: '10ms' } });
      const { id } = await worker.queue.publish('task', 'slow', { timeout: '100ms' });
      await worker.queue.start();
      await context.within('5s', () => worker.endings.length === 2, 'both attempts are settled');
      assert.deepEqual(
        worker.endings.map(({ ending }) => ending.outcome),
        ['retry', 'complete'],
      );
      assert.deepEqual(
        worker.seen.startsOf(id).map(({ attempt }) => attempt),
        [1, 2],
      );
      assert.equal((await worker.queue.stats()).total_failed, 1);
    },
  },
  {
    id: 'Q-61',
    title: 'what a handler does after its timeout counts no more',
    async run(context) {
      const late = context.gate();
      const worker = openWorker(context, ({ payload }) => payload !== marker && late.opened, {
        concurrency: 1,
        maxRetries: 0,
        timeout: '100ms',
      });
      const { id } = await worker.queue.publish('task', 'slow');
      await worker.queue.start();
      await untilDead(context, worker.queue, id);
      late.open();
      await passMarker(context, worker);
      await context.eventually(async () => (await worker.queue.stats()).total_processed === 1, 'the marker is completed');
      assert.equal((await worker.queue.find(id))?.state, 'dead');
      assert.deepEqual(worker.errors, []);
    },
  },
  {
    id: 'Q-67',
    title: 'progress and value of a handler are told by the events of its process',
    async run(context) {
      const told: unknown[] = [];
      const worker = openWorker(context, (_, { progress }) => {
        progress({ done: 1, of: 2 });
        progress('halfway');
        return { text: 'hello' };
      });
      worker.queue.on('active', ({ id, attempt }) => void told.push(['active', id, attempt]));
      worker.queue.on('progress', ({ id }, value) => void told.push(['progress', id, value]));
      worker.queue.on('settled', ({ id }, ending) => void told.push([ending.outcome, id, ending.outcome === 'complete' && ending.value]));
      await worker.queue.start();
      const { id } = await worker.queue.publish('task', 'work', { headers: { trace: 'a-1' } });
      await context.eventually(() => told.length === 4, 'all is told');
      assert.deepEqual(told, [
        ['active', id, 1],
        ['progress', id, { done: 1, of: 2 }],
        ['progress', id, 'halfway'],
        ['complete', id, { text: 'hello' }],
      ]);
    },
  },
  {
    id: 'Q-67',
    title: 'progress that the codec can not carry is refused in the handler',
    async run(context) {
      const refused: unknown[] = [];
      const worker = openWorker(context, (_, handling) => {
        try {
          handling.progress(() => 'not data');
        } catch (error) {
          refused.push(error);
        }
      });
      await worker.queue.start();
      await passMarker(context, worker);
      assert.ok(refused[0] instanceof PayloadError);
    },
  },
  {
    id: 'Q-71',
    title: 'a worker that starts while another is in the middle of a message does not take it',
    async run(context) {
      const gate = context.gate();
      const first = openWorker(context, () => gate.opened, { concurrency: 1 });
      const { id } = await first.queue.publish('task', 'work');
      await first.queue.start();
      await context.eventually(() => first.seen.running === 1, 'the first worker runs it');
      const second = openWorker(await context.peer());
      await second.queue.start();
      await passMarker(context, second);
      assert.deepEqual(second.seen.startsOf(id), []);
      gate.open();
      await context.eventually(async () => (await second.queue.stats()).total_processed === 2, 'both are completed');
      assert.deepEqual([first.seen.starts.length, second.seen.starts.length], [1, 1]);
    },
  },
];
