import assert from 'node:assert/strict';
import type { QueueCase } from './queue-case.js';
import { openWorker, passMarker } from './recorded-worker.js';

/** A connection over which nothing comes back, though nobody says that it is gone. */
export const silenceCases: readonly QueueCase[] = [
  {
    id: 'Q-76',
    title: 'a wait that never returns: the worker goes on within 5 s of the way being clear',
    needs: ['shared'],
    async run(context) {
      const worker = openWorker(await context.peer());
      const publisher = context.queue();
      await worker.queue.start();
      await passMarker(context, worker);
      context.link(worker.queue).silence();
      const { id } = await publisher.publish('task', 'work');
      await context.settle();
      assert.deepEqual(worker.seen.startsOf(id), []);
      context.link(worker.queue).heal();
      await context.within('5s', () => worker.seen.ended.includes(id), 'the message is handled');
      await passMarker(context, worker);
    },
  },
  {
    id: 'Q-76',
    title: 'calls that are never answered while messages run: what was handled is settled once the way is clear',
    needs: ['shared'],
    timeoutMs: 20_000,
    async run(context) {
      const gate = context.gate();
      const worker = openWorker(await context.peer(), () => gate.opened, { visibilityTimeout: '30s' });
      const publisher = context.queue();
      const { id } = await publisher.publish('task', 'work');
      await worker.queue.start();
      await context.eventually(() => worker.seen.running === 1, 'it runs');
      context.link(worker.queue).silence();
      gate.open();
      await context.advance('3s');
      assert.equal((await publisher.find(id))?.state, 'active');
      context.link(worker.queue).heal();
      await context.within('6s', async () => (await publisher.stats()).total_processed === 1, 'it is settled');
      await passMarker(context, worker);
      assert.equal(worker.seen.startsOf(id).length, 1);
    },
  },
  {
    id: 'Q-76',
    title: 'a server that froze and goes on: the worker goes on within 5 s',
    needs: ['faults.pause', 'faults.resume'],
    timeoutMs: 30_000,
    async run(context) {
      const { faults } = context.scope.harness;
      const worker = openWorker(context);
      await worker.queue.start();
      await passMarker(context, worker);
      await faults?.pause?.();
      await context.advance('6s');
      await faults?.resume?.();
      const { id } = await context.settles('5s', context.queue().publish('task', 'work'), 'a publish resolves');
      await context.within('5s', () => worker.seen.ended.includes(id), 'the message is handled');
    },
  },
  {
    id: 'Q-76',
    title: 'a connection that was cut and comes back: the worker goes on within 5 s',
    needs: ['faults.cut', 'faults.heal'],
    timeoutMs: 30_000,
    async run(context) {
      const { faults } = context.scope.harness;
      const worker = openWorker(context);
      await worker.queue.start();
      await passMarker(context, worker);
      await faults?.cut?.();
      await context.advance('3s');
      await faults?.heal?.();
      const { id } = await context.settles('5s', context.queue().publish('task', 'work'), 'a publish resolves');
      await context.within('5s', () => worker.seen.ended.includes(id), 'the message is handled');
    },
  },
];
