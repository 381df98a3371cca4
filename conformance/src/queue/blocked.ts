import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import type { QueueContext } from './context.js';
import type { QueueCase } from './queue-case.js';
import { openWorker, passMarker, type RecordedWorker } from './recorded-worker.js';

/** A loop that yields to nobody: no timer fires, and no heartbeat is sent. */
function busyFor(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

/** Each message that is reported, and for how long. */
function blockedBy({ queue }: RecordedWorker): readonly { readonly id: string; readonly blockedMs: number }[] {
  const told: { readonly id: string; readonly blockedMs: number }[] = [];
  queue.on('event-loop-blocked', ({ id }, blockedMs) => void told.push({ id, blockedMs }));
  return told;
}

async function assertReported(context: QueueContext, worker: RecordedWorker): Promise<void> {
  const told = blockedBy(worker);
  await worker.queue.start();
  await passMarker(context, worker);
  const { id } = await worker.queue.publish('task', 'busy');
  await context.within('10s', () => worker.endings.length === 2, 'it is settled');
  assert.deepEqual(new Set(told.map((one) => one.id)), new Set([id]));
  for (const { blockedMs } of told) assert.ok(blockedMs >= 500 && blockedMs <= 5_000, `blocked for ${blockedMs} ms`);
}

/** A handler that lets nothing else in its process run. */
export const blockedCases: readonly QueueCase[] = [
  {
    id: 'Q-88',
    title: 'a handler that never yields is reported as event-loop-blocked, with its message and for how long',
    needs: ['serverClock'],
    isAlone: true,
    run: (context) =>
      assertReported(
        context,
        openWorker(context, ({ payload }) => payload === 'busy' && busyFor(1_500)),
      ),
  },
  {
    id: 'Q-88',
    title: 'so is one that yields first, and then no more',
    needs: ['serverClock'],
    isAlone: true,
    run(context) {
      const worker = openWorker(context, async ({ payload }) => {
        if (payload !== 'busy') return;
        await context.settle();
        busyFor(2_000);
        await context.advance('100ms');
      });
      return assertReported(context, worker);
    },
  },
  {
    id: 'Q-88',
    title:
      'where nobody else took its message meanwhile, it is kept, also when a neighbour ends first: completed once, at its first attempt',
    needs: ['serverClock'],
    isAlone: true,
    async run(context) {
      const gate = context.gate();
      const worker = openWorker(
        context,
        async ({ payload }) => {
          if (payload === 'neighbour') await gate.opened;
          if (payload !== 'busy') return;
          // After input the event loop turns to what was deferred, before it looks at the timers: the neighbour's end outruns the heartbeat.
          await stat('.');
          busyFor(1_500);
          gate.open();
          await context.advance('100ms');
        },
        { visibilityTimeout: '500ms', maxRetries: 0, concurrency: 2 },
      );
      await worker.queue.start();
      const { id: neighbour } = await worker.queue.publish('task', 'neighbour');
      const { id } = await worker.queue.publish('task', 'busy');
      await context.within('10s', async () => (await worker.queue.stats()).total_processed === 2, 'both are completed');
      await passMarker(context, worker);
      assert.deepEqual([worker.seen.startsOf(id).length, worker.seen.startsOf(neighbour).length], [1, 1]);
      assert.equal((await worker.queue.stats()).total_stalled, 0);
    },
  },
];
