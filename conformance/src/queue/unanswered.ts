import assert from 'node:assert/strict';
import type { QueueCase } from './queue-case.js';
import { openWorker, passMarker, untilDead } from './recorded-worker.js';

/** A reply is lost after the backend did the work: the normal fault. */
export const unansweredCases: readonly QueueCase[] = [
  {
    id: 'Q-87',
    title: 'a lost reply to a claim: the messages come back by their lease, each is completed once',
    async run(context) {
      const worker = openWorker(await context.peer(), undefined, { visibilityTimeout: '500ms', concurrency: 10 });
      const publisher = context.queue();
      await publisher.publishBatch(Array.from({ length: 20 }, (_, payload) => ({ type: 'task', payload })));
      context.link(worker.queue).loseReply('exchange');
      await worker.queue.start();
      await context.within('5s', async () => (await publisher.stats()).total_processed === 20, 'all are completed');
      await passMarker(context, worker);
      assert.equal(new Set(worker.seen.ended).size, 21);
      assert.equal(worker.seen.starts.length, 21);
      assert.equal((await publisher.stats()).processing_count, 0);
    },
  },
  {
    id: 'Q-87',
    title: 'a lost reply to a settlement: it is counted once, and the message is not delivered again',
    async run(context) {
      const gate = context.gate();
      const worker = openWorker(await context.peer(), () => gate.opened, { concurrency: 1 });
      const publisher = context.queue();
      const lost: string[] = [];
      worker.queue.on('lease-lost', ({ id }) => void lost.push(id));
      const { id } = await publisher.publish('task', 'work');
      await worker.queue.start();
      await context.eventually(() => worker.seen.running === 1, 'it runs');
      context.link(worker.queue).loseReply('exchange');
      gate.open();
      await context.within('5s', async () => (await publisher.stats()).total_processed === 1, 'it is completed');
      await passMarker(context, worker);
      await context.within('5s', async () => (await publisher.stats()).total_processed === 2, 'the marker is completed');
      assert.equal(worker.seen.startsOf(id).length, 1);
      assert.deepEqual(lost, []);
    },
  },
  {
    id: 'Q-87',
    title: 'a settlement that never reached the backend is sent again',
    async run(context) {
      const gate = context.gate();
      const worker = openWorker(await context.peer(), () => gate.opened, { concurrency: 1 });
      const publisher = context.queue();
      const { id } = await publisher.publish('task', 'work');
      await worker.queue.start();
      await context.eventually(() => worker.seen.running === 1, 'it runs');
      context.link(worker.queue).loseRequest('exchange', 3);
      gate.open();
      await context.within('5s', async () => (await publisher.stats()).total_processed === 1, 'it is completed');
      await passMarker(context, worker);
      assert.equal(worker.seen.startsOf(id).length, 1);
    },
  },
  {
    id: 'Q-87',
    title: 'every third reply lost: nothing is lost, nothing is counted twice, the worker goes on',
    timeoutMs: 30_000,
    async run(context) {
      const worker = openWorker(await context.peer(), undefined, {
        visibilityTimeout: '300ms',
        concurrency: 2,
        prefetch: 0,
        maxRetries: 50,
      });
      const publisher = context.queue();
      await publisher.publishBatch(Array.from({ length: 60 }, (_, payload) => ({ type: 'task', payload })));
      const link = context.link(worker.queue);
      worker.queue.on('settled', () => link.calls('exchange') % 3 === 0 && link.loseReply('exchange'));
      await worker.queue.start();
      await context.within('15s', async () => (await publisher.stats()).total_processed === 60, 'all are completed');
      const { total_published, queue_length, delayed_count, processing_count, dead_letter_count } = await publisher.stats();
      assert.deepEqual([total_published, queue_length, delayed_count, processing_count, dead_letter_count], [60, 0, 0, 0, 0]);
      assert.deepEqual(worker.seen.overlaps, []);
    },
  },
  {
    id: 'Q-87',
    title: 'a lost reply to a redrive: the message goes back once',
    async run(context) {
      const worker = openWorker(context, ({ redriveCount, payload }) => assert.ok(redriveCount > 0 || payload === 'marker', 'broken'), {
        maxRetries: 0,
      });
      await worker.queue.start();
      const { id } = await worker.queue.publish('task', 'work');
      await untilDead(context, worker.queue, id);
      const operator = (await context.peer()).queue();
      context.link(operator).loseReply('redrive');
      const answer = await operator.deadLetters.redrive(id).catch((error: unknown) => error);
      assert.ok(answer !== undefined);
      await context.within('5s', () => worker.seen.startsOf(id).length === 2, 'it is delivered again');
      await operator.deadLetters.redrive(id);
      await passMarker(context, worker);
      assert.equal(worker.seen.startsOf(id).length, 2);
      const { total_redriven, total_processed, dead_letter_count } = await operator.stats();
      assert.deepEqual([total_redriven, total_processed, dead_letter_count], [1, 2, 0]);
    },
  },
  {
    id: 'Q-87',
    title: 'a lost reply to a heartbeat harms nothing while the lease holds',
    async run(context) {
      const gate = context.gate();
      const worker = openWorker(await context.peer(), () => gate.opened, { visibilityTimeout: '1500ms' });
      const publisher = context.queue({ visibilityTimeout: '1500ms' });
      const { id } = await publisher.publish('task', 'work');
      await worker.queue.start();
      await context.eventually(() => worker.seen.running === 1, 'it runs');
      context.link(worker.queue).loseReply('extend');
      await context.advance('3s');
      assert.equal(worker.seen.starts[0]?.context.signal.aborted, false);
      gate.open();
      await context.within('5s', async () => (await publisher.stats()).total_processed === 1, 'it is completed');
      assert.equal(worker.seen.startsOf(id).length, 1);
    },
  },
];
