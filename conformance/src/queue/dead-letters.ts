import assert from 'node:assert/strict';
import { type DeadLetter, type Queue, UnrecoverableError } from '@quayside/core';
import type { QueueContext } from './context.js';
import type { QueueCase } from './queue-case.js';
import { openWorker, type RecordedWorker, untilDead } from './recorded-worker.js';

/** Publishes so many messages, one after the other died. Answers their ids, in the order of dying. */
async function letDie(context: QueueContext, { queue }: RecordedWorker, count: number): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index++) {
    const { id } = await queue.publish('task', index);
    await untilDead(context, queue, id);
    await context.advance('2ms');
    ids.push(id);
  }
  return ids;
}

async function openDeadly(context: QueueContext): Promise<RecordedWorker> {
  const worker = openWorker(context, () => {
    throw new UnrecoverableError('broken');
  });
  await worker.queue.start();
  return worker;
}

async function pagesOf(queue: Queue, limit: number): Promise<readonly (readonly DeadLetter[])[]> {
  const pages: (readonly DeadLetter[])[] = [];
  let cursor: string | undefined;
  do {
    const page = await queue.deadLetters.list({ limit, cursor });
    pages.push(page.items);
    cursor = page.cursor;
    assert.ok(pages.length <= 100, 'the pages do not end');
  } while (cursor !== undefined);
  return pages;
}

/** What can't be done is kept with all that is known of it. */
export const deadLetterCases: readonly QueueCase[] = [
  {
    id: 'Q-35',
    title: "a dead letter holds the message, the reason, and every attempt's error, time and worker",
    async run(context) {
      const work = (_: unknown, { attempt }: { readonly attempt: number }) => {
        throw Object.assign(new TypeError(`attempt ${attempt} failed`), { code: 'E_BROKEN' });
      };
      const setup = { maxRetries: 1, backoff: { type: 'fixed', delay: '300ms', jitter: 'none' } } as const;
      const first = openWorker(context, work, { ...setup, workerName: 'alpha' });
      const second = openWorker(await context.peer(), work, { ...setup, workerName: 'beta' });
      const before = context.now();
      const payload = { file: 'a.wav', parts: [1, 2] };
      const { id } = await first.queue.publish('task', payload, { priority: 'high', headers: { trace: 'a-1' } });
      const published = context.now();
      await first.queue.start();
      await context.eventually(() => first.endings.length === 1, 'the first attempt is settled');
      await first.queue.stop();
      await second.queue.start();
      await untilDead(context, second.queue, id);

      const dead = await second.queue.deadLetters.get(id);
      assert.ok(dead !== undefined);
      const { publishedAt, ...message } = dead.message;
      assert.deepEqual(message, { id, type: 'task', payload, priority: 'high', headers: { trace: 'a-1' }, redriveCount: 0 });
      assert.ok(publishedAt >= before && publishedAt <= published, `published at ${publishedAt}`);
      assert.deepEqual([dead.state, dead.reason, dead.attempts, dead.deliveries], ['dead', 'attempts-exhausted', 2, 2]);
      assert.deepEqual(
        dead.errors.map(({ name, message, code, attempt }) => ({ name, message, code, attempt })),
        [1, 2].map((attempt) => ({ name: 'TypeError', message: `attempt ${attempt} failed`, code: 'E_BROKEN', attempt })),
      );
      const [failedFirst, failedSecond] = dead.errors;
      assert.ok(failedFirst !== undefined && failedSecond !== undefined);
      assert.match(failedFirst.worker, /alpha/);
      assert.match(failedSecond.worker, /beta/);
      assert.match(failedFirst.stack ?? '', /attempt 1 failed/);
      assert.ok(failedFirst.at >= before && failedSecond.at >= failedFirst.at + 299 && failedSecond.at <= context.now());
      assert.ok(dead.at instanceof Date && Math.abs(dead.at.getTime() - failedSecond.at) < 5_000, `died at ${dead.at}`);

      const listed = await second.queue.deadLetters.list();
      assert.deepEqual(listed.items, [dead]);
    },
  },
  {
    id: 'Q-36',
    title: 'list pages through the dead letters, newest first',
    async run(context) {
      const worker = await openDeadly(context);
      const ids = await letDie(context, worker, 12);
      const pages = await pagesOf(worker.queue, 5);
      for (const page of pages) assert.ok(page.length <= 5, `a page of ${page.length}`);
      assert.deepEqual(
        pages.flat().map(({ message }) => message.id),
        ids.toReversed(),
      );
    },
  },
  {
    id: 'Q-36',
    title: 'get finds dead letters alone, whole',
    async run(context) {
      const worker = await openDeadly(context);
      const [id = ''] = await letDie(context, worker, 1);
      const waiting = await worker.queue.publish('task', 'later', { delay: '1h' });
      assert.equal((await worker.queue.deadLetters.get(id))?.message.payload, 0);
      assert.equal(await worker.queue.deadLetters.get(waiting.id), undefined);
      assert.equal(await worker.queue.deadLetters.get('unknown'), undefined);
      assert.deepEqual(await worker.queue.find(id), await worker.queue.deadLetters.get(id));
    },
  },
  {
    id: 'Q-36',
    title: 'remove takes the named ones away and answers how many they were',
    async run(context) {
      const worker = await openDeadly(context);
      const [first = '', second = '', third = ''] = await letDie(context, worker, 3);
      assert.equal(await worker.queue.deadLetters.remove(first), 1);
      assert.equal(await worker.queue.deadLetters.remove([first, third, 'unknown']), 1);
      assert.deepEqual(
        (await worker.queue.deadLetters.list()).items.map(({ message }) => message.id),
        [second],
      );
      const { dead_letter_count, total_removed, total_dead_letter } = await worker.queue.stats();
      assert.deepEqual([dead_letter_count, total_removed, total_dead_letter], [1, 2, 3]);
    },
  },
  {
    id: 'Q-36',
    title: 'purge takes all dead letters away, and nothing else',
    async run(context) {
      const worker = await openDeadly(context);
      await letDie(context, worker, 3);
      const { id } = await worker.queue.publish('task', 'later', { delay: '1h' });
      assert.equal(await worker.queue.deadLetters.purge(), 3);
      assert.equal(await worker.queue.deadLetters.purge(), 0);
      assert.deepEqual((await worker.queue.deadLetters.list()).items, []);
      assert.equal((await worker.queue.find(id))?.state, 'delayed');
    },
  },
  {
    id: 'Q-39',
    title: 'without a dead letter queue an exhausted message is discarded, counted and told',
    async run(context) {
      const work = ({ payload }: { readonly payload: unknown }) => {
        throw payload === 'hopeless' ? new UnrecoverableError('broken') : new Error('broken');
      };
      const worker = openWorker(context, work, { deadLetterQueue: false, maxRetries: 1, backoff: { type: 'fixed', delay: '10ms' } });
      const { id: exhausted } = await worker.queue.publish('task', 'exhausted');
      const { id: hopeless } = await worker.queue.publish('task', 'hopeless');
      await worker.queue.start();
      await context.within('5s', () => worker.endings.length === 3, 'both messages have ended');
      for (const id of [exhausted, hopeless]) {
        const ending = worker.endings.findLast(({ message }) => message.id === id)?.ending;
        assert.ok(ending?.outcome === 'drop', `ended as ${ending?.outcome}`);
        assert.deepEqual([ending.as, ending.error?.message], ['discarded', 'broken']);
        assert.equal(await worker.queue.find(id), undefined);
      }
      const { total_discarded, total_failed, total_dead_letter, dead_letter_count } = await worker.queue.stats();
      assert.deepEqual([total_discarded, total_failed, total_dead_letter, dead_letter_count], [2, 3, 0, 0]);
    },
  },
];
