import assert from 'node:assert/strict';
import { type Queue, type QueueStats, UnrecoverableError } from '@quayside/core';
import type { QueueCase } from './queue-case.js';
import { openWorker, untilDead } from './recorded-worker.js';

/** Every message that was published has ended somehow, or is still here. */
function assertAddsUp(stats: QueueStats): void {
  const { total_processed, total_expired, total_removed, total_cancelled, total_discarded } = stats;
  const { queue_length, delayed_count, processing_count, dead_letter_count } = stats;
  const ended = total_processed + total_expired + total_removed + total_cancelled + total_discarded;
  const present = queue_length + delayed_count + processing_count + dead_letter_count;
  assert.equal(stats.total_published, ended + present, JSON.stringify(stats));
}

function publishMany(queue: Queue, payload: unknown, count: number): Promise<unknown> {
  return queue.publishBatch(Array.from({ length: count }, () => ({ type: 'task', payload })));
}

/** Figures of the whole queue, which add up. */
export const statsCases: readonly QueueCase[] = [
  {
    id: 'Q-80',
    title: 'after successes, failures, retries, deads, expiries, removals, cancels and redrives all figures are exact and add up',
    async run(context) {
      const backoff = { type: 'fixed', delay: '10ms' } as const;
      const worker = openWorker(
        context,
        ({ payload, redriveCount }, { attempt }) => {
          if (payload === 'dies' && redriveCount === 0) throw new UnrecoverableError('broken');
          if (payload === 'fails once') assert.equal(attempt, 2, 'not yet');
          if (payload === 'fails') throw new Error('broken');
        },
        { maxRetries: 2, backoff },
      );
      const { queue } = worker;
      await publishMany(queue, 'works', 10);
      await publishMany(queue, 'fails once', 4);
      await publishMany(queue, 'fails', 2);
      const { id: dies } = await queue.publish('task', 'dies');
      await queue.publish('task', 'late', { ttl: '20ms' });
      const { id: removed } = await queue.publish('task', 'removed');
      const { id: cancelled } = await queue.publish('task', 'cancelled', { delay: '1h' });
      const deduplication = { id: 'once', window: '1h' };
      for (let count = 0; count < 3; count++) await queue.publish('task', 'works', { deduplication });
      await queue.publish('task', 'works', { id: 'own' });
      await queue.publish('task', 'works', { id: 'own' });
      assert.equal(await queue.remove(removed), true);
      assert.equal(await queue.cancel(cancelled), 'removed');
      await context.advance('50ms');
      await queue.start();
      await untilDead(context, queue, dies);
      await queue.deadLetters.redrive(dies);
      await context.settles('5s', queue.drain(), 'all else is done');
      await queue.pause();
      await publishMany(queue, 'waits', 3);
      await queue.publish('task', 'delayed', { delay: '1h', priority: 'low' });

      const stats = await (await context.peer()).queue().stats();
      assert.deepEqual(stats, {
        total_published: 26,
        total_processed: 17,
        total_failed: 11,
        total_retried: 8,
        total_dead_letter: 3,
        total_redriven: 1,
        total_expired: 1,
        total_removed: 1,
        total_cancelled: 1,
        total_discarded: 0,
        total_deduplicated: 2,
        total_stalled: 0,
        queue_length: 3,
        queue_length_by_priority: { critical: 0, high: 0, normal: 3, low: 0 },
        delayed_count: 1,
        processing_count: 0,
        dead_letter_count: 2,
        is_paused: true,
      });
      assertAddsUp(stats);
      assert.deepEqual(await queue.stats(), stats);
    },
  },
  {
    id: 'Q-80',
    title: 'a lease that ran out is counted as stalled, and its message once',
    async run(context) {
      const [queue, vanishing] = [context.queue(), (await context.peer()).queue()];
      await publishMany(queue, 'work', 2);
      await vanishing.receive({ visibilityTimeout: '200ms' });
      context.crash(vanishing);
      await context.advance('300ms');
      for (const delivery of await queue.receive({ max: 10 })) await delivery.ack();
      const stats = await queue.stats();
      assert.deepEqual([stats.total_stalled, stats.total_processed, stats.total_failed, stats.total_retried], [1, 2, 0, 0]);
      assertAddsUp(stats);
    },
  },
  {
    id: 'Q-81',
    title: 'the gauges by priority, delayed, active and dead are exact at rest',
    async run(context) {
      const queue = context.queue();
      const other = (await context.peer()).queue();
      const counts = { critical: 1, high: 2, normal: 3, low: 4 } as const;
      for (const [priority, count] of Object.entries(counts)) {
        const options = { priority: priority as keyof typeof counts };
        await queue.publishBatch(Array.from({ length: count + 2 }, () => ({ type: 'task', payload: priority, options })));
      }
      await queue.publish('task', 'delayed', { delay: '1h', priority: 'high' });
      const first = await queue.receive({ max: 3 });
      await first[0]?.dead('broken');
      await first[1]?.retry({ delay: '1h' });
      const { queue_length, queue_length_by_priority, delayed_count, processing_count, dead_letter_count } = await other.stats();
      assert.deepEqual(queue_length_by_priority, { critical: 0, high: 4, normal: 5, low: 6 });
      assert.deepEqual([queue_length, delayed_count, processing_count, dead_letter_count], [15, 2, 1, 1]);
    },
  },
  {
    id: 'Q-81',
    title: 'no figure is ever negative under load, and no total falls',
    timeoutMs: 30_000,
    async run(context) {
      const watcher = context.queue();
      const samples: QueueStats[] = [];
      const work = async ({ payload }: { readonly payload: unknown }, { attempt }: { readonly attempt: number }) => {
        samples.push(await watcher.stats());
        assert.notEqual(Number(payload) % 7, 0, 'broken');
        if (Number(payload) % 5 === 0) assert.equal(attempt, 2, 'not yet');
      };
      const setup = { maxRetries: 1, backoff: { type: 'fixed', delay: 0 }, concurrency: 10 } as const;
      const workers = [openWorker(context, work, setup), openWorker(await context.peer(), work, setup)];
      for (const { queue } of workers) await queue.start();
      await Promise.all(Array.from({ length: 1_000 }, (_, payload) => watcher.publish('task', payload)));
      const isOver = ({ total_processed, dead_letter_count }: QueueStats) => total_processed + dead_letter_count === 1_000;
      await context.within('20s', async () => isOver(await watcher.stats()), 'all have ended');
      for (const [index, sample] of samples.entries()) {
        for (const [name, figure] of Object.entries(sample)) {
          const figures: readonly number[] = typeof figure === 'object' ? Object.values(figure) : [Number(figure)];
          for (const value of figures) assert.ok(value >= 0, `${name} was ${value}`);
        }
        const { total_published, total_processed } = samples[index - 1] ?? sample;
        assert.ok(sample.total_published >= total_published && sample.total_processed >= total_processed, 'a total fell');
      }
      const stats = await watcher.stats();
      assert.deepEqual([stats.total_published, stats.total_processed, stats.dead_letter_count], [1_000, 857, 143]);
      assert.deepEqual([stats.queue_length, stats.delayed_count, stats.processing_count], [0, 0, 0]);
      assertAddsUp(stats);
    },
  },
];
