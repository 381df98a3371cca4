import assert from 'node:assert/strict';
import type { Scheduler, SchedulerStats } from '@quayside/core';
import type { SchedulerContext } from './context.js';
import { OwnClock } from './own-clock.js';
import { type SchedulerCase, startScheduler } from './scheduler-case.js';

const periodMs = 200;
const occurrencesEach = 10;

/** Many processes, each of which schedules all the schedules, and runs what falls due. */
async function playCrowd(context: SchedulerContext, processes: number, schedules: number): Promise<void> {
  const seen = context.recorder();
  const from = context.now() + 1_000;
  const options = {
    every: periodMs,
    from: new Date(from),
    until: new Date(from + (occurrencesEach - 1) * periodMs),
    misfire: 'all',
  } as const;
  const crowd = await Promise.all(
    Array.from({ length: processes }, async () => (await startScheduler(await context.peer(), seen)).scheduler),
  );
  await Promise.all(
    crowd.map((scheduler) =>
      Promise.all(Array.from({ length: schedules }, (_, id) => scheduler.schedule('task', id, { ...options, id: `tick-${id}` }))),
    ),
  );
  const [first] = crowd;
  if (first === undefined) throw new Error('there is no process');
  await context.within('20s', async () => isAtRest(await first.stats(), schedules * occurrencesEach), 'all have run');
  const dues = Array.from({ length: occurrencesEach }, (_, index) => from + index * periodMs);
  for (let id = 0; id < schedules; id++) assert.deepEqual(seen.duesOf(`tick-${id}`), dues);
  assert.deepEqual([...seen.overlaps], []);
  const { total_tasks, failed_tasks, cancelled_tasks } = await first.stats();
  assert.deepEqual([total_tasks, failed_tasks, cancelled_tasks], [schedules * occurrencesEach, 0, 0]);
  assert.equal((await listAll(first)).length, schedules);
}

function isAtRest({ completed_tasks, active_tasks, scheduled_tasks }: SchedulerStats, expected: number): boolean {
  return completed_tasks >= expected && active_tasks + scheduled_tasks === 0;
}

async function listAll(scheduler: Scheduler): Promise<readonly string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await scheduler.list({ cursor });
    ids.push(...page.items.map(({ id }) => id));
    cursor = page.cursor;
  } while (cursor !== undefined);
  return ids;
}

/** Many processes, one backend. */
export const crowdCases: readonly SchedulerCase[] = [
  {
    id: 'S-08',
    title: 'two processes schedule the same 100 schedules: each of 1,000 occurrences runs once',
    timeoutMs: 60_000,
    run: (context) => playCrowd(context, 2, 100),
  },
  {
    id: 'S-08',
    title: 'ten processes schedule the same 100 schedules: each of 1,000 occurrences runs once',
    timeoutMs: 60_000,
    run: (context) => playCrowd(context, 10, 100),
  },
  {
    id: 'S-20',
    title:
      'ten processes whose clocks are 2 s apart schedule the same thing 100 times: one schedule, one waiting occurrence, one run a tick',
    timeoutMs: 60_000,
    async run(context) {
      const seen = context.recorder();
      const crowd = await Promise.all(
        Array.from({ length: 10 }, async (_, index) => {
          const clock = new OwnClock(context.scope.time.clock, (index - 5) * 220);
          return (await startScheduler(await context.peer(), seen, { clock })).scheduler;
        }),
      );
      const [first] = crowd;
      if (first === undefined) throw new Error('there is no process');
      for (let round = 0; round < 10; round++) {
        const calls = crowd.map((scheduler) => scheduler.schedule('task', 'tick', { cron: '*/3 * * * * *', id: 'tick' }));
        assert.deepEqual(new Set(await Promise.all(calls)), new Set(['tick']));
        const { active_tasks, scheduled_tasks } = await first.stats();
        assert.ok(active_tasks + scheduled_tasks <= 1, `${scheduled_tasks} wait, ${active_tasks} run`);
        assert.equal((await first.list()).items.length, 1);
        await context.advance('50ms');
      }
      await context.within('15s', () => seen.starts.length >= 3, 'three have run');
      const dues = seen.duesOf('tick');
      const start = dues[0] ?? 0;
      assert.deepEqual(
        dues,
        dues.map((_, index) => start + index * 3_000),
      );
      assert.equal((await first.stats()).cancelled_tasks, 0);
    },
  },
  {
    id: 'S-20',
    title: 'ten processes that disagree replace each other: one schedule, one waiting occurrence, and nothing of the others runs',
    timeoutMs: 30_000,
    async run(context) {
      const seen = context.recorder();
      const crowd = await Promise.all(Array.from({ length: 10 }, async () => (await startScheduler(await context.peer(), seen)).scheduler));
      const [first] = crowd;
      if (first === undefined) throw new Error('there is no process');
      for (let round = 0; round < 5; round++) {
        await Promise.all(crowd.map((scheduler, index) => scheduler.schedule('task', index, { every: '2s', id: 'tick' })));
        const { total_tasks, scheduled_tasks } = await first.stats();
        assert.deepEqual([total_tasks, scheduled_tasks], [1, 1]);
      }
      const [view] = (await first.list()).items;
      await context.within('5s', () => seen.starts.length === 1, 'it has run');
      assert.deepEqual([seen.payloads, seen.duesOf('tick')], [[view?.payload], [view?.nextRun?.getTime()]]);
    },
  },
];
