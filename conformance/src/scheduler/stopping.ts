import assert from 'node:assert/strict';
import { ClosedError } from '@quayside/core';
import { openScheduler, passMarker, type SchedulerCase, startScheduler, untilAborted } from './scheduler-case.js';

/** The end of a process that has time to end. */
export const stoppingCases: readonly SchedulerCase[] = [
  {
    id: 'S-15',
    title: 'stop waits for what runs, records its end, and starts nothing more; another process goes on with what is next',
    async run(context) {
      const gate = context.gate();
      const worker = await startScheduler(await context.peer(), () => gate.opened);
      const from = context.now() + 100;
      const id = await worker.scheduler.schedule('task', 'tick', { every: 400, from: new Date(from) });
      await context.within('5s', () => worker.seen.running === 1, 'it runs');
      const stopping = worker.scheduler.stop({ graceMs: 2_000 });
      await context.settle();
      gate.open();
      const report = await context.settles('3s', stopping, 'it has stopped');
      assert.deepEqual(report, { drained: 1, aborted: 0, released: 0 });
      const other = await startScheduler(context);
      assert.deepEqual((await other.scheduler.get(id))?.lastRun, new Date(from));
      await context.within('5s', () => other.seen.startsOf(id).length === 2, 'it goes on');
      assert.deepEqual(worker.seen.duesOf(id), [from]);
      assert.equal((other.seen.duesOf(id)[0] ?? 0) > from, true);
      assert.equal(other.seen.startsOf(id)[0]?.attempt, 1);
    },
  },
  {
    id: 'S-15',
    title: 'what does not end within the grace is aborted and released: it runs again elsewhere, uncounted, and is not missed',
    async run(context) {
      const worker = await startScheduler(await context.peer(), untilAborted);
      const from = context.now() + 100;
      const id = await worker.scheduler.schedule('task', 'tick', { every: '10s', from: new Date(from), maxRetries: 0, misfire: 'skip' });
      await context.within('5s', () => worker.seen.running === 1, 'it runs');
      const report = await context.settles('3s', worker.scheduler.stop({ graceMs: 200 }), 'it has stopped');
      assert.deepEqual(report, { drained: 0, aborted: 1, released: 1 });
      assert.ok(worker.seen.starts[0]?.context.signal.reason instanceof ClosedError);
      const other = await startScheduler(context);
      await context.within('2s', () => other.endings.length === 1, 'it has run again');
      assert.deepEqual(
        other.seen.starts.map(({ due, attempt }) => [due, attempt]),
        [[from, 1]],
      );
      assert.deepEqual((await other.scheduler.get(id))?.nextRun, new Date(from + 10_000));
    },
  },
  {
    id: 'S-15',
    title: 'stopWorkers leaves scheduling open: nothing runs here any more, and another process runs it',
    async run(context) {
      const worker = await startScheduler(await context.peer());
      await context.settles('2s', worker.scheduler.stopWorkers(), 'its workers have stopped');
      const id = await worker.scheduler.schedule('task', 'work', { delay: 50 });
      const other = await startScheduler(context);
      await context.within('5s', () => other.endings.length === 1, 'it has run');
      assert.equal(worker.seen.starts.length, 0);
      assert.equal((await worker.scheduler.get(id))?.status, 'completed');
    },
  },
  {
    id: 'S-15',
    title: 'after stop every call rejects with ClosedError; stop and start may be said twice',
    async run(context) {
      const worker = await startScheduler(context);
      const { scheduler } = worker;
      await scheduler.start();
      await passMarker(context, worker);
      const stops = [scheduler.stop(), scheduler.stop(), scheduler.stopWorkers()];
      await context.settles('2s', Promise.all(stops), 'it has stopped');
      await scheduler.stop();
      const calls = [
        () => scheduler.schedule('task', 1, { delay: 0 }),
        () => scheduler.cancel('x'),
        () => scheduler.get('x'),
        () => scheduler.list(),
        () => scheduler.update('x', {}),
        () => scheduler.pause('x'),
        () => scheduler.resume('x'),
        () => scheduler.stats(),
        () => scheduler.start(),
        async () => scheduler.process('other', () => {}),
      ];
      for (const call of calls) await assert.rejects(call(), ClosedError, String(call));
    },
  },
  {
    id: 'S-15',
    title: 'stop settles within its grace and a second where the backend answers nothing any more, and so does every call',
    async run(context) {
      const worker = await startScheduler(context, untilAborted);
      await worker.scheduler.schedule('task', 'work', { delay: 0 });
      await context.eventually(() => worker.seen.running === 1, 'it runs');
      context.crash(worker.scheduler);
      const calls = [
        worker.scheduler.schedule('task', 'late', { delay: 0 }),
        worker.scheduler.cancel('x'),
        worker.scheduler.get('x'),
        worker.scheduler.list(),
        worker.scheduler.stats(),
      ];
      const settled = Promise.allSettled(calls);
      await context.settles('1300ms', worker.scheduler.stop({ graceMs: 200 }), 'it has stopped');
      const outcomes = await context.settles('10s', settled, 'all calls have settled');
      assert.deepEqual(
        outcomes.map(({ status }) => status),
        calls.map(() => 'rejected'),
      );
    },
  },
  {
    id: 'S-15',
    title: 'closed between the record of a run and the next occurrence: the schedule goes on elsewhere, and has not failed',
    async run(context) {
      const [working, recording] = [context.gate(), context.gate()];
      const worker = await startScheduler(await context.peer(), () => working.opened);
      const id = await worker.scheduler.schedule('task', 'tick', { every: 300 });
      await context.within('5s', () => worker.seen.running === 1, 'it runs');
      context.line(worker.scheduler).hold('records.write', recording);
      working.open();
      await context.settle();
      await context.settles('3s', worker.scheduler.stop({ graceMs: 100 }), 'it has stopped');
      recording.open();
      await context.settle();
      const other = await startScheduler(context);
      await context.within('5s', () => other.seen.startsOf(id).length === 2, 'it goes on');
      assert.equal((await other.scheduler.get(id))?.status, 'scheduled');
    },
  },
  {
    id: 'S-15',
    title: 'a scheduler that was stopped leaves no timer behind',
    needs: ['testClock'],
    async run(context) {
      const { clock } = context.scope.time;
      const pending = () => (clock as unknown as { readonly pendingTimers: number }).pendingTimers;
      const before = pending();
      const worker = openScheduler(context);
      await worker.scheduler.start();
      await worker.scheduler.schedule('task', 'tick', { every: 100 });
      await context.within('5s', () => worker.endings.length === 3, 'it has run');
      await context.settles('2s', worker.scheduler.stop(), 'it has stopped');
      await context.settle();
      assert.equal(pending(), before);
    },
  },
];
