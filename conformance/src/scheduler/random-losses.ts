import assert from 'node:assert/strict';
import type { Scheduler } from '@quayside/core';
import type { SchedulerContext } from './context.js';
import { type SchedulerCase, startScheduler } from './scheduler-case.js';

const schedules = 20;
const occurrences = 12;
const periodMs = 250;

async function isAtRest(scheduler: Scheduler): Promise<boolean> {
  const { items } = await scheduler.list();
  const { active_tasks, scheduled_tasks } = await scheduler.stats();
  return items.length === schedules && items.every(({ status }) => status === 'completed') && active_tasks + scheduled_tasks === 0;
}

/** The same occurrences run as without a loss: each once, none at the same time as another of its schedule. */
async function playWithLosses(context: SchedulerContext, overlap: boolean, loss: number): Promise<void> {
  const seen = context.recorder();
  const setup = { visibilityTimeout: '2s', repairInterval: '1h' };
  const lossy = [await startScheduler(await context.peer(), seen, setup), await startScheduler(await context.peer(), seen, setup)];
  const witness = (await context.peer()).scheduler(setup);
  for (const { scheduler } of lossy) context.line(scheduler).loseByChance(loss, () => context.random());
  const from = context.now() + 1_000;
  const bounds = { from: new Date(from), until: new Date(from + (occurrences - 1) * periodMs) };
  await context.settles(
    '10s',
    Promise.all(
      Array.from({ length: schedules }, (_, index) => {
        const options = { every: periodMs, ...bounds, misfire: 'all', overlap, id: `tick-${index}` } as const;
        return lossy[index % 2]?.scheduler.schedule('task', index, options);
      }),
    ),
    'all are scheduled, whatever is lost',
  );
  await context.within('14s', () => isAtRest(witness), 'all schedules are over');
  const dues = Array.from({ length: occurrences }, (_, index) => from + index * periodMs);
  for (let index = 0; index < schedules; index++) assert.deepEqual(seen.duesOf(`tick-${index}`).toSorted(), dues, `tick-${index}`);
  if (!overlap) assert.deepEqual([...seen.overlaps], []);
  const { total_tasks, completed_tasks, cancelled_tasks, failed_tasks } = await witness.stats();
  assert.deepEqual([completed_tasks, failed_tasks], [schedules * occurrences, 0]);
  assert.equal(total_tasks, completed_tasks + cancelled_tasks);
}

/** A line on which calls get lost all the time. */
export const randomLossCases: readonly SchedulerCase[] = [false, true].map((overlap) => ({
  id: 'S-17',
  title: `one call in twenty lost, before or after it ran, with${overlap ? '' : 'out'} overlap: each occurrence runs once`,
  timeoutMs: 40_000,
  run: (context) => playWithLosses(context, overlap, 0.05),
}));
