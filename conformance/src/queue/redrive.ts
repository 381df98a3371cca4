import assert from 'node:assert/strict';
import { UnrecoverableError } from '@quayside/core';
import type { QueueContext } from './context.js';
import type { QueueCase } from './queue-case.js';
import { openWorker, passMarker, type RecordedWorker, untilDead } from './recorded-worker.js';

interface FragileWorker extends RecordedWorker {
  /** From now on its handler succeeds. */
  mend(): void;
}

/** Every message dies in it until it is mended. */
async function openFragile(context: QueueContext): Promise<FragileWorker> {
  let isBroken = true;
  const worker = openWorker(
    context,
    () => {
      if (isBroken) throw new UnrecoverableError('broken');
    },
    { concurrency: 50 },
  );
  await worker.queue.start();
  return {
    ...worker,
    mend: () => {
      isBroken = false;
    },
  };
}

async function letDie(context: QueueContext, { queue }: RecordedWorker, count: number): Promise<readonly string[]> {
  const results = await queue.publishBatch(Array.from({ length: count }, (_, payload) => ({ type: 'task', payload })));
  await context.within('10s', async () => (await queue.stats()).dead_letter_count === count, `${count} messages are dead`);
  return results.map(({ id }) => id);
}

/** Dead letters go back to the queue as new work. */
export const redriveCases: readonly QueueCase[] = [
  {
    id: 'Q-37',
    title: 'a redriven message is delivered again with attempt 1, redriveCount + 1 and its first publishedAt',
    async run(context) {
      const worker = await openFragile(context);
      const { id } = await worker.queue.publish('task', { part: 7 }, { headers: { trace: 'a-1' } });
      await untilDead(context, worker.queue, id);
      for (const redriveCount of [1, 2]) {
        await context.advance('20ms');
        assert.deepEqual(await worker.queue.deadLetters.redrive(id), [{ id, isRedriven: true }]);
        await untilDead(context, worker.queue, id);
        const starts = worker.seen.startsOf(id);
        assert.equal(starts.length, redriveCount + 1);
        const { message, attempt } = starts.at(-1) ?? assert.fail();
        assert.equal(attempt, 1);
        assert.deepEqual(message, { ...starts[0]?.message, redriveCount });
      }
    },
  },
  {
    id: 'Q-37',
    title: 'a redriven message has all its retries again, and keeps the errors that it had',
    async run(context) {
      const work = () => {
        throw new Error('broken');
      };
      const worker = openWorker(context, work, { maxRetries: 1, backoff: { type: 'fixed', delay: '10ms' } });
      const { id } = await worker.queue.publish('task', 'work');
      await worker.queue.start();
      await untilDead(context, worker.queue, id);
      await worker.queue.deadLetters.redrive(id);
      await context.within('5s', () => worker.endings.length === 4, 'four attempts are settled');
      assert.deepEqual(
        worker.seen.startsOf(id).map((start) => start.attempt),
        [1, 2, 1, 2],
      );
      const dead = await worker.queue.deadLetters.get(id);
      assert.deepEqual(
        dead?.errors.map(({ attempt }) => attempt),
        [1, 2, 1, 2],
      );
    },
  },
  {
    id: 'Q-37',
    title: 'a selection: those are delivered again, the others stay, and the answer says which were dead',
    async run(context) {
      const worker = await openFragile(context);
      const [first = '', second = '', third = ''] = await letDie(context, worker, 3);
      worker.mend();
      assert.deepEqual(await worker.queue.deadLetters.redrive([third, 'unknown', first]), [
        { id: third, isRedriven: true },
        { id: 'unknown', isRedriven: false },
        { id: first, isRedriven: true },
      ]);
      await context.eventually(() => worker.seen.ended.length === 5, 'both are delivered again');
      assert.equal((await worker.queue.find(second))?.state, 'dead');
      assert.equal((await worker.queue.stats()).total_redriven, 2);
    },
  },
  {
    id: 'Q-37',
    title: 'all of 1,100: each is delivered again, once',
    timeoutMs: 30_000,
    async run(context) {
      const worker = await openFragile(context);
      const ids = await letDie(context, worker, 1_100);
      worker.mend();
      assert.equal(await worker.queue.deadLetters.redriveAll(), 1_100);
      await context.within('10s', () => worker.seen.ended.length === 2_200, 'all are delivered again');
      await passMarker(context, worker);
      assert.equal(worker.seen.starts.length, 2_201);
      const again = worker.seen.starts.filter(({ message }) => message.redriveCount === 1);
      assert.deepEqual(again.map(({ message }) => message.id).toSorted(), ids.toSorted());
      const { dead_letter_count, total_redriven, total_processed } = await worker.queue.stats();
      assert.deepEqual([dead_letter_count, total_redriven, total_processed], [0, 1_100, 1_101]);
    },
  },
  {
    id: 'Q-38',
    title: 'a second redrive of one message does nothing and says so',
    async run(context) {
      const worker = await openFragile(context);
      const [id = ''] = await letDie(context, worker, 1);
      worker.mend();
      await worker.queue.pause();
      assert.deepEqual(await worker.queue.deadLetters.redrive(id), [{ id, isRedriven: true }]);
      assert.deepEqual(await worker.queue.deadLetters.redrive(id), [{ id, isRedriven: false }]);
      await worker.queue.resume();
      await passMarker(context, worker);
      assert.equal(worker.seen.startsOf(id).length, 2);
      assert.equal((await worker.queue.stats()).total_redriven, 1);
    },
  },
  {
    id: 'Q-38',
    title: 'an unknown id is told as not redriven, and an empty selection answers nothing',
    async run(context) {
      const { queue } = await openFragile(context);
      assert.deepEqual(await queue.deadLetters.redrive('unknown'), [{ id: 'unknown', isRedriven: false }]);
      assert.deepEqual(await queue.deadLetters.redrive([]), []);
      assert.equal(await queue.deadLetters.redriveAll(), 0);
      assert.equal((await queue.stats()).total_redriven, 0);
    },
  },
  {
    id: 'Q-38',
    title: 'two processes that redrive the same messages at once: each message goes back once',
    async run(context) {
      const worker = await openFragile(context);
      const ids = await letDie(context, worker, 20);
      worker.mend();
      const other = (await context.peer()).queue();
      const answers = await Promise.all([worker.queue.deadLetters.redrive(ids), other.deadLetters.redrive(ids)]);
      for (const [index, id] of ids.entries()) {
        assert.equal(answers.filter((answer) => answer[index]?.isRedriven).length, 1, `${id} was redriven by one of them`);
      }
      await context.eventually(() => worker.seen.ended.length === 40, 'all are delivered again');
      await passMarker(context, worker);
      assert.equal(worker.seen.starts.length, 41);
      assert.equal((await worker.queue.stats()).total_redriven, 20);
    },
  },
];
