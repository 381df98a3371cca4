import assert from 'node:assert/strict';
import { CancelledError } from '@quayside/core';
import { openScheduler, passMarker, type SchedulerCase, startScheduler, untilAborted } from './scheduler-case.js';

/** A schedule is called off, wherever it is by then. */
export const cancelCases: readonly SchedulerCase[] = [
  {
    id: 'S-06',
    title: 'before its time: it never runs, and can be read as cancelled',
    async run(context) {
      const worker = await startScheduler(context);
      const id = await worker.scheduler.schedule('task', 'work', { delay: 100 });
      const other = (await context.peer()).scheduler();
      assert.equal(await other.cancel(id), 'cancelled');
      await passMarker(context, worker, 200);
      assert.deepEqual(worker.seen.startsOf(id), []);
      const view = await other.get(id);
      assert.deepEqual([view?.status, view?.nextRun, view?.lastRun], ['cancelled', undefined, undefined]);
      const { cancelled_tasks, scheduled_tasks } = await other.stats();
      assert.deepEqual([cancelled_tasks, scheduled_tasks], [1, 0]);
    },
  },
  {
    id: 'S-06',
    title: 'while it runs in another process: its signal is aborted within a second, it ends as cancelled, and is not retried',
    async run(context) {
      const worker = await startScheduler(context, (start) => (start.payload === 'work' ? untilAborted(start) : undefined));
      const id = await worker.scheduler.schedule('task', 'work', { delay: 0 });
      await context.eventually(() => worker.seen.running === 1, 'it runs');
      const other = (await context.peer()).scheduler();
      assert.equal(await other.cancel(id), 'aborting');
      const [start] = worker.seen.starts;
      await context.within('1s', () => start?.context.signal.aborted === true, 'its signal is aborted');
      assert.ok(start?.context.signal.reason instanceof CancelledError);
      await context.within('1s', () => worker.endings.length === 1, 'it has ended');
      assert.equal(worker.endings[0]?.outcome, 'cancelled');
      await passMarker(context, worker);
      assert.equal(worker.seen.startsOf(id).length, 1);
      const view = await other.get(id);
      assert.deepEqual([view?.status, view?.lastResult?.outcome], ['cancelled', 'cancelled']);
      assert.equal((await other.stats()).cancelled_tasks, 1);
      assert.equal(await other.cancel(id), 'finished');
    },
  },
  {
    id: 'S-06',
    title: 'between two attempts: there is no further one',
    async run(context) {
      const worker = await startScheduler(context, ({ payload }) => assert.equal(payload, 'marker', 'broken'));
      const id = await worker.scheduler.schedule('task', 'work', { delay: 0, backoff: { type: 'fixed', delay: 300, jitter: 'none' } });
      await context.eventually(() => worker.seen.ended.length === 1, 'the first attempt has failed');
      await context.eventually(async () => (await worker.scheduler.get(id))?.status === 'scheduled', 'it waits');
      assert.equal(await worker.scheduler.cancel(id), 'cancelled');
      await passMarker(context, worker, 500);
      assert.equal(worker.seen.startsOf(id).length, 1);
    },
  },
  {
    id: 'S-06',
    title: 'after it ran: finished, also when it failed; unknown: not-found; a second time: still cancelled',
    async run(context) {
      const worker = await startScheduler(context, ({ payload }) => assert.notEqual(payload, 'broken'));
      const { scheduler } = worker;
      const done = await scheduler.schedule('task', 'work', { delay: 0 });
      const failed = await scheduler.schedule('task', 'broken', { delay: 0, maxRetries: 0 });
      const waiting = await scheduler.schedule('task', 'work', { delay: '1h' });
      await context.eventually(() => worker.endings.length === 2, 'both have ended');
      assert.equal(await scheduler.cancel(done), 'finished');
      assert.equal(await scheduler.cancel(failed), 'finished');
      assert.equal(await scheduler.cancel('unknown'), 'not-found');
      assert.equal(await scheduler.cancel(waiting), 'cancelled');
      assert.equal(await scheduler.cancel(waiting), 'cancelled');
      assert.deepEqual([(await scheduler.get(done))?.status, (await scheduler.get(failed))?.status], ['completed', 'failed']);
    },
  },
  {
    id: 'S-06',
    title: 'a repeating schedule stops: between its runs nothing follows, during one that one is aborted',
    async run(context) {
      const worker = await startScheduler(context, (start) => (start.payload === 'long' ? untilAborted(start) : undefined));
      const { scheduler } = worker;
      const short = await scheduler.schedule('task', 'short', { every: 100 });
      const long = await scheduler.schedule('task', 'long', { every: 100 });
      await context.within('5s', () => worker.seen.running === 1 && worker.endings.length > 0, 'one runs, one has run');
      await context.within('5s', async () => (await scheduler.get(short))?.nextRun !== undefined, 'one waits');
      assert.equal(await scheduler.cancel(long), 'aborting');
      assert.ok(['cancelled', 'aborting'].includes(await scheduler.cancel(short)));
      await context.within('1s', () => worker.endings.some(({ run }) => run.scheduleId === long), 'the long one has ended');
      const runs = worker.seen.starts.length;
      await passMarker(context, worker, 500);
      assert.equal(worker.seen.starts.length, runs + 1);
      assert.deepEqual([(await scheduler.get(short))?.status, (await scheduler.get(long))?.status], ['cancelled', 'cancelled']);
      assert.equal((await scheduler.stats()).scheduled_tasks, 0);
    },
  },
  {
    id: 'S-06',
    title: 'all runs of a schedule that overlap are aborted',
    async run(context) {
      const worker = await startScheduler(context, (start) => (start.payload === 'long' ? untilAborted(start) : undefined));
      const id = await worker.scheduler.schedule('task', 'long', { every: 50, overlap: true, misfire: 'all' });
      await context.within('5s', () => worker.seen.running >= 4, 'four run');
      assert.equal(await worker.scheduler.cancel(id), 'aborting');
      await context.within('2s', () => worker.seen.running === 0, 'none runs any more');
      const runs = worker.seen.starts.length;
      await passMarker(context, worker, 200);
      assert.equal(worker.seen.starts.length, runs + 1);
    },
  },
  {
    id: 'S-06',
    title: 'a crash, or a lost reply, in the midst of a cancel: it never runs, and a second cancel clears up',
    async run(context) {
      const worker = openScheduler(context);
      for (const what of ['request', 'reply'] as const) {
        const id = await worker.scheduler.schedule('task', what, { delay: 100 });
        const halfway = (await context.peer()).scheduler();
        context.line(halfway).lose('queue.cancel', what);
        await assert.rejects(halfway.cancel(id), { code: 'ERR_QUAYSIDE_CONNECTION' });
      }
      await worker.scheduler.start();
      await passMarker(context, worker, 300);
      assert.deepEqual(worker.seen.payloads, ['marker']);
      const unsaid = await worker.scheduler.schedule('task', 'unsaid', { delay: '1h' });
      context.line(worker.scheduler).lose('records.write', 'reply');
      await assert.rejects(worker.scheduler.cancel(unsaid), { code: 'ERR_QUAYSIDE_CONNECTION', outcome: 'unknown' });
      assert.equal((await worker.scheduler.stats()).scheduled_tasks, 1);
      assert.equal(await worker.scheduler.cancel(unsaid), 'cancelled');
      const { scheduled_tasks, cancelled_tasks, completed_tasks } = await worker.scheduler.stats();
      assert.deepEqual([scheduled_tasks, cancelled_tasks, completed_tasks], [0, 3, 1]);
    },
  },
  {
    id: 'S-06',
    title: 'cancel and start at the same moment, 100 times: what was cancelled before its start never ran, and what ran says so',
    timeoutMs: 30_000,
    async run(context) {
      const worker = await startScheduler(context);
      const other = (await context.peer()).scheduler();
      for (let round = 0; round < 100; round++) {
        const id = await worker.scheduler.schedule('task', round, { delay: 0 });
        const answer = await other.cancel(id);
        await context.eventually(async () => {
          const { active_tasks, scheduled_tasks } = await other.stats();
          return active_tasks + scheduled_tasks === 0;
        }, 'it is over');
        const status = (await other.get(id))?.status;
        const hasRun = worker.seen.startsOf(id).length > 0;
        if (answer === 'cancelled') assert.deepEqual([hasRun, status], [false, 'cancelled']);
        else if (answer === 'finished') assert.deepEqual([hasRun, status], [true, 'completed']);
        else assert.equal(hasRun, true);
      }
      const { total_tasks, completed_tasks, cancelled_tasks } = await other.stats();
      assert.equal(completed_tasks + cancelled_tasks, total_tasks);
      assert.equal(completed_tasks, worker.endings.filter(({ outcome }) => outcome === 'completed').length);
    },
  },
];
