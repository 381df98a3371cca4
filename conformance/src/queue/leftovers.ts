import assert from 'node:assert/strict';
import type { QueueContext } from './context.js';
import type { QueueCase } from './queue-case.js';
import { openWorker, type RecordedWorker } from './recorded-worker.js';

/** Messages of every kind, from publish to their end. */
async function doWork(context: QueueContext, { queue, seen }: RecordedWorker, count: number): Promise<void> {
  const first = seen.ended.length;
  for (let index = 0; index < count; index++) {
    await queue.publish('task', 'works', { priority: 'high', headers: { trace: 'a-1' } });
    await queue.publish('task', 'fails once', { deduplication: { id: `once-${seen.ended.length}-${index}`, window: '100ms' } });
    await queue.publish('task', 'works', { delay: '20ms', id: `own-${first}-${index}` });
    const { id } = await queue.publish('task', 'cancelled', { delay: '1h' });
    await queue.cancel(id);
  }
  await context.settles('10s', queue.drain(), 'all is done');
  await context.advance('200ms');
}

/** What is done leaves nothing behind. */
export const leftoverCases: readonly QueueCase[] = [
  {
    id: 'Q-86',
    title: 'after all work is done no key of a message is left: ten times the work leaves no key more',
    needs: ['keys'],
    timeoutMs: 30_000,
    async run(context) {
      const failing = ({ payload }: { readonly payload: unknown }, { attempt }: { readonly attempt: number }) => {
        if (payload === 'fails once') assert.equal(attempt, 2, 'not yet');
      };
      const worker = openWorker(context, failing, { backoff: { type: 'fixed', delay: '10ms' } });
      await worker.queue.start();
      await doWork(context, worker, 5);
      const before = await context.keys();
      await doWork(context, worker, 50);
      // What is over may be swept out at the worker's next look.
      const isNoMore = async () => (await context.keys()).every((key) => before.includes(key));
      await context.within('10s', isNoMore, `no key is left beside ${before.join(', ')}`);
      const after = await context.keys();
      for (const id of worker.seen.ids) assert.ok(!after.some((key) => key.includes(id)), `a key of ${id} is left`);
    },
  },
];
