import assert from 'node:assert/strict';
import { TimeoutError } from '@quayside/core';
import { openScheduler, passMarker, type SchedulerCase, startScheduler, untilAborted } from './scheduler-case.js';

const soon = { type: 'fixed', delay: 50, jitter: 'none' } as const;

/** A run that fails, hangs, or whose process dies. */
export const attemptCases: readonly SchedulerCase[] = [
  {
    id: 'S-05',
    title: 'a run past its timeout is aborted and retried after its backoff; past its retries it has failed, with the last error kept',
    async run(context) {
      const worker = await startScheduler(context, untilAborted);
      const options = { delay: 0, timeout: 100, maxRetries: 1, backoff: soon };
      const id = await worker.scheduler.schedule('task', 'hanging', options);
      await context.within('5s', async () => (await worker.scheduler.get(id))?.status === 'failed', 'it has failed');
      const starts = worker.seen.startsOf(id);
      assert.deepEqual(
        starts.map(({ attempt }) => attempt),
        [1, 2],
      );
      assert.ok(starts.every(({ context: { signal } }) => signal.reason instanceof TimeoutError));
      assert.ok((starts[1]?.at ?? 0) - (starts[0]?.at ?? 0) >= 149);
      const view = await worker.scheduler.get(id);
      assert.equal(view?.lastResult?.outcome, 'failed');
      assert.match(view?.lastResult?.error ?? '', /did not end within/);
      assert.deepEqual(worker.endings, [{ run: { scheduleId: id, due: view?.lastRun }, outcome: 'failed' }]);
      await context.eventually(async () => (await worker.scheduler.stats()).failed_tasks === 1, 'it is counted');
      const { completed_tasks, active_tasks } = await worker.scheduler.stats();
      assert.deepEqual([completed_tasks, active_tasks], [0, 0]);
    },
  },
  {
    id: 'S-05',
    title: 'a run that fails and then succeeds has completed; between its attempts it is scheduled, and shows no next run',
    async run(context) {
      const worker = await startScheduler(context, ({ attempt }) => assert.equal(attempt, 3, 'broken'));
      const id = await worker.scheduler.schedule('task', 'shaky', { delay: 0, backoff: { ...soon, delay: 300 } });
      await context.within('5s', () => worker.seen.ended.length === 1, 'the first attempt has failed');
      await context.eventually(async () => (await worker.scheduler.get(id))?.status === 'scheduled', 'it waits');
      assert.equal((await worker.scheduler.get(id))?.nextRun, undefined);
      await context.within('5s', () => worker.endings.length === 1, 'it has ended');
      const view = await worker.scheduler.get(id);
      assert.deepEqual([view?.status, view?.lastResult], ['completed', { outcome: 'completed', error: undefined }]);
    },
  },
  {
    id: 'S-05',
    title: 'a repeating schedule goes on after a run that failed for good, and shows its error',
    async run(context) {
      const worker = await startScheduler(context, ({ due }) => {
        if (due === from) throw new Error('no room');
      });
      const from = context.now() + 100;
      const id = await worker.scheduler.schedule('task', 'tick', { every: 300, from: new Date(from), maxRetries: 0 });
      await context.within('5s', () => worker.endings.length === 1, 'the first has failed');
      const failed = await worker.scheduler.get(id);
      assert.deepEqual([failed?.status, failed?.lastResult], ['scheduled', { outcome: 'failed', error: 'no room' }]);
      assert.deepEqual(failed?.nextRun, new Date(from + 300));
      await context.within('5s', () => worker.endings.length === 2, 'the second has run');
      assert.equal((await worker.scheduler.get(id))?.lastResult?.outcome, 'completed');
    },
  },
  {
    id: 'S-05',
    title: 'a retry of an occurrence runs as what it was, however late: it is not missed, also where missed ones are skipped',
    needs: ['testClock'],
    async run(context) {
      const worker = await startScheduler(context, ({ attempt }) => assert.equal(attempt, 2, 'broken'));
      const from = context.now() + 1_000;
      const options = { every: '10m', from: new Date(from), misfire: 'skip', backoff: { ...soon, delay: '25m' } } as const;
      const id = await worker.scheduler.schedule('task', 'tick', options);
      await context.within('1h', () => worker.endings.length === 1, 'it has ended');
      assert.deepEqual(worker.seen.duesOf(id), [from, from]);
      assert.equal(worker.endings[0]?.outcome, 'completed');
      assert.deepEqual((await worker.scheduler.get(id))?.nextRun, new Date(from + 30 * 60_000));
    },
  },
  {
    id: 'S-10',
    title: 'a run whose process dies runs again in another one, as attempt 2, and the schedule goes on',
    async run(context) {
      const gate = context.gate();
      const dying = await startScheduler(await context.peer(), () => gate.opened);
      const from = context.now() + 100;
      const options = { every: '2s', from: new Date(from), until: new Date(from + 2_000) };
      const id = await dying.scheduler.schedule('task', 'tick', options);
      await context.within('5s', () => dying.seen.running === 1, 'it runs');
      // Its start is known to the backend by then: a crash counts it.
      await context.advance('100ms');
      context.crash(dying.scheduler);
      const other = await startScheduler(context);
      await context.within('5s', () => other.seen.startsOf(id).length === 2, 'it has run again, and the next one');
      assert.deepEqual(
        other.seen.startsOf(id).map(({ due, attempt }) => [due, attempt]),
        [
          [from, 2],
          [from + 2_000, 1],
        ],
      );
      await context.eventually(async () => (await other.scheduler.get(id))?.status === 'completed', 'it is over');
    },
  },
  {
    id: 'S-10',
    title: 'a run that kills each process that takes it has failed after its retries, and does not end its schedule',
    timeoutMs: 30_000,
    async run(context) {
      const from = context.now() + 50;
      const keeper = openScheduler(context);
      const options = { every: '8s', from: new Date(from), maxRetries: 1 };
      const id = await keeper.scheduler.schedule('task', 'deadly', options);
      for (let attempt = 1; attempt <= 2; attempt++) {
        const gate = context.gate();
        const dying = await startScheduler(await context.peer(), () => gate.opened);
        await context.within('5s', () => dying.seen.running === 1, `attempt ${attempt} runs`);
        await context.advance('100ms');
        context.crash(dying.scheduler);
      }
      await keeper.scheduler.start();
      await context.within('5s', () => keeper.endings.length === 1, 'it has failed');
      assert.deepEqual(keeper.endings[0], { run: { scheduleId: id, due: new Date(from) }, outcome: 'failed' });
      assert.deepEqual(keeper.seen.startsOf(id), []);
      const view = await keeper.scheduler.get(id);
      assert.deepEqual([view?.status, view?.nextRun], ['scheduled', new Date(from + 8_000)]);
    },
  },
  {
    id: 'S-10',
    title: 'a worker that was frozen past its lease, and finds another at work when it wakes, moves nothing',
    async run(context) {
      const gates = [context.gate(), context.gate()];
      const frozen = await startScheduler(await context.peer(), () => gates[0]?.opened);
      const from = context.now() + 100;
      const id = await frozen.scheduler.schedule('task', 'tick', { every: '4s', from: new Date(from) });
      await context.within('5s', () => frozen.seen.running === 1, 'it runs');
      context.crash(frozen.scheduler);
      const other = await startScheduler(context, () => gates[1]?.opened);
      await context.within('3s', () => other.seen.running === 1, 'another one runs it');
      context.line(frozen.scheduler).heal();
      gates[0]?.open();
      await passMarker(context, await startScheduler(await context.peer(), undefined, { name: 'others' }));
      const view = await other.scheduler.get(id);
      assert.deepEqual([view?.status, view?.lastRun, view?.nextRun], ['running', undefined, undefined]);
      gates[1]?.open();
      await context.within('1s', () => other.endings.length === 1, 'it has ended');
      assert.deepEqual(other.endings[0]?.outcome, 'completed');
      assert.deepEqual((await other.scheduler.get(id))?.nextRun, new Date(from + 4_000));
    },
  },
];
