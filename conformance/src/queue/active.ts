import assert from 'node:assert/strict';
import { UnrecoverableError } from '@quayside/core';
import type { QueueCase } from './queue-case.js';
import { openWorker, passMarker, untilAborted, untilDead } from './recorded-worker.js';

/** A message that runs can't be moved away under its handler, and the handler may act on the queue itself. */
export const activeCases: readonly QueueCase[] = [
  {
    id: 'Q-44',
    title: 'redrive, remove and promote of an active message change nothing and say so',
    async run(context) {
      const gate = context.gate();
      const worker = openWorker(context, () => gate.opened, { concurrency: 2 });
      const { id } = await worker.queue.publish('task', 'work');
      await worker.queue.start();
      await context.eventually(() => worker.seen.running === 1, 'it runs');
      const other = (await context.peer()).queue();
      assert.deepEqual(await other.deadLetters.redrive(id), [{ id, isRedriven: false }]);
      assert.equal(await other.deadLetters.remove(id), 0);
      assert.equal(await other.remove(id), false);
      assert.equal(await other.promote(id), false);
      assert.equal((await other.find(id))?.state, 'active');
      gate.open();
      await passMarker(context, worker);
      assert.equal(worker.seen.startsOf(id).length, 1);
      await context.eventually(async () => (await other.stats()).total_processed === 2, 'both are completed');
      const { total_redriven, total_removed, processing_count } = await other.stats();
      assert.deepEqual([total_redriven, total_removed, processing_count], [0, 0, 0]);
    },
  },
  {
    id: 'Q-45',
    title: 'a handler that cancels its own message ends as cancelled, without an error',
    async run(context) {
      const answers: unknown[] = [];
      const worker = openWorker(context, async (message, handling) => {
        if (message.payload !== 'work') return;
        answers.push(await worker.queue.cancel(message.id));
        await untilAborted(handling);
      });
      const { id } = await worker.queue.publish('task', 'work');
      await worker.queue.start();
      await context.within('5s', () => worker.endings.length === 1, 'it is settled');
      assert.deepEqual(answers, ['aborting']);
      await passMarker(context, worker);
      assert.equal(worker.seen.startsOf(id).length, 1);
      const { total_cancelled, total_retried, dead_letter_count } = await worker.queue.stats();
      assert.deepEqual([total_cancelled, total_retried, dead_letter_count], [1, 0, 0]);
      assert.deepEqual(worker.errors, []);
    },
  },
  {
    id: 'Q-45',
    title: 'a handler that removes its own message is told no, and completes',
    async run(context) {
      const answers: unknown[] = [];
      const worker = openWorker(context, async (message) => void answers.push(await worker.queue.remove(message.id)));
      await worker.queue.publish('task', 'work');
      await worker.queue.start();
      await context.eventually(async () => (await worker.queue.stats()).total_processed === 1, 'it is completed');
      assert.deepEqual(answers, [false]);
      assert.deepEqual(worker.errors, []);
    },
  },
  {
    id: 'Q-45',
    title: 'a handler that redrives another message completes, and the other one runs again',
    async run(context) {
      const worker = openWorker(context, async (message, { attempt }) => {
        if (message.payload === 'dies' && message.redriveCount === 0) throw new UnrecoverableError(`broken at ${attempt}`);
        if (message.payload === 'revives') assert.deepEqual(await worker.queue.deadLetters.redrive(id), [{ id, isRedriven: true }]);
      });
      await worker.queue.start();
      const { id } = await worker.queue.publish('task', 'dies');
      await untilDead(context, worker.queue, id);
      await worker.queue.publish('task', 'revives');
      await context.eventually(async () => (await worker.queue.stats()).total_processed === 2, 'both are completed');
      assert.deepEqual(worker.seen.payloads, ['dies', 'revives', 'dies']);
      assert.deepEqual(worker.errors, []);
    },
  },
];
