import assert from 'node:assert/strict';
import { ClosedError } from '@quayside/core';
import type { QueueCase } from './queue-case.js';
import { marker, openWorker, passMarker, untilAborted } from './recorded-worker.js';

/** A worker stops in the middle of its work: nothing is lost, and no attempt is spent. */
export const stoppingCases: readonly QueueCase[] = [
  {
    id: 'Q-82',
    title: 'stop waits for a running handler, which is settled',
    async run(context) {
      const gate = context.gate();
      const worker = openWorker(context, () => gate.opened, { concurrency: 1 });
      await worker.queue.publishBatch(['runs', 'waits'].map((payload) => ({ type: 'task', payload })));
      await worker.queue.start();
      await context.eventually(() => worker.seen.running === 1, 'the first one runs');
      const stopping = worker.queue.stop({ graceMs: 5_000 });
      await context.advance('200ms');
      assert.equal(worker.seen.starts[0]?.context.signal.aborted, false);
      gate.open();
      const { drained, aborted } = await context.settles('2s', stopping, 'stop resolves');
      assert.deepEqual([drained, aborted], [1, 0]);
      const { total_processed, queue_length, processing_count } = await (await context.peer()).queue().stats();
      assert.deepEqual([total_processed, queue_length, processing_count], [1, 1, 0]);
      assert.deepEqual(worker.seen.payloads, ['runs']);
    },
  },
  {
    id: 'Q-82',
    title: 'after graceMs the signals are aborted and the messages released: at once claimable, no attempt spent',
    async run(context) {
      const worker = openWorker(context, (_, handling) => untilAborted(handling), { concurrency: 2, maxRetries: 0 });
      const results = await worker.queue.publishBatch(['a', 'b', 'c'].map((payload) => ({ type: 'task', payload })));
      await worker.queue.start();
      await context.eventually(() => worker.seen.running === 2, 'two run');
      const begun = context.now();
      const stopping = worker.queue.stop({ graceMs: 300 });
      const { drained, aborted, released } = await context.settles('1300ms', stopping, 'stop resolves');
      assert.ok(context.now() - begun >= 299, `stopped after ${context.now() - begun} ms`);
      assert.deepEqual([drained, aborted], [0, 2]);
      assert.ok(released >= 2, `${released} were released`);
      for (const { context: handling } of worker.seen.starts) assert.ok(handling.signal.reason instanceof ClosedError);
      const next = openWorker(await context.peer(), undefined, { concurrency: 1, maxRetries: 0 });
      await next.queue.start();
      await context.eventually(() => next.seen.ended.length === 3, 'all are handled by the next worker');
      assert.deepEqual(
        next.seen.starts.map(({ attempt }) => attempt),
        [1, 1, 1],
      );
      assert.deepEqual(next.seen.ids.toSorted(), results.map(({ id }) => id).toSorted());
      const { total_failed, total_stalled } = await next.queue.stats();
      assert.deepEqual([total_failed, total_stalled], [0, 0]);
    },
  },
  {
    id: 'Q-82',
    title: 'what a worker held unstarted when it stopped comes back at once, in its order',
    async run(context) {
      const gate = context.gate();
      const worker = openWorker(context, ({ payload }) => (payload === marker ? undefined : gate.opened), {
        concurrency: 1,
        maxRetries: 0,
      });
      await worker.queue.start();
      await passMarker(context, worker);
      await worker.queue.publishBatch(Array.from({ length: 20 }, (_, payload) => ({ type: 'task', payload })));
      await context.eventually(() => worker.seen.running === 1, 'the first one runs');
      const stopping = worker.queue.stop({ graceMs: 1_000 });
      const next = openWorker(await context.peer(), undefined, { concurrency: 1, maxRetries: 0 });
      await next.queue.start();
      await context.eventually(() => next.seen.ended.length === 19, 'the others are handled while the first one still runs');
      gate.open();
      assert.equal((await context.settles('2s', stopping, 'stop resolves')).drained, 1);
      assert.deepEqual(
        next.seen.starts.map(({ message, attempt }) => [message.payload, attempt]),
        Array.from({ length: 19 }, (_, index) => [index + 1, 1]),
      );
    },
  },
  {
    id: 'Q-74',
    title: 'ten stops at once: one stop, all resolve with its report',
    async run(context) {
      const gate = context.gate();
      const worker = openWorker(context, () => gate.opened);
      await worker.queue.publish('task', 'work');
      await worker.queue.start();
      await context.eventually(() => worker.seen.running === 1, 'it runs');
      const stops = Array.from({ length: 10 }, () => worker.queue.stop());
      gate.open();
      const reports = await context.settles('2s', Promise.all(stops), 'all stops resolve');
      for (const { drained, aborted } of reports) assert.deepEqual([drained, aborted], [1, 0]);
      assert.equal((await (await context.peer()).queue().stats()).total_processed, 1);
    },
  },
  {
    id: 'Q-74',
    title: 'stops with different graces, over a handler that does not end: the first one holds, and all tell the same',
    async run(context) {
      const worker = openWorker(context, (_, handling) => untilAborted(handling));
      await worker.queue.publish('task', 'work');
      await worker.queue.start();
      await context.eventually(() => worker.seen.running === 1, 'it runs');
      const stops = [200, 60_000, 60_000].map((graceMs) => worker.queue.stop({ graceMs }));
      const [first, ...others] = await context.settles('1200ms', Promise.all(stops), 'all stops resolve');
      assert.equal(first?.aborted, 1);
      for (const report of others) assert.deepEqual(report, first);
      assert.deepEqual(await worker.queue.stop(), first);
    },
  },
  ...(['returns', 'throws'] as const).map(
    (how): QueueCase => ({
      id: 'Q-75',
      title: `a handler that ${how} after the grace of stop changes nothing: the message is its next holder's`,
      async run(context) {
        const unhandled: unknown[] = [];
        const note = (error: unknown) => void unhandled.push(error);
        process.on('unhandledRejection', note);
        context.scope.onEnd(() => process.off('unhandledRejection', note));
        const [late, next] = [context.gate(), context.gate()];
        const stubborn = openWorker(await context.peer(), async () => {
          await late.opened;
          if (how === 'throws') throw new Error('too late');
        });
        const { id } = await stubborn.queue.publish('task', 'work');
        await stubborn.queue.start();
        await context.eventually(() => stubborn.seen.running === 1, 'it runs');
        const report = await context.settles('1100ms', stubborn.queue.stop({ graceMs: 100 }), 'stop resolves');
        assert.deepEqual([report.drained, report.aborted], [0, 1]);

        const worker = openWorker(context, ({ payload }) => (payload === marker ? undefined : next.opened));
        await worker.queue.start();
        await context.eventually(() => worker.seen.running === 1, 'the next worker runs it');
        late.open();
        await context.eventually(() => stubborn.seen.ended.length === 1, 'the late handler has ended');
        await passMarker(context, worker);
        assert.equal((await worker.queue.find(id))?.state, 'active');
        next.open();
        await context.eventually(async () => (await worker.queue.stats()).total_processed === 2, 'both are completed');
        const { total_failed, total_retried, dead_letter_count } = await worker.queue.stats();
        assert.deepEqual([total_failed, total_retried, dead_letter_count], [0, 0, 0]);
        assert.deepEqual(unhandled, []);
      },
    }),
  ),
  {
    id: 'Q-85',
    title: 'handlers may publish while their queue stops',
    async run(context) {
      const gate = context.gate();
      const worker = openWorker(context, async ({ payload }) => {
        if (payload !== 'work') return;
        await gate.opened;
        await worker.queue.publish('task', 'follows', { delay: '1h' });
        await worker.queue.publishBatch([{ type: 'task', payload: 'follows too', options: { delay: '1h' } }]);
      });
      await worker.queue.publish('task', 'work');
      await worker.queue.start();
      await context.eventually(() => worker.seen.running === 1, 'it runs');
      const stopping = worker.queue.stop({ graceMs: 5_000 });
      await context.settle();
      gate.open();
      assert.equal((await context.settles('2s', stopping, 'stop resolves')).drained, 1);
      const { total_processed, total_published, delayed_count } = await (await context.peer()).queue().stats();
      assert.deepEqual([total_processed, total_published, delayed_count], [1, 3, 2]);
    },
  },
  {
    id: 'Q-85',
    title: 'stopWorkers ends the workers alone: the queue can still be asked and published to, by the handlers of another one too',
    async run(context) {
      const gate = context.gate();
      const first = openWorker(context);
      await first.queue.start();
      const second = openWorker(
        context,
        async () => {
          await gate.opened;
          await first.queue.publish('task', 'follows');
        },
        { name: 'others' },
      );
      await second.queue.publish('task', 'work');
      await second.queue.start();
      await context.eventually(() => second.seen.running === 1, 'it runs');
      await context.settles('2s', first.queue.stopWorkers(), 'the first workers stop');
      const stopping = second.queue.stopWorkers({ graceMs: 5_000 });
      await context.settle();
      gate.open();
      assert.deepEqual(await context.settles('2s', stopping, 'the other workers stop'), { drained: 1, aborted: 0, released: 0 });
      assert.equal((await first.queue.stats()).queue_length, 1);
      await assert.rejects(first.queue.start(), ClosedError);
      await context.settles('2s', Promise.all([first.queue.stop(), second.queue.stop()]), 'both stop');
      assert.deepEqual(first.seen.starts, []);
      await assert.rejects(first.queue.stats(), ClosedError);
    },
  },
];
