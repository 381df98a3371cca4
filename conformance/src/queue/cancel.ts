import assert from 'node:assert/strict';
import { CancelledError, UnrecoverableError } from '@quayside/core';
import type { QueueContext } from './context.js';
import type { QueueCase } from './queue-case.js';
import { marker, openWorker, passMarker, type RecordedWorker, untilAborted, untilDead } from './recorded-worker.js';

/** It ended as cancelled: told, counted, neither retried nor dead. */
async function assertCancelled(context: QueueContext, { queue, endings, errors }: RecordedWorker, id: string): Promise<void> {
  await context.within('5s', () => endings.some(({ message }) => message.id === id), 'its end is told');
  const ending = endings.find(({ message }) => message.id === id)?.ending;
  assert.deepEqual(ending?.outcome === 'drop' && ending.as, 'cancelled');
  const { total_cancelled, total_retried, total_dead_letter, processing_count } = await queue.stats();
  assert.deepEqual([total_cancelled, total_retried, total_dead_letter, processing_count], [1, 0, 0, 0]);
  assert.equal(await queue.find(id), undefined);
  assert.deepEqual(errors, []);
}

/** A message is called off, wherever it is by then. */
export const cancelCases: readonly QueueCase[] = [
  {
    id: 'Q-66',
    title: 'a waiting and a delayed message are removed, and never delivered',
    async run(context) {
      const worker = openWorker(context);
      const { id: waiting } = await worker.queue.publish('task', 'waiting');
      const { id: delayed } = await worker.queue.publish('task', 'delayed', { delay: '100ms' });
      const other = (await context.peer()).queue();
      assert.equal(await other.cancel(waiting), 'removed');
      assert.equal(await other.cancel(delayed), 'removed');
      await worker.queue.start();
      await passMarker(context, worker, { delay: '300ms' });
      assert.deepEqual(worker.seen.payloads, [marker]);
      const { total_cancelled, queue_length, delayed_count } = await other.stats();
      assert.deepEqual([total_cancelled, queue_length, delayed_count], [2, 0, 0]);
    },
  },
  {
    id: 'Q-66',
    title: 'a message cancelled among others takes none of them along',
    async run(context) {
      const worker = openWorker(context, undefined, { concurrency: 1 });
      const ids: string[] = [];
      for (const payload of ['a', 'b', 'c', 'd']) ids.push((await worker.queue.publish('task', payload)).id);
      assert.equal(await worker.queue.cancel(ids[1] ?? ''), 'removed');
      assert.equal((await worker.queue.stats()).queue_length, 3);
      await worker.queue.start();
      await passMarker(context, worker);
      assert.deepEqual(worker.seen.payloads, ['a', 'c', 'd', marker]);
    },
  },
  {
    id: 'Q-66',
    title: 'a message that runs in another process: its signal is aborted within a second, it ends as cancelled',
    async run(context) {
      const worker = openWorker(context, ({ payload }, handling) => (payload === marker ? undefined : untilAborted(handling)));
      const { id } = await worker.queue.publish('task', 'work');
      await worker.queue.start();
      await context.eventually(() => worker.seen.running === 1, 'it runs');
      const other = (await context.peer()).queue();
      assert.equal(await other.cancel(id), 'aborting');
      const { signal } = worker.seen.starts[0]?.context ?? assert.fail();
      await context.within('1s', () => signal.aborted, 'its signal is aborted');
      assert.ok(signal.reason instanceof CancelledError);
      await assertCancelled(context, worker, id);
      await passMarker(context, worker);
      assert.equal(worker.seen.startsOf(id).length, 1);
    },
  },
  {
    id: 'Q-66',
    title: 'a cancelled handler that fails for another reason ends as cancelled too',
    async run(context) {
      const work = async (_: unknown, handling: { readonly signal: AbortSignal }) => {
        await untilAborted(handling).catch(() => {
          throw new UnrecoverableError('stopped halfway');
        });
      };
      const worker = openWorker(context, work);
      const { id } = await worker.queue.publish('task', 'work');
      await worker.queue.start();
      await context.eventually(() => worker.seen.running === 1, 'it runs');
      assert.equal(await worker.queue.cancel(id), 'aborting');
      await assertCancelled(context, worker, id);
    },
  },
  {
    id: 'Q-66',
    title: 'a message that waits for its next attempt is removed',
    async run(context) {
      const failing = ({ payload }: { readonly payload: unknown }) => assert.equal(payload, marker, 'broken');
      const worker = openWorker(context, failing, { backoff: { type: 'fixed', delay: '100ms', jitter: 'none' } });
      const { id } = await worker.queue.publish('task', 'work', { backoff: { type: 'fixed', delay: '1h' } });
      await worker.queue.start();
      await context.eventually(() => worker.endings.length === 1, 'the first attempt is settled');
      assert.equal(await worker.queue.cancel(id), 'removed');
      await passMarker(context, worker);
      assert.equal(await worker.queue.find(id), undefined);
    },
  },
  {
    id: 'Q-66',
    title: 'a dead message is told as dead, and stays',
    async run(context) {
      const worker = openWorker(context, () => {
        throw new UnrecoverableError('broken');
      });
      await worker.queue.start();
      const { id } = await worker.queue.publish('task', 'work');
      await untilDead(context, worker.queue, id);
      assert.equal(await worker.queue.cancel(id), 'dead');
      assert.equal((await worker.queue.find(id))?.state, 'dead');
      assert.equal((await worker.queue.stats()).total_cancelled, 0);
    },
  },
  {
    id: 'Q-66',
    title: 'a completed message, and one that never was, are not found; a second cancel finds nothing',
    async run(context) {
      const worker = openWorker(context);
      await worker.queue.start();
      const { id } = await worker.queue.publish('task', 'work');
      await context.eventually(() => worker.endings.length === 1, 'it is completed');
      assert.equal(await worker.queue.cancel(id), 'not-found');
      assert.equal(await worker.queue.cancel('unknown'), 'not-found');
      const { id: delayed } = await worker.queue.publish('task', 'later', { delay: '1h' });
      assert.equal(await worker.queue.cancel(delayed), 'removed');
      assert.equal(await worker.queue.cancel(delayed), 'not-found');
      assert.equal((await worker.queue.stats()).total_cancelled, 1);
    },
  },
  {
    id: 'Q-66',
    title: 'a cancelled message whose worker is dead is dropped as cancelled when its lease ends',
    async run(context) {
      const gate = context.gate();
      const setup = { visibilityTimeout: '500ms' };
      const vanishing = openWorker(await context.peer(), () => gate.opened, setup);
      const { id } = await vanishing.queue.publish('task', 'work');
      await vanishing.queue.start();
      await context.eventually(() => vanishing.seen.running === 1, 'it runs');
      context.crash(vanishing.queue);
      const worker = openWorker(context, undefined, setup);
      await worker.queue.start();
      assert.equal(await worker.queue.cancel(id), 'aborting');
      await context.within('1500ms', async () => (await worker.queue.stats()).total_cancelled === 1, 'it is dropped as cancelled');
      await passMarker(context, worker);
      assert.deepEqual(worker.seen.startsOf(id), []);
      assert.equal(await worker.queue.find(id), undefined);
    },
  },
  {
    id: 'Q-66',
    title: 'a pulled delivery learns of a cancel when it extends',
    async run(context) {
      const queue = context.queue();
      const { id } = await queue.publish('task', 'work');
      const [delivery] = await queue.receive({ visibilityTimeout: '30s' });
      assert.equal(await (await context.peer()).queue().cancel(id), 'aborting');
      await delivery?.extend('30s');
      await context.eventually(() => delivery?.signal.aborted === true, 'its signal is aborted');
      assert.ok(delivery?.signal.reason instanceof CancelledError);
    },
  },
];
