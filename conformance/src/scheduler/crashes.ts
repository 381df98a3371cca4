import assert from 'node:assert/strict';
import type { ScheduleOptions, Scheduler } from '@quayside/core';
import type { SchedulerContext } from './context.js';
import type { Loss } from './line.js';
import { openScheduler, type RecordedScheduler, type SchedulerCase, startScheduler } from './scheduler-case.js';

const periodMs = 300;
const occurrences = 4;
const losses: readonly Loss[] = ['request', 'reply'];

/** A process dies at one of its calls to the backend, another one goes on: on stores of their own, so that many are tried at once. */
interface Trial {
  readonly name: string;
  readonly dying: RecordedScheduler;
  readonly surviving: RecordedScheduler;
}

/** Two connection sets, and as many trials over them as are wanted. */
async function openTrials(context: SchedulerContext, repairInterval: string): Promise<(name: string) => Promise<Trial>> {
  const [one, other] = [await context.peer(), await context.peer()];
  return async (name) => {
    const setup = { name, repairInterval };
    const dying = openScheduler(one, undefined, setup);
    const survivor = other.scheduler(setup);
    // Its first repair pass is over before anything happens, and it has no handler yet: what it finds later are messages alone.
    await survivor.start();
    return { name, dying, surviving: { scheduler: survivor, seen: context.recorder(), endings: [], errors: [] } };
  };
}

function options(from: number, overlap: boolean): ScheduleOptions {
  const until = new Date(from + (occurrences - 1) * periodMs);
  return { every: periodMs, from: new Date(from), until, misfire: 'all', overlap };
}

function duesFrom(from: number): readonly number[] {
  return Array.from({ length: occurrences }, (_, index) => from + index * periodMs);
}

async function isCompleted(scheduler: Scheduler): Promise<boolean> {
  return (await scheduler.get('tick'))?.status === 'completed';
}

async function allHold<T extends Trial>(trials: readonly T[], condition: (trial: T) => boolean | Promise<boolean>): Promise<boolean> {
  for (const trial of trials) if (!(await condition(trial))) return false;
  return true;
}

/** How many calls a process makes that schedules, and runs all occurrences, undisturbed. */
async function countCalls(context: SchedulerContext, overlap: boolean): Promise<number> {
  const worker = await startScheduler(context, undefined, { name: `undisturbed-${overlap}`, repairInterval: '1h' });
  await worker.scheduler.schedule('task', 'tick', { ...options(context.now() + 100, overlap), id: 'tick' });
  await context.within('10s', () => isCompleted(worker.scheduler), 'all have run');
  await context.settle();
  return context.line(worker.scheduler).calls.length;
}

/** Nothing was lost, nothing doubled: each time ran to its end, again only where the crash met it, and one message stood for each. */
async function assertWhole(trial: Trial, from: number): Promise<void> {
  const { name, dying, surviving } = trial;
  const starts = [...dying.seen.starts, ...surviving.seen.starts];
  assert.deepEqual([...new Set(starts.map(({ due }) => due))].toSorted(), duesFrom(from), `${name}: each time has run`);
  const recorded = new Set(dying.endings.map(({ run }) => run.due.getTime()));
  for (const { due } of surviving.seen.starts) assert.ok(!recorded.has(due), `${name}: what had ended was run again`);
  assert.equal(
    surviving.seen.starts.length,
    new Set(surviving.seen.starts.map(({ due }) => due)).size,
    `${name}: the survivor ran one twice`,
  );
  const { total_tasks, completed_tasks, cancelled_tasks } = await surviving.scheduler.stats();
  assert.deepEqual([total_tasks, completed_tasks, cancelled_tasks], [occurrences, occurrences, 0], `${name}: messages`);
}

/** A process dies between any two steps. */
export const crashCases: readonly SchedulerCase[] = [
  ...[false, true].map(
    (overlap): SchedulerCase => ({
      id: 'S-17',
      title: `killed at any call of a run, with${overlap ? '' : 'out'} overlap: no occurrence is lost, none doubled`,
      timeoutMs: 60_000,
      async run(context) {
        const calls = await countCalls(context, overlap);
        assert.ok(calls >= 4 * occurrences, `${calls} calls`);
        const openTrial = await openTrials(context, '1h');
        const trials: Trial[] = [];
        for (const what of losses) {
          for (let call = 1; call <= calls; call++) {
            const trial = await openTrial(`${what}-${call}-${overlap}`);
            trials.push(trial);
            context.line(trial.dying.scheduler).dieAt(call, what);
          }
        }
        // The application's own call is not what dies here.
        const from = context.now() + 2_000;
        const wanted = { ...options(from, overlap), id: 'tick' };
        await Promise.all(trials.map(({ surviving }) => surviving.scheduler.schedule('task', 'tick', wanted)));
        for (const { dying } of trials) void dying.scheduler.start();
        const isOver = async ({ dying, surviving }: Trial) => context.line(dying.scheduler).isSilent || isCompleted(surviving.scheduler);
        await context.within('10s', () => allHold(trials, isOver), 'each process is dead, or has nothing more to do');
        for (const { surviving } of trials) surviving.scheduler.process('task', surviving.seen.handle);
        await context.within('10s', () => allHold(trials, ({ surviving }) => isCompleted(surviving.scheduler)), 'all schedules are over');
        const isAtRest = async ({ surviving }: Trial) => {
          const { active_tasks, scheduled_tasks } = await surviving.scheduler.stats();
          return active_tasks + scheduled_tasks === 0;
        };
        await context.within('5s', () => allHold(trials, isAtRest), 'all messages are settled');
        for (const trial of trials) await assertWhole(trial, from);
      },
    }),
  ),
  {
    id: 'S-17',
    title: 'killed at any call of schedule: it is there whole or not at all, and the repair pass of another process sees to it',
    timeoutMs: 60_000,
    async run(context) {
      const openTrial = await openTrials(context, '300ms');
      const from = context.now() + 1_000;
      const trials: Trial[] = [];
      for (const what of losses) {
        for (let call = 1; call <= 6; call++) {
          const trial = await openTrial(`${what}-${call}`);
          trials.push(trial);
          trial.surviving.scheduler.process('task', trial.surviving.seen.handle);
          context.line(trial.dying.scheduler).dieAt(call, what);
          trial.dying.scheduler.schedule('task', 'tick', { ...options(from, false), id: 'tick' }).catch(() => {});
        }
      }
      await context.advance('3s');
      const isSettled = async ({ surviving }: Trial) => {
        const view = await surviving.scheduler.get('tick');
        return view === undefined || view.status === 'completed';
      };
      await context.within('5s', () => allHold(trials, isSettled), 'each is over, or not there');
      await context.settle();
      let whole = 0;
      for (const trial of trials) {
        const { total_tasks } = await trial.surviving.scheduler.stats();
        if ((await trial.surviving.scheduler.get('tick')) !== undefined) {
          whole++;
          await context.eventually(
            async () => (await trial.surviving.scheduler.stats()).completed_tasks === occurrences,
            'all are counted',
          );
          await assertWhole(trial, from);
        } else assert.deepEqual([total_tasks, trial.surviving.seen.starts.length], [0, 0], trial.name);
      }
      assert.ok(whole >= 4 && whole <= trials.length - 2, `${whole} of ${trials.length} are there`);
    },
  },
  {
    id: 'S-17',
    title: 'killed at any call of a change, and the change said again by another process: it holds, and each time runs once',
    timeoutMs: 60_000,
    async run(context) {
      const changes: Readonly<Record<string, (scheduler: Scheduler) => Promise<unknown>>> = {
        update: (scheduler) => scheduler.update('tick', { payload: 'new' }),
        replace: (scheduler) => scheduler.schedule('task', 'new', { ...options(from, false), id: 'tick' }),
        pause: (scheduler) => scheduler.pause('tick'),
        resume: (scheduler) => scheduler.resume('tick'),
        cancel: (scheduler) => scheduler.cancel('tick'),
      };
      const openTrial = await openTrials(context, '300ms');
      const from = context.now() + 2_000;
      const trials: (Trial & { readonly kind: string })[] = [];
      for (const [kind, change] of Object.entries(changes)) {
        for (const what of losses) {
          for (let call = 1; call <= 5; call++) {
            const { name, dying, surviving } = await openTrial(`${kind}-${what}-${call}`);
            trials.push({ name, dying, surviving, kind });
            surviving.scheduler.process('task', surviving.seen.handle);
            await surviving.scheduler.schedule('task', 'old', { ...options(from, false), id: 'tick' });
            if (kind === 'resume') await surviving.scheduler.pause('tick');
            context.line(dying.scheduler).dieAt(call, what);
            change(dying.scheduler).catch(() => {});
            await context.settle();
            await change(surviving.scheduler);
          }
        }
      }
      await context.within('10s', () => context.now() > from + occurrences * periodMs + 500, 'their time is over');
      const isOver = ({ kind, surviving }: (typeof trials)[number]) => {
        return kind === 'pause' || kind === 'cancel' || isCompleted(surviving.scheduler);
      };
      await context.within('5s', () => allHold(trials, isOver), 'all are over');
      for (const { name, kind, surviving } of trials) {
        const runs = kind === 'pause' || kind === 'cancel' ? [] : duesFrom(from);
        assert.deepEqual(surviving.seen.duesOf('tick'), runs, name);
        const payload = kind === 'resume' ? 'old' : 'new';
        assert.ok(
          surviving.seen.payloads.every((seen) => seen === payload),
          name,
        );
        assert.equal((await surviving.scheduler.stats()).scheduled_tasks, 0, name);
      }
    },
  },
];
