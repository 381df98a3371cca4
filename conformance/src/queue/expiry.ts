import assert from 'node:assert/strict';
import { ConfigError } from '@quayside/core';
import type { QueueContext } from './context.js';
import type { QueueCase } from './queue-case.js';
import { marker, openWorker, passMarker, type RecordedWorker, untilDead } from './recorded-worker.js';

/** Gone, counted and told. */
async function assertExpired(context: QueueContext, { queue, endings }: RecordedWorker, id: string): Promise<void> {
  await context.within('5s', async () => (await queue.stats()).total_expired === 1, 'it is counted as expired');
  await context.eventually(() => endings.some(({ message }) => message.id === id), 'its end is told');
  assert.deepEqual(endings.findLast(({ message }) => message.id === id)?.ending, { outcome: 'drop', as: 'expired' });
  assert.equal(await queue.find(id), undefined);
  assert.equal((await queue.stats()).dead_letter_count, 0);
}

/** What comes too late does not come. */
export const expiryCases: readonly QueueCase[] = [
  {
    id: 'Q-54',
    title: 'a message whose ttl passed while it waited is never delivered, and counted; one with time left is',
    async run(context) {
      const worker = openWorker(context);
      const { id } = await worker.queue.publish('task', 'late', { ttl: '100ms' });
      await worker.queue.publish('task', 'in time', { ttl: '1h' });
      await context.advance('150ms');
      await worker.queue.start();
      await passMarker(context, worker);
      assert.deepEqual(worker.seen.payloads, ['in time', marker]);
      await assertExpired(context, worker, id);
    },
  },
  {
    id: 'Q-54',
    title: 'a message whose ttl passes while it is delayed is never delivered',
    async run(context) {
      const worker = openWorker(context);
      const { id } = await worker.queue.publish('task', 'late', { delay: '200ms', ttl: '100ms' });
      await worker.queue.start();
      await passMarker(context, worker, { delay: '400ms' });
      assert.deepEqual(worker.seen.startsOf(id), []);
      await assertExpired(context, worker, id);
    },
  },
  {
    id: 'Q-54',
    title: 'a message whose ttl passes between two attempts is not tried again',
    async run(context) {
      const failing = ({ payload }: { readonly payload: unknown }) => assert.equal(payload, marker, 'broken');
      const worker = openWorker(context, failing, { backoff: { type: 'fixed', delay: '1200ms', jitter: 'none' } });
      const { id } = await worker.queue.publish('task', 'work', { ttl: '1s' });
      await worker.queue.start();
      await context.eventually(() => worker.endings.length === 1, 'the first attempt is settled');
      await passMarker(context, worker, { delay: '1500ms' });
      assert.equal(worker.seen.startsOf(id).length, 1);
      await assertExpired(context, worker, id);
    },
  },
  {
    id: 'Q-54',
    title: 'a message whose ttl passes behind a busy handler of its worker is not started',
    async run(context) {
      const gate = context.gate();
      const worker = openWorker(context, ({ payload }) => payload === 'blocks' && gate.opened, { concurrency: 1 });
      await worker.queue.start();
      await passMarker(context, worker);
      await worker.queue.publishBatch([
        { type: 'task', payload: 'blocks' },
        { type: 'task', payload: 'late', options: { ttl: '300ms', id: 'late' } },
      ]);
      await context.eventually(() => worker.seen.running === 1, 'the first one runs');
      await context.advance('350ms');
      gate.open();
      await passMarker(context, worker);
      assert.deepEqual(worker.seen.startsOf('late'), []);
      await assertExpired(context, worker, 'late');
    },
  },
  {
    id: 'Q-54',
    title: 'an expired message is not pulled either',
    async run(context) {
      const queue = context.queue();
      await queue.publish('task', 'late', { ttl: '50ms' });
      await context.advance('100ms');
      await queue.publish('task', 'in time');
      const deliveries = await queue.receive({ max: 10, wait: '1s' });
      assert.deepEqual(
        deliveries.map(({ message }) => message.payload),
        ['in time'],
      );
      await context.within('5s', async () => (await queue.stats()).total_expired === 1, 'the late one is counted');
    },
  },
  {
    id: 'Q-54',
    title: 'with deadLetterExpired it goes to the dead letters, with the reason',
    async run(context) {
      const worker = openWorker(context, undefined, { deadLetterExpired: true });
      const { id } = await worker.queue.publish('task', 'late', { ttl: '50ms' });
      await context.advance('100ms');
      await worker.queue.start();
      await untilDead(context, worker.queue, id);
      const dead = await worker.queue.deadLetters.get(id);
      assert.deepEqual([dead?.reason, dead?.message.payload, dead?.attempts], ['expired', 'late', 0]);
      assert.deepEqual(worker.seen.starts, []);
    },
  },
  {
    id: 'Q-54',
    title: 'a ttl that is no duration is refused',
    async run(context) {
      const queue = context.queue();
      for (const ttl of [-1, Number.NaN, 'soon']) await assert.rejects(queue.publish('task', 'work', { ttl }), ConfigError);
      assert.equal((await queue.stats()).total_published, 0);
    },
  },
];
