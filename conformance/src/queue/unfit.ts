import assert from 'node:assert/strict';
import type { QueueCase } from './queue-case.js';
import { openWorker, untilDead } from './recorded-worker.js';

/** A message that this worker has no handler for is left to one that has. */
export const unfitCases: readonly QueueCase[] = [
  {
    id: 'Q-41',
    title: 'a type that no worker handles: handed out maxDeliveries times, never started, then dead with no-handler',
    async run(context) {
      const worker = openWorker(context);
      const { id } = await worker.queue.publish('stranger', 'work', { maxDeliveries: 5 });
      await worker.queue.start();
      await untilDead(context, worker.queue, id);
      const dead = await worker.queue.deadLetters.get(id);
      assert.deepEqual([dead?.reason, dead?.deliveries, dead?.attempts], ['no-handler', 5, 0]);
      assert.deepEqual(
        worker.endings.map(({ ending }) => (ending.outcome === 'release' ? ending.why : ending.outcome)),
        ['no-handler', 'no-handler', 'no-handler', 'no-handler', 'dead'],
      );
      assert.equal((await worker.queue.stats()).total_retried, 0);
    },
  },
  {
    id: 'Q-41',
    title: 'its neighbours go on meanwhile',
    async run(context) {
      const worker = openWorker(context, undefined, { concurrency: 1 });
      const { id } = await worker.queue.publish('stranger', 'work', { priority: 'critical' });
      await worker.queue.start();
      for (let neighbour = 1; neighbour <= 10; neighbour++) {
        await worker.queue.publish('task', neighbour);
        await context.eventually(() => worker.seen.ended.length === neighbour, `neighbour ${neighbour} is handled`);
      }
      const found = await worker.queue.find(id);
      assert.ok(found !== undefined && found.state !== 'dead', 'it still waits for a worker with a handler');
      assert.equal(found.attempts, 0);
    },
  },
  {
    id: 'Q-41',
    title: 'a worker that has its handler gets it with attempt 1',
    async run(context) {
      const without = openWorker(context);
      const { id } = await without.queue.publish('stranger', 'work', { maxDeliveries: 1_000, maxRetries: 0 });
      await without.queue.start();
      await context.within('5s', () => without.endings.length >= 2, 'the worker without a handler gave it back twice');
      const knowing = (await context.peer()).queue();
      const seen = context.recorder();
      knowing.process('stranger', seen.handle);
      await knowing.start();
      await context.within('10s', () => seen.ended.length === 1, 'it is handled');
      assert.deepEqual(
        seen.startsOf(id).map((start) => start.attempt),
        [1],
      );
      assert.equal((await without.queue.stats()).total_failed, 0);
    },
  },
  {
    id: 'Q-78',
    title:
      'three workers of different types on one queue: each message ends with the worker that has its handler, no start spent elsewhere',
    async run(context) {
      const types = ['sound', 'pictures', 'words'];
      const workers = await Promise.all(
        types.map(async (type) => {
          const queue = (await context.peer()).queue({ concurrency: 2 });
          const seen = context.recorder();
          queue.process(type, seen.handle);
          return { type, queue, seen };
        }),
      );
      const publisher = context.queue();
      for (let round = 0; round < 10; round++) {
        for (const type of types) await publisher.publish(type, round, { maxDeliveries: 1_000, maxRetries: 0 });
      }
      await Promise.all(workers.map(({ queue }) => queue.start()));
      const ended = () => workers.reduce((sum, { seen }) => sum + seen.ended.length, 0);
      await context.within('2m', () => ended() === 30, 'all are handled');
      for (const { type, seen } of workers) {
        assert.deepEqual(
          seen.starts.map(({ message, attempt }) => [message.type, attempt]),
          Array.from({ length: 10 }, () => [type, 1]),
        );
      }
      await context.eventually(async () => (await publisher.stats()).total_processed === 30, 'all are settled');
      assert.equal((await publisher.stats()).dead_letter_count, 0);
    },
  },
  {
    id: 'Q-78',
    title: 'a handler for * takes the types that have none of their own',
    async run(context) {
      const [queue, own, rest] = [context.queue(), context.recorder(), context.recorder()];
      queue.process('words', own.handle);
      queue.process('*', rest.handle);
      for (const type of ['words', 'sound', 'words', 'pictures']) await queue.publish(type, type);
      await queue.start();
      await context.eventually(() => own.ended.length + rest.ended.length === 4, 'all are handled');
      assert.deepEqual(
        [own.payloads, rest.payloads.toSorted()],
        [
          ['words', 'words'],
          ['pictures', 'sound'],
        ],
      );
    },
  },
];
