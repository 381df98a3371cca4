import assert from 'node:assert/strict';
import { ConfigError, type Scheduler } from '@quayside/core';
import type { SchedulerContext } from '../context.js';
import { startScheduler } from '../scheduler-case.js';
import { type ModelAnswer, ScheduleModel } from './schedule-model.js';
import type { ScheduleStep } from './steps.js';

/** Plays a run on schedulers of two processes in turn, beside the model. Rejects where they disagree. */
export async function playSteps(context: SchedulerContext, name: string, steps: readonly ScheduleStep[]): Promise<void> {
  const seen = context.recorder();
  const schedulers: Scheduler[] = [];
  for (let index = 0; index < 2; index++) {
    schedulers.push((await startScheduler(await context.peer(), seen, { name, repairInterval: '1h' })).scheduler);
  }
  const model = new ScheduleModel(context.now());
  for (const [index, step] of steps.entries()) {
    const scheduler = schedulers[index % 2] as Scheduler;
    const where = () => `step ${index} of ${JSON.stringify(steps.slice(0, index + 1))}`;
    const now = context.now();
    const answer = await perform(context, scheduler, step);
    await context.settle();
    assert.equal(answer, model.apply(step), where());
    const runs = seen.starts.map(({ scheduleId, due, payload }) => `${due} ${scheduleId} ${payload}`);
    assert.deepEqual(runs.toSorted(), model.runs.map(({ id, due, payload }) => `${due} ${id} ${payload}`).toSorted(), where());
    assert.deepEqual(await readViews(scheduler), model.views(), where());
    const { total_tasks, completed_tasks, cancelled_tasks, scheduled_tasks } = await scheduler.stats();
    const total = model.runs.length + model.cancelled + model.waiting;
    assert.deepEqual(
      { total_tasks, completed_tasks, cancelled_tasks, scheduled_tasks },
      { total_tasks: total, completed_tasks: model.runs.length, cancelled_tasks: model.cancelled, scheduled_tasks: model.waiting },
      where(),
    );
    assert.ok(
      seen.starts.every(({ at, due }) => at >= due),
      `${where()}: one ran before its time; now is ${now}`,
    );
  }
  for (const scheduler of schedulers) await context.settles('2s', scheduler.stop({ graceMs: 0 }), 'it stops');
}

async function perform(context: SchedulerContext, scheduler: Scheduler, step: ScheduleStep): Promise<ModelAnswer> {
  try {
    switch (step.do) {
      case 'once':
        await scheduler.schedule('task', step.payload, { id: step.id, delay: step.delayMs, onConflict: step.onConflict });
        return 'done';
      case 'every': {
        const until = step.periods === undefined ? undefined : new Date(context.now() + step.periods * step.periodMs);
        await scheduler.schedule('task', step.payload, { id: step.id, every: step.periodMs, until, onConflict: step.onConflict });
        return 'done';
      }
      case 'update':
        return await scheduler.update(step.id, {
          ...(step.periodMs !== undefined && { every: step.periodMs }),
          ...(step.payload !== undefined && { payload: step.payload }),
        });
      case 'cancel':
      case 'pause':
      case 'resume':
        return await scheduler[step.do](step.id);
      case 'advance':
        await context.advance(step.ms);
        return 'done';
    }
  } catch (error) {
    if (error instanceof ConfigError) return 'refused';
    throw error;
  }
}

async function readViews(scheduler: Scheduler): Promise<Readonly<Record<string, object>>> {
  const { items } = await scheduler.list();
  return Object.fromEntries(
    items.map(({ id, status, isPaused, payload, nextRun, lastRun }) => [
      id,
      { status, isPaused, payload, nextRun: nextRun?.getTime(), lastRun: lastRun?.getTime() },
    ]),
  );
}
