import assert from 'node:assert/strict';
import { ConfigError, type Queue, TimeoutError } from '@quayside/core';
import type { QueueCase } from './queue-case.js';
import { openWorker, passMarker } from './recorded-worker.js';

async function gaugesOf(queue: Queue): Promise<readonly number[]> {
  const { queue_length, delayed_count, processing_count, dead_letter_count } = await queue.stats();
  return [queue_length, delayed_count, processing_count, dead_letter_count];
}

/** Finishing all, deleting what waits, deleting everything. */
export const flowCases: readonly QueueCase[] = [
  {
    id: 'Q-69',
    title: 'drain resolves when nothing waits, is delayed or active, and not before',
    async run(context) {
      const gate = context.gate();
      const failing = ({ payload }: { readonly payload: unknown }, { attempt }: { readonly attempt: number }) => {
        if (payload === 'fails once') assert.equal(attempt, 2, 'not yet');
        return payload === 'runs long' ? gate.opened : undefined;
      };
      const worker = openWorker(context, failing, { backoff: { type: 'fixed', delay: '100ms', jitter: 'none' } });
      await worker.queue.publishBatch([
        { type: 'task', payload: 'runs long' },
        { type: 'task', payload: 'fails once' },
        { type: 'task', payload: 'delayed', options: { delay: '200ms' } },
        { type: 'task', payload: 'waits' },
      ]);
      await worker.queue.start();
      let isDrained = false;
      const draining = worker.queue.drain().then(() => {
        isDrained = true;
      });
      await context.within('5s', () => worker.seen.ended.length === 4, 'all but the long one have ended');
      await passMarker(context, worker, { delay: '1500ms' });
      assert.equal(isDrained, false);
      gate.open();
      await context.within('5s', () => isDrained, 'the queue is drained');
      await draining;
      assert.deepEqual(await gaugesOf(worker.queue), [0, 0, 0, 0]);
      assert.equal((await worker.queue.stats()).total_processed, 5);
    },
  },
  {
    id: 'Q-69',
    title: 'drain waits for a message that is merely delayed',
    async run(context) {
      const worker = openWorker(context);
      await worker.queue.start();
      const { id } = await worker.queue.publish('task', 'work', { delay: '300ms' });
      await context.settles('5s', worker.queue.drain(), 'the queue is drained');
      assert.equal(worker.seen.startsOf(id).length, 1);
      assert.deepEqual(await gaugesOf(worker.queue), [0, 0, 0, 0]);
    },
  },
  {
    id: 'Q-69',
    title: 'drain of an empty queue resolves at once; past its timeout it rejects',
    async run(context) {
      const queue = context.queue();
      await queue.drain();
      await queue.publish('task', 'nobody handles it');
      await assert.rejects(context.settles('5s', queue.drain({ timeout: '200ms' }), 'drain rejects'), TimeoutError);
      assert.deepEqual(await gaugesOf(queue), [1, 0, 0, 0]);
    },
  },
  {
    id: 'Q-69',
    title: 'a drain that its signal ends rejects with the reason, and the work goes on',
    async run(context) {
      const queue = context.queue();
      await queue.publish('task', 'nobody handles it');
      const abort = new AbortController();
      const draining = context.settles('5s', queue.drain({ signal: abort.signal }), 'drain rejects');
      abort.abort(new Error('enough'));
      await assert.rejects(draining, new Error('enough'));
      assert.deepEqual(await gaugesOf(queue), [1, 0, 0, 0]);
    },
  },
  {
    id: 'Q-69',
    title: 'purge deletes what waits or is delayed, tells how many, and leaves active and dead ones',
    async run(context) {
      const queue = context.queue();
      await queue.publishBatch(['active', 'dies'].map((payload) => ({ type: 'task', payload })));
      const [active, dying] = await queue.receive({ max: 2 });
      await dying?.dead('broken');
      const waiting = (priority: 'high' | 'low') => ({ type: 'task', payload: priority, options: { priority } });
      await queue.publishBatch(Array.from({ length: 1_200 }, (_, index) => waiting(index % 2 === 0 ? 'high' : 'low')));
      await queue.publish('task', 'delayed', { delay: '1h' });
      assert.deepEqual(await gaugesOf(queue), [1_200, 1, 1, 1]);
      assert.equal(await queue.purge(), 1_201);
      assert.deepEqual(await gaugesOf(queue), [0, 0, 1, 1]);
      assert.equal((await queue.stats()).total_removed, 1_201);
      await active?.ack();
      assert.equal((await queue.stats()).total_processed, 1);
      assert.equal(await queue.purge(), 0);
    },
  },
  {
    id: 'Q-69',
    title: 'obliterate refuses while a message is active, and deletes nothing then',
    async run(context) {
      const queue = context.queue();
      await queue.publishBatch(['active', 'waits'].map((payload) => ({ type: 'task', payload })));
      const [active] = await queue.receive();
      await assert.rejects(queue.obliterate(), ConfigError);
      assert.deepEqual(await gaugesOf(queue), [1, 0, 1, 0]);
      await active?.ack();
      await queue.obliterate();
      assert.deepEqual(await gaugesOf(queue), [0, 0, 0, 0]);
    },
  },
  {
    id: 'Q-69',
    title: 'obliterate deletes everything, the counters, the pause and the deduplication windows too; the queue is as new',
    async run(context) {
      const queue = context.queue();
      const untouched = await (await context.peer()).queue({ name: 'others' }).stats();
      const deduplication = { id: 'invoice-7', window: '1h' };
      await queue.publishBatch(['a', 'b', 'c'].map((payload) => ({ type: 'task', payload })));
      const [first, second] = await queue.receive({ max: 2 });
      await first?.ack();
      await second?.dead('broken');
      await queue.publish('task', 'd', { delay: '1h', deduplication });
      await queue.pause();
      await queue.obliterate();
      assert.deepEqual(await queue.stats(), untouched);
      assert.equal((await queue.publish('task', 'e', { deduplication })).isDeduplicated, false);
      const deliveries = await queue.receive({ max: 10 });
      assert.deepEqual(
        deliveries.map(({ message }) => message.payload),
        ['e'],
      );
    },
  },
  {
    id: 'Q-69',
    title: 'forced, obliterate takes active messages along: their handlers end without harm to what comes after',
    async run(context) {
      const gate = context.gate();
      const worker = openWorker(context, ({ payload }) => (payload === 'old' ? gate.opened : undefined));
      const { id } = await worker.queue.publish('task', 'old', { id: 'again' });
      await worker.queue.start();
      await context.eventually(() => worker.seen.running === 1, 'it runs');
      const other = (await context.peer()).queue();
      await other.obliterate({ force: true });
      assert.equal(await other.find(id), undefined);
      await other.publish('task', 'new', { id: 'again', delay: '1h' });
      gate.open();
      await passMarker(context, worker);
      assert.equal((await other.find(id))?.state, 'delayed');
      await context.eventually(async () => (await other.stats()).total_processed === 1, 'the marker alone is counted');
    },
  },
  {
    id: 'Q-69',
    title: 'obliterate leaves no key',
    needs: ['keys'],
    async run(context) {
      const queue = context.queue();
      await queue.publishBatch(['a', 'b', 'c'].map((payload) => ({ type: 'task', payload })));
      const [first, second] = await queue.receive({ max: 2 });
      await first?.ack();
      await second?.dead('broken');
      await queue.publish('task', 'd', { delay: '1h', deduplication: { id: 'invoice-7', window: '1h' } });
      assert.notDeepEqual(await context.keys(), []);
      await queue.obliterate();
      assert.deepEqual(await context.keys(), []);
    },
  },
];
