import assert from 'node:assert/strict';
import type { Backoff } from '@quayside/core';
import type { QueueContext } from './context.js';
import { assertPunctual } from './punctuality.js';
import type { QueueCase } from './queue-case.js';
import { openWorker, type RecordedWorker, untilDead } from './recorded-worker.js';

/** The delays that were asked for, in the order of the retries. */
function delaysOf({ endings }: RecordedWorker): readonly number[] {
  return endings.flatMap(({ ending }) => (ending.outcome === 'retry' ? [ending.delayMs] : []));
}

/** Lets a message fail until it is dead; checks what was asked for and when the attempts began. */
async function assertDelays(context: QueueContext, backoff: Backoff, expectedMs: readonly number[]): Promise<void> {
  const work = () => {
    throw new Error('broken');
  };
  const worker = openWorker(context, work, { maxRetries: expectedMs.length, backoff });
  const { id } = await worker.queue.publish('task', 'work');
  await worker.queue.start();
  await untilDead(context, worker.queue, id);
  assert.deepEqual(delaysOf(worker), expectedMs);
  const starts = worker.seen.startsOf(id);
  const gaps = starts.slice(1).map(({ at }, index) => at - (starts[index]?.at ?? 0));
  assertPunctual(
    context,
    gaps.map((gap, index) => gap - (expectedMs[index] ?? 0)),
  );
}

/** Lets sixty messages fail once each. */
async function drawDelays(context: QueueContext, backoff?: Backoff): Promise<readonly number[]> {
  const work = (_: unknown, { attempt }: { readonly attempt: number }) => assert.notEqual(attempt, 1, 'not yet');
  const worker = openWorker(context, work, { maxRetries: 1, backoff, concurrency: 20 });
  await worker.queue.publishBatch(Array.from({ length: 60 }, (_, payload) => ({ type: 'task', payload })));
  await worker.queue.start();
  await context.within('5s', () => worker.endings.length === 120, 'each message succeeds at its second attempt');
  for (const { message, ending } of worker.endings) {
    if (ending.outcome !== 'retry') continue;
    const [first, second] = worker.seen.startsOf(message.id);
    const gap = (second?.at ?? 0) - (first?.at ?? 0);
    assert.ok(gap >= ending.delayMs - 1, `asked for ${ending.delayMs} ms, again after ${gap} ms`);
  }
  return delaysOf(worker);
}

/** How long a message waits before its next attempt. */
export const backoffCases: readonly QueueCase[] = [
  {
    id: 'Q-31',
    title: 'exponential: the delay doubles with each retry, up to the cap',
    run: (context) =>
      assertDelays(context, { type: 'exponential', delay: '40ms', maxDelay: '200ms', jitter: 'none' }, [40, 80, 160, 200, 200]),
  },
  {
    id: 'Q-31',
    title: 'fixed: each delay is the same',
    run: (context) => assertDelays(context, { type: 'fixed', delay: '70ms', jitter: 'none' }, [70, 70, 70]),
  },
  {
    id: 'Q-31',
    title: 'a function is given the number of the retry and what was thrown',
    async run(context) {
      const given: unknown[] = [];
      const backoff = (retry: number, error: unknown) => {
        given.push([retry, error instanceof Error && error.message]);
        return `${(4 - retry) * 30}ms`;
      };
      await assertDelays(context, backoff, [90, 60, 30]);
      assert.deepEqual(
        given,
        [1, 2, 3].map((retry) => [retry, 'broken']),
      );
    },
  },
  {
    id: 'Q-31',
    title: "a message's own backoff goes before the queue's",
    async run(context) {
      const worker = openWorker(context, (_, { attempt }) => assert.equal(attempt, 2, 'not yet'), {
        backoff: { type: 'fixed', delay: '1h' },
      });
      await worker.queue.publish('task', 'work', { backoff: { type: 'fixed', delay: '60ms', jitter: 'none' } });
      await worker.queue.start();
      await context.within('5s', () => worker.endings.length === 2, 'the second attempt is settled');
      assert.deepEqual(delaysOf(worker), [60]);
    },
  },
  {
    id: 'Q-31',
    title: 'full jitter draws from nothing to the whole delay',
    async run(context) {
      const delays = await drawDelays(context, { type: 'fixed', delay: '100ms', jitter: 'full' });
      assert.ok(Math.min(...delays) >= 0 && Math.max(...delays) <= 100);
      assert.ok(Math.min(...delays) < 30 && Math.max(...delays) > 70, `drawn were ${delays.join(', ')}`);
    },
  },
  {
    id: 'Q-31',
    title: 'equal jitter draws from half the delay to the whole',
    async run(context) {
      const delays = await drawDelays(context, { type: 'fixed', delay: '100ms', jitter: 'equal' });
      assert.ok(Math.min(...delays) >= 50 && Math.max(...delays) <= 100);
      assert.ok(Math.min(...delays) < 65 && Math.max(...delays) > 85, `drawn were ${delays.join(', ')}`);
    },
  },
  {
    id: 'Q-31',
    title: 'the default backoff: from nothing to a second before the first retry',
    async run(context) {
      const delays = await drawDelays(context);
      assert.ok(Math.min(...delays) >= 0 && Math.max(...delays) <= 1_000);
      assert.ok(Math.min(...delays) < 300 && Math.max(...delays) > 700, `drawn were ${delays.join(', ')}`);
    },
  },
  ...(['throws', 'answers no duration'] as const).map(
    (how): QueueCase => ({
      id: 'Q-31',
      title: `a backoff function that ${how} itself is told as an error, and the message is tried again all the same`,
      async run(context) {
        const backoff = () => {
          if (how === 'throws') throw new Error('no idea');
          return 'soon';
        };
        const worker = openWorker(context, (_, { attempt }) => assert.equal(attempt, 2, 'not yet'), { backoff });
        const { id } = await worker.queue.publish('task', 'work');
        await worker.queue.start();
        await context.within('5s', () => worker.endings.length === 2, 'the second attempt is settled');
        assert.equal(worker.seen.startsOf(id).length, 2);
        assert.equal(worker.errors.length, 1);
      },
    }),
  ),
];
