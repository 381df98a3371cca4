import assert from 'node:assert/strict';
import type { QueueContext } from './context.js';
import type { QueueCase } from './queue-case.js';
import { openWorker, passMarker } from './recorded-worker.js';

/** Lets a while pass that would have sufficed: another queue of the same backend handled a message after it. */
async function letAWhilePass(context: QueueContext): Promise<void> {
  const worker = openWorker(context, undefined, { name: 'others' });
  await worker.queue.start();
  await passMarker(context, worker, { delay: '800ms' });
}

/** A paused queue hands out nothing, to nobody; everything else goes on. */
export const pauseCases: readonly QueueCase[] = [
  {
    id: 'Q-62',
    title: 'pause stops deliveries on every worker, publishing goes on, resume continues',
    async run(context) {
      const workers = [openWorker(context), openWorker(await context.peer())];
      const publisher = context.queue();
      for (const { queue } of workers) await queue.start();
      await publisher.pause();
      for (let index = 0; index < 5; index++) await publisher.publish('task', index);
      await letAWhilePass(context);
      assert.deepEqual(
        workers.flatMap(({ seen }) => seen.ids),
        [],
      );
      assert.deepEqual(await publisher.receive({ max: 5 }), []);
      const { is_paused, queue_length } = await publisher.stats();
      assert.deepEqual([is_paused, queue_length], [true, 5]);
      await publisher.resume();
      const ended = () => workers.flatMap(({ seen }) => seen.ended);
      await context.eventually(() => ended().length === 5, 'all are handled');
      assert.equal(new Set(ended()).size, 5);
      assert.equal((await publisher.stats()).is_paused, false);
    },
  },
  {
    id: 'Q-62',
    title: 'a handler that runs when the queue is paused ends, and is settled',
    async run(context) {
      const gate = context.gate();
      const worker = openWorker(context, () => gate.opened, { concurrency: 1 });
      await worker.queue.publishBatch([
        { type: 'task', payload: 'runs' },
        { type: 'task', payload: 'waits' },
      ]);
      await worker.queue.start();
      await context.eventually(() => worker.seen.running === 1, 'the first one runs');
      await worker.queue.pause();
      gate.open();
      await context.eventually(() => worker.endings.length === 1, 'it is settled');
      await letAWhilePass(context);
      assert.deepEqual(worker.seen.payloads, ['runs']);
      assert.equal((await worker.queue.stats()).total_processed, 1);
    },
  },
  {
    id: 'Q-62',
    title: 'a paused queue stays paused when its workers are replaced',
    async run(context) {
      const first = openWorker(context);
      await first.queue.start();
      await first.queue.pause();
      await first.queue.stop();
      const second = openWorker(await context.peer());
      await second.queue.start();
      await second.queue.publish('task', 'work');
      await letAWhilePass(context);
      assert.deepEqual(second.seen.ids, []);
      await second.queue.resume();
      await context.eventually(() => second.seen.ended.length === 1, 'it is handled');
    },
  },
  {
    id: 'Q-62',
    title: 'pause and resume twice are as once',
    async run(context) {
      const worker = openWorker(context);
      await worker.queue.start();
      await worker.queue.pause();
      await worker.queue.pause();
      await worker.queue.publish('task', 'work');
      await worker.queue.resume();
      await context.eventually(() => worker.seen.ended.length === 1, 'it is handled');
      await worker.queue.resume();
      await passMarker(context, worker);
    },
  },
  {
    id: 'Q-58',
    title: 'while paused, delays and retries fall due and leases end, nothing is delivered; on resume all come in order',
    async run(context) {
      const [publisher, vanishing] = [context.queue(), (await context.peer()).queue()];
      await publisher.publishBatch([
        { type: 'task', payload: 'retried' },
        { type: 'task', payload: 'stalled' },
      ]);
      const [retried] = await publisher.receive({ visibilityTimeout: '1h' });
      const [stalled] = await vanishing.receive({ visibilityTimeout: '450ms' });
      assert.deepEqual([retried?.message.payload, stalled?.message.payload], ['retried', 'stalled']);
      context.crash(vanishing);
      await publisher.pause();
      await publisher.publish('task', 'waited');
      await publisher.publish('task', 'delayed', { delay: '100ms' });
      await retried?.retry({ delay: '200ms', error: new Error('not yet') });
      await publisher.publish('task', 'urgent', { delay: '250ms', priority: 'high' });
      const worker = openWorker(await context.peer(), undefined, { concurrency: 1, prefetch: 0 });
      await worker.queue.start();
      await letAWhilePass(context);
      assert.deepEqual(worker.seen.ids, []);
      assert.deepEqual(await publisher.receive({ max: 10 }), []);
      await worker.queue.resume();
      await context.within('5s', () => worker.seen.ended.length === 5, 'all are handled');
      assert.deepEqual(worker.seen.payloads, ['urgent', 'waited', 'delayed', 'retried', 'stalled']);
      assert.deepEqual(
        worker.seen.starts.map(({ attempt }) => attempt),
        [1, 1, 1, 2, 2],
      );
    },
  },
];
