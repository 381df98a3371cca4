import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { QueueProcess } from './context.js';
import type { QueueCase } from './queue-case.js';

/** Ids that are told more than once. */
function repeated(ids: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  return ids.filter((id) => seen.has(id) || !seen.add(id));
}

/** Many consumers, and consumers that come and go. */
export const crowdCases: readonly QueueCase[] = [
  {
    id: 'Q-72',
    title: '50 consumers started at once over a backlog of 5,000: each message once, none left',
    timeoutMs: 60_000,
    async run(context) {
      const publisher = context.queue();
      await publisher.publishBatch(Array.from({ length: 5_000 }, (_, payload) => ({ type: 'task', payload })));
      const seen = context.recorder(() => nextTurn());
      const processes: QueueProcess[] = [context];
      while (processes.length < 5) processes.push(await context.peer());
      const consumers = Array.from({ length: 50 }, (_, index) => {
        const queue = (processes[index % processes.length] ?? context).queue({ concurrency: 2 });
        queue.process('task', seen.handle);
        return queue;
      });
      await Promise.all(consumers.map((queue) => queue.start()));
      await context.within('40s', async () => (await publisher.stats()).total_processed === 5_000, 'all are completed');
      assert.equal(seen.starts.length, 5_000);
      assert.deepEqual(repeated(seen.ids), []);
      const { queue_length, delayed_count, processing_count, dead_letter_count } = await publisher.stats();
      assert.deepEqual([queue_length, delayed_count, processing_count, dead_letter_count], [0, 0, 0, 0]);
    },
  },
  {
    id: 'Q-73',
    title: 'consumers stopped and started again ten times in the middle of 1,000 messages: all are processed, none twice',
    timeoutMs: 60_000,
    async run(context) {
      const publisher = context.queue();
      await publisher.publishBatch(Array.from({ length: 1_000 }, (_, payload) => ({ type: 'task', payload })));
      const seen = context.recorder(() => nextTurn());
      for (let round = 1; round <= 11; round++) {
        const consumers = [context.queue({ concurrency: 5 }), (await context.peer()).queue({ concurrency: 5 })];
        for (const queue of consumers) queue.process('task', seen.handle);
        await Promise.all(consumers.map((queue) => queue.start()));
        const goal = round <= 10 ? round * 90 : 1_000;
        await context.within('20s', () => seen.ended.length >= goal, `${goal} are handled`);
        if (round <= 10) await Promise.all(consumers.map((queue) => queue.stop()));
      }
      await context.within('20s', async () => (await publisher.stats()).total_processed === 1_000, 'all are completed');
      assert.deepEqual(seen.overlaps, []);
      assert.deepEqual(repeated(seen.ids), []);
      assert.equal(seen.starts.length, 1_000);
    },
  },
];
