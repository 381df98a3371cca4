import assert from 'node:assert/strict';
import { RetryLater, UnrecoverableError } from '@quayside/core';
import type { QueueCase } from './queue-case.js';
import { marker, openWorker, passMarker, untilDead } from './recorded-worker.js';

const quickly = { type: 'fixed', delay: '50ms', jitter: 'none' } as const;

/** A failed attempt is repeated until the retries are used up, and counted exactly. */
export const retryCases: readonly QueueCase[] = [
  {
    id: 'Q-30',
    title: 'a message whose handler always throws is started maxRetries + 1 times, then dead',
    async run(context) {
      const worker = openWorker(context, failing, { maxRetries: 3, backoff: quickly });
      const { id } = await worker.queue.publish('task', 'work');
      await worker.queue.start();
      await untilDead(context, worker.queue, id);
      await passMarker(context, worker, { delay: '200ms' });
      assert.deepEqual(
        worker.seen.startsOf(id).map((start) => start.attempt),
        [1, 2, 3, 4],
      );
      const dead = await worker.queue.deadLetters.get(id);
      assert.deepEqual([dead?.reason, dead?.attempts, dead?.deliveries], ['attempts-exhausted', 4, 4]);
    },
  },
  {
    id: 'Q-30',
    title: 'maxRetries 0 means one attempt',
    async run(context) {
      const worker = openWorker(context, failing, { maxRetries: 0, backoff: quickly });
      const { id } = await worker.queue.publish('task', 'work');
      await worker.queue.start();
      await untilDead(context, worker.queue, id);
      await passMarker(context, worker, { delay: '200ms' });
      assert.equal(worker.seen.startsOf(id).length, 1);
    },
  },
  {
    id: 'Q-30',
    title: "a message's own maxRetries goes before the queue's",
    async run(context) {
      const worker = openWorker(context, failing, { maxRetries: 5, backoff: quickly });
      const { id } = await worker.queue.publish('task', 'work', { maxRetries: 1 });
      await worker.queue.start();
      await untilDead(context, worker.queue, id);
      await passMarker(context, worker, { delay: '200ms' });
      assert.equal(worker.seen.startsOf(id).length, 2);
    },
  },
  {
    id: 'Q-30',
    title: 'a message that succeeds at its last attempt is completed',
    async run(context) {
      const worker = openWorker(context, (_, { attempt }) => assert.equal(attempt, 3, 'not yet'), { maxRetries: 2, backoff: quickly });
      const { id } = await worker.queue.publish('task', 'work');
      await worker.queue.start();
      await context.within('5s', () => worker.endings.length === 3, 'the third attempt is settled');
      assert.equal(await worker.queue.find(id), undefined);
      const { total_processed, total_failed, total_retried, total_dead_letter } = await worker.queue.stats();
      assert.deepEqual([total_processed, total_failed, total_retried, total_dead_letter], [1, 2, 2, 0]);
    },
  },
  {
    id: 'Q-33',
    title: 'a synchronous throw and a rejected promise are the same',
    async run(context) {
      const queue = context.queue({ maxRetries: 1, backoff: quickly });
      queue.process('throws', () => {
        throw new RangeError('broken');
      });
      queue.process('rejects', () => Promise.reject(new RangeError('broken')));
      const { id: thrown } = await queue.publish('throws', 'work');
      const { id: rejected } = await queue.publish('rejects', 'work');
      await queue.start();
      await untilDead(context, queue, thrown);
      await untilDead(context, queue, rejected);
      const shown = async (id: string) => {
        const dead = await queue.deadLetters.get(id);
        return { reason: dead?.reason, errors: dead?.errors.map(({ name, message, attempt }) => ({ name, message, attempt })) };
      };
      assert.deepEqual(await shown(thrown), {
        reason: 'attempts-exhausted',
        errors: [1, 2].map((attempt) => ({ name: 'RangeError', message: 'broken', attempt })),
      });
      assert.deepEqual(await shown(rejected), await shown(thrown));
    },
  },
  {
    id: 'Q-34',
    title: 'an UnrecoverableError: dead at once, whatever retries are left',
    async run(context) {
      const work = () => {
        throw new UnrecoverableError('no such file');
      };
      const worker = openWorker(context, (message) => message.payload !== marker && work(), { maxRetries: 5, backoff: quickly });
      const { id } = await worker.queue.publish('task', 'work');
      await worker.queue.start();
      await untilDead(context, worker.queue, id);
      await passMarker(context, worker, { delay: '200ms' });
      assert.equal(worker.seen.startsOf(id).length, 1);
      const dead = await worker.queue.deadLetters.get(id);
      assert.equal(dead?.reason, 'unrecoverable');
      assert.equal(dead.errors[0]?.message, 'no such file');
    },
  },
  {
    id: 'Q-34',
    title: 'RetryLater: after the delay that it asks for, whatever the backoff is, and it counts as an attempt',
    async run(context) {
      const work = () => {
        throw new RetryLater('300ms');
      };
      const worker = openWorker(context, work, { maxRetries: 1, backoff: quickly });
      const { id } = await worker.queue.publish('task', 'work');
      await worker.queue.start();
      await untilDead(context, worker.queue, id);
      const [first, second, third] = worker.seen.startsOf(id);
      assert.ok(first !== undefined && second !== undefined && third === undefined, 'started twice');
      assert.ok(second.at - first.at >= 299, `again after ${second.at - first.at} ms`);
      const [retried] = worker.endings;
      assert.deepEqual(retried?.ending.outcome === 'retry' && retried.ending.delayMs, 300);
      assert.equal((await worker.queue.deadLetters.get(id))?.reason, 'attempts-exhausted');
    },
  },
  {
    id: 'Q-40',
    title: 'a message that kills its worker is dead after maxRetries + 1 starts; its neighbour is not harmed',
    async run(context) {
      const [setup, gate] = [{ visibilityTimeout: '500ms', maxRetries: 2, concurrency: 1 }, context.gate()];
      const publisher = context.queue(setup);
      const { id } = await publisher.publish('task', 'deadly');
      const neighbour = await publisher.publish('task', 'harmless');
      const attempts: number[] = [];
      const handled: string[] = [];
      for (let crash = 1; crash <= 4; crash++) {
        const process = await context.peer();
        const worker = openWorker(
          process,
          (message, { attempt }) => {
            handled.push(message.id);
            if (message.id !== id) return undefined;
            attempts.push(attempt);
            context.crash(worker.queue);
            return gate.opened;
          },
          setup,
        );
        await worker.queue.start();
        if (crash <= 3) await context.within('5s', () => attempts.length === crash, `crash ${crash}`);
        else await untilDead(context, publisher, id);
      }
      assert.deepEqual(attempts, [1, 2, 3]);
      const dead = await publisher.deadLetters.get(id);
      assert.deepEqual([dead?.reason, dead?.attempts], ['attempts-exhausted', 3]);
      assert.equal(handled.filter((other) => other === neighbour.id).length, 1);
    },
  },
];

function failing(message: { readonly payload: unknown }): void {
  if (message.payload !== marker) throw new Error('broken');
}
