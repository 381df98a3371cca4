import assert from 'node:assert/strict';
import type { QueueCase } from './queue-case.js';
import { openWorker, passMarker } from './recorded-worker.js';

/** A loop that yields to nobody: no timer fires, and no heartbeat is sent. */
function busyFor(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

/** A handler that lets nothing else in its process run. */
export const blockedCases: readonly QueueCase[] = [
  {
    id: 'Q-88',
    title: 'a handler that never yields is reported as event-loop-blocked, with its message and for how long',
    needs: ['serverClock'],
    isAlone: true,
    async run(context) {
      const worker = openWorker(context, async ({ payload }) => {
        if (payload !== 'busy') return;
        await context.settle();
        busyFor(2_000);
        await context.advance('100ms');
      });
      const told: { readonly id: string; readonly blockedMs: number }[] = [];
      worker.queue.on('event-loop-blocked', ({ id }, blockedMs) => void told.push({ id, blockedMs }));
      await worker.queue.start();
      const { id } = await worker.queue.publish('task', 'busy');
      await context.within('10s', () => worker.endings.length === 1, 'it is settled');
      assert.equal(told[0]?.id, id);
      assert.ok(told[0].blockedMs >= 500 && told[0].blockedMs <= 5_000, `blocked for ${told[0].blockedMs} ms`);
    },
  },
  {
    id: 'Q-88',
    title: 'where nobody else took its message meanwhile, it is kept: completed once, at its first attempt',
    needs: ['serverClock'],
    isAlone: true,
    async run(context) {
      const worker = openWorker(
        context,
        async ({ payload }) => {
          if (payload !== 'busy') return;
          await context.settle();
          busyFor(1_500);
          await context.advance('100ms');
        },
        { visibilityTimeout: '500ms', maxRetries: 0 },
      );
      await worker.queue.start();
      const { id } = await worker.queue.publish('task', 'busy');
      await context.within('10s', async () => (await worker.queue.stats()).total_processed === 1, 'it is completed');
      await passMarker(context, worker);
      assert.equal(worker.seen.startsOf(id).length, 1);
      assert.equal((await worker.queue.stats()).total_stalled, 0);
    },
  },
];
