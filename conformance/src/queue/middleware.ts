import assert from 'node:assert/strict';
import type { Middleware } from '@quayside/core';
import type { QueueCase } from './queue-case.js';
import { marker, openWorker, passMarker, untilDead } from './recorded-worker.js';

/** Stands round publish and process, and before every settlement. */
export const middlewareCases: readonly QueueCase[] = [
  {
    id: 'Q-70',
    title: 'runs in order around publish and process, the first added outermost',
    async run(context) {
      const told: string[] = [];
      const telling = (name: string): Middleware => ({
        async publish(message, next) {
          told.push(`${name} before publish`);
          const result = await next(message);
          told.push(`${name} after publish`);
          return result;
        },
        async process(_, next) {
          told.push(`${name} before process`);
          const value = await next();
          told.push(`${name} after process`);
          return value;
        },
      });
      const worker = openWorker(context, () => void told.push('handler'));
      worker.queue.use(telling('outer')).use(telling('inner'));
      await worker.queue.publish('task', 'work');
      assert.deepEqual(told, ['outer before publish', 'inner before publish', 'inner after publish', 'outer after publish']);
      told.length = 0;
      await worker.queue.start();
      await context.eventually(() => worker.endings.length === 1, 'it is handled');
      assert.deepEqual(told, ['outer before process', 'inner before process', 'handler', 'inner after process', 'outer after process']);
    },
  },
  {
    id: 'Q-70',
    title: 'may change payload and headers on the way out, and the value on the way in',
    async run(context) {
      const worker = openWorker(context, () => 'value');
      worker.queue.use({
        publish: (message, next) =>
          next({ ...message, payload: { wrapped: message.payload }, headers: { ...message.headers, trace: 'a-1' } }),
        process: async (_, next) => `changed ${await next()}`,
      });
      await worker.queue.publish('task', 'work', { headers: { room: '7' } });
      await worker.queue.start();
      await context.eventually(() => worker.endings.length === 1, 'it is handled');
      const [start] = worker.seen.starts;
      assert.deepEqual(start?.message.payload, { wrapped: 'work' });
      assert.deepEqual(start?.message.headers, { room: '7', trace: 'a-1' });
      assert.deepEqual(worker.endings[0]?.ending, { outcome: 'complete', value: 'changed value' });
    },
  },
  {
    id: 'Q-70',
    title: 'may refuse a publish: the caller is given its error, and nothing is stored, of a batch neither',
    async run(context) {
      const refusal = new Error('not on Sundays');
      const queue = context.queue().use({
        publish: async (message, next) => {
          if (message.payload === 'refused') throw refusal;
          return next(message);
        },
      });
      await assert.rejects(queue.publish('task', 'refused'), refusal);
      await assert.rejects(
        queue.publishBatch([
          { type: 'task', payload: 'fine' },
          { type: 'task', payload: 'refused' },
        ]),
        refusal,
      );
      await context.settle();
      const { total_published, queue_length } = await queue.stats();
      assert.deepEqual([total_published, queue_length], [0, 0]);
      await queue.publish('task', 'fine');
      assert.equal((await queue.stats()).total_published, 1);
    },
  },
  {
    id: 'Q-70',
    title: 'may refuse to process: the attempt has failed, the handler did not run',
    async run(context) {
      const worker = openWorker(context, undefined, { maxRetries: 0 });
      worker.queue.use({
        process: (message, next) => (message.payload === marker ? next() : Promise.reject(new Error('not allowed'))),
      });
      const { id } = await worker.queue.publish('task', 'work');
      await worker.queue.start();
      await untilDead(context, worker.queue, id);
      await passMarker(context, worker);
      assert.deepEqual(worker.seen.payloads, [marker]);
      const dead = await worker.queue.deadLetters.get(id);
      assert.deepEqual([dead?.reason, dead?.errors[0]?.message], ['attempts-exhausted', 'not allowed']);
    },
  },
  {
    id: 'Q-70',
    title: 'beforeSettle runs before every settlement, whatever its outcome, also where no handler ran',
    async run(context) {
      const told: unknown[] = [];
      const failing = ({ payload }: { readonly payload: unknown }) => assert.notEqual(payload, 'fails', 'broken');
      const worker = openWorker(context, failing, { maxRetries: 1, backoff: { type: 'fixed', delay: '10ms' } });
      worker.queue.use({
        async beforeSettle({ id, type, attempt }, ending) {
          const found = await worker.queue.find(id);
          told.push([type, ending.outcome, attempt, found?.state]);
        },
      });
      await worker.queue.start();
      await worker.queue.publish('task', 'works');
      await context.within('5s', () => told.length === 1, 'one is told');
      await worker.queue.publish('task', 'fails');
      await context.within('5s', () => told.length === 3, 'its attempts are told');
      await worker.queue.publish('stranger', 'nobody knows it', { maxDeliveries: 2 });
      await context.within('5s', () => told.length === 5, 'its hand-overs are told');
      assert.deepEqual(told, [
        ['task', 'complete', 1, 'active'],
        ['task', 'retry', 1, 'active'],
        ['task', 'dead', 2, 'active'],
        ['stranger', 'release', 1, 'active'],
        ['stranger', 'dead', 1, 'active'],
      ]);
    },
  },
  {
    id: 'Q-70',
    title: 'where beforeSettle rejects, the message is released instead, uncounted, and the error is told',
    async run(context) {
      let failures = 2;
      const worker = openWorker(context, undefined, { maxRetries: 0 });
      worker.queue.use({
        async beforeSettle() {
          if (failures-- > 0) throw new Error('could not write it down');
        },
      });
      const { id } = await worker.queue.publish('task', 'work');
      await worker.queue.start();
      await context.within('10s', async () => (await worker.queue.stats()).total_processed === 1, 'it is completed in the end');
      assert.deepEqual(
        worker.seen.startsOf(id).map(({ attempt }) => attempt),
        [1, 1, 1],
      );
      assert.deepEqual(
        worker.errors.map(({ message }) => message),
        ['could not write it down', 'could not write it down'],
      );
      assert.equal((await worker.queue.stats()).total_failed, 0);
    },
  },
];
