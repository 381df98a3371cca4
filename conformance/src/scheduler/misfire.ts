import assert from 'node:assert/strict';
import type { Misfire } from '@quayside/core';
import { openScheduler, passMarker, type SchedulerCase, startScheduler } from './scheduler-case.js';

/** Nobody was there when something was due. */
export const misfireCases: readonly SchedulerCase[] = [
  {
    id: 'S-09',
    title: 'a one-off that fell due while no process ran runs at once when one comes',
    async run(context) {
      const gone = openScheduler(await context.peer());
      const id = await gone.scheduler.schedule('task', 'work', { delay: 100 });
      await gone.scheduler.stop();
      await context.advance('600ms');
      const worker = await startScheduler(context);
      await context.eventually(() => worker.endings.length === 1, 'it has run');
      assert.deepEqual([worker.seen.startsOf(id).length, worker.endings[0]?.outcome], [1, 'completed']);
    },
  },
  ...(
    [
      { misfire: 'once', runs: [0, 5], cancelled: 0 },
      { misfire: 'all', runs: [0, 1, 2, 3, 4, 5], cancelled: 0 },
      { misfire: 'skip', runs: [5], cancelled: 1 },
      { misfire: undefined, runs: [0, 5], cancelled: 0 },
    ] as const
  ).map(
    ({ misfire, runs, cancelled }): SchedulerCase => ({
      id: 'S-09',
      title: `misfire ${misfire ?? 'unsaid'}: of five occurrences that were missed ${runs.length - 1} run, then it goes on in its old times`,
      async run(context) {
        const gone = openScheduler(await context.peer());
        const from = context.now() + 200;
        const options = { every: '1s', from: new Date(from), misfire: misfire as Misfire | undefined };
        const id = await gone.scheduler.schedule('task', 'tick', options);
        await gone.scheduler.stop();
        await context.advance('4500ms');
        const worker = await startScheduler(context);
        await context.within('2s', () => worker.endings.length === runs.length, 'they have run');
        assert.deepEqual(
          worker.seen.duesOf(id),
          runs.map((index) => from + index * 1_000),
        );
        assert.deepEqual([...worker.seen.overlaps], []);
        await context.eventually(async () => {
          const { cancelled_tasks, completed_tasks } = await worker.scheduler.stats();
          return completed_tasks === runs.length && cancelled_tasks === cancelled;
        }, 'they are counted');
        assert.deepEqual((await worker.scheduler.get(id))?.lastRun, new Date(from + 5_000));
      },
    }),
  ),
  {
    id: 'S-09',
    title: 'a long pause of the machine: an hour of minutes is one run, or sixty, or none',
    needs: ['testClock'],
    async run(context) {
      const scheduler = context.scheduler();
      const options = { cron: '* * * * *' };
      const ids = await Promise.all(
        (['once', 'all', 'skip'] as const).map((misfire) => scheduler.schedule('task', misfire, { ...options, misfire })),
      );
      await context.advance('3630s');
      const worker = await startScheduler(await context.peer());
      await context.within('1s', () => worker.endings.length >= 62, 'all have run');
      await passMarker(context, worker);
      assert.deepEqual(
        ids.map((id) => worker.seen.startsOf(id).length),
        [1, 61, 0],
      );
      const nextRuns = await Promise.all(ids.map(async (id) => (await worker.scheduler.get(id))?.nextRun?.getTime()));
      assert.equal(new Set(nextRuns).size, 1);
    },
  },
  {
    id: 'S-09',
    title: 'skip: an occurrence up to a minute late runs, where its successor is not due yet; a later one does not',
    needs: ['testClock'],
    async run(context) {
      for (const [lateMs, runs] of [
        [59_000, 1],
        [61_000, 0],
      ] as const) {
        const from = context.now() + 1_000;
        const id = await context.scheduler().schedule('task', 'rare', { every: '1h', from: new Date(from), misfire: 'skip' });
        await context.advance(1_000 + lateMs);
        const worker = await startScheduler(context);
        await passMarker(context, worker);
        assert.equal(worker.seen.startsOf(id).length, runs);
        assert.deepEqual((await worker.scheduler.get(id))?.nextRun, new Date(from + 3_600_000));
        await worker.scheduler.stop();
      }
    },
  },
  {
    id: 'S-09',
    title: 'a schedule whose last occurrences were all missed runs by its misfire, and is over',
    async run(context) {
      const scheduler = context.scheduler();
      const from = context.now() + 100;
      const options = { every: 100, from: new Date(from), until: new Date(from + 200) };
      const ids = await Promise.all(
        (['once', 'all', 'skip'] as const).map((misfire) => scheduler.schedule('task', misfire, { ...options, misfire })),
      );
      await context.advance('500ms');
      const worker = await startScheduler(await context.peer());
      await context.within('5s', () => worker.endings.length === 4, 'they have run');
      await passMarker(context, worker);
      assert.deepEqual(
        ids.map((id) => worker.seen.startsOf(id).length),
        [1, 3, 0],
      );
      for (const id of ids) assert.equal((await scheduler.get(id))?.status, 'completed');
    },
  },
  {
    id: 'S-09',
    title: 'schedules outlive a restart of the server: each runs, and goes on',
    needs: ['durable', 'serverClock', 'faults.kill', 'faults.restart'],
    timeoutMs: 60_000,
    async run(context) {
      const worker = await startScheduler(context);
      const once = await worker.scheduler.schedule('task', 'once', { delay: '1500ms' });
      const tick = await worker.scheduler.schedule('task', 'tick', { every: '1s' });
      await context.within('5s', () => worker.seen.startsOf(tick).length > 0, 'it runs');
      const { faults } = context.scope.harness;
      await faults?.kill?.();
      await faults?.restart?.();
      await context.within('15s', () => worker.seen.startsOf(once).length > 0, 'the one-off has run');
      const before = worker.seen.startsOf(tick).length;
      await context.within('15s', () => worker.seen.startsOf(tick).length > before + 1, 'the other goes on');
      assert.equal(new Set(worker.seen.duesOf(tick)).size, worker.seen.duesOf(tick).length);
    },
  },
];
