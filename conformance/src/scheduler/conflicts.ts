import assert from 'node:assert/strict';
import { ConfigError, QuaysideError, type ScheduleOptions } from '@quayside/core';
import { marker, openScheduler, passMarker, type SchedulerCase, startScheduler } from './scheduler-case.js';

/** Each of them runs once in the next minutes, if it is scheduled once. */
const kinds: readonly { readonly kind: string; readonly optionsAt: (now: number) => ScheduleOptions }[] = [
  { kind: 'delay', optionsAt: () => ({ delay: 200 }) },
  { kind: 'at', optionsAt: (now) => ({ at: new Date(now + 200) }) },
  { kind: 'every', optionsAt: (now) => ({ every: '1h', from: new Date(now + 200) }) },
];

/** A second schedule under one id. */
export const conflictCases: readonly SchedulerCase[] = [
  {
    id: 'S-07',
    title: 'a one-off is refused, also while it runs and after it ran; what stands stays as it is',
    async run(context) {
      const gate = context.gate();
      const worker = openScheduler(context, () => gate.opened);
      const { scheduler } = worker;
      await scheduler.schedule('task', 'first', { delay: 100, id: 'once' });
      const again = () => scheduler.schedule('task', 'second', { delay: 0, id: 'once' });
      await assert.rejects(again(), (error: unknown) => error instanceof ConfigError && error.issues[0]?.path === 'options.id');
      await scheduler.start();
      await context.within('5s', () => worker.seen.running === 1, 'it runs');
      await assert.rejects(again(), ConfigError);
      gate.open();
      await context.within('5s', () => worker.endings.length === 1, 'it has run');
      await assert.rejects(again(), ConfigError);
      await passMarker(context, worker);
      assert.deepEqual(worker.seen.payloads, ['first', 'marker']);
    },
  },
  {
    id: 'S-07',
    title: 'a cancelled schedule has freed its id',
    async run(context) {
      const worker = await startScheduler(context);
      for (const options of [{ delay: '1h' }, { every: '1h' }]) {
        await worker.scheduler.schedule('task', 'first', { ...options, id: 'free', onConflict: 'reject' });
        await worker.scheduler.cancel('free');
      }
      await worker.scheduler.schedule('task', 'second', { delay: 0, id: 'free', onConflict: 'ignore' });
      await context.eventually(() => worker.endings.length === 1, 'it has run');
      assert.deepEqual(worker.seen.payloads, ['second']);
    },
  },
  {
    id: 'S-07',
    title: 'a one-off is replaced where that is said: the new one runs at its time with its payload, the old one never',
    async run(context) {
      const worker = await startScheduler(context);
      const { scheduler } = worker;
      await scheduler.schedule('task', 'first', { delay: 100, id: 'once' });
      await scheduler.schedule('task', 'second', { delay: 250, id: 'once', onConflict: 'replace' });
      await passMarker(context, worker, 400);
      assert.deepEqual(worker.seen.payloads, ['second', 'marker']);
      await scheduler.schedule('task', 'third', { delay: 0, id: 'once', onConflict: 'replace' });
      await context.eventually(() => worker.endings.length === 3, 'it has run again');
      assert.equal((await scheduler.get('once'))?.payload, 'third');
      const { total_tasks, completed_tasks } = await scheduler.stats();
      assert.deepEqual([total_tasks, completed_tasks], [3, 3]);
    },
  },
  {
    id: 'S-07',
    title: 'a one-off replaced for the very same time runs once, with the new payload',
    async run(context) {
      const worker = await startScheduler(context);
      const at = new Date(context.now() + 150);
      await worker.scheduler.schedule('task', 'first', { at, id: 'once' });
      await worker.scheduler.schedule('task', 'second', { at, id: 'once', onConflict: 'replace' });
      await passMarker(context, worker, 300);
      assert.deepEqual(worker.seen.payloads, ['second', 'marker']);
    },
  },
  {
    id: 'S-07',
    title: 'a one-off replaced while it runs: that run ends, and the new one runs, too',
    async run(context) {
      const gate = context.gate();
      const worker = await startScheduler(context, ({ payload }) => (payload === 'first' ? gate.opened : undefined));
      const { scheduler } = worker;
      const at = new Date(context.now());
      await scheduler.schedule('task', 'first', { at, id: 'once' });
      await context.eventually(() => worker.seen.running === 1, 'it runs');
      await scheduler.schedule('task', 'second', { at, id: 'once', onConflict: 'replace' });
      await context.eventually(() => worker.endings.length === 1, 'the second has run');
      assert.equal((await scheduler.get('once'))?.status, 'completed');
      gate.open();
      await context.eventually(() => worker.endings.length === 2, 'the first has ended');
      assert.deepEqual(
        worker.endings.map(({ outcome }) => outcome),
        ['completed', 'completed'],
      );
      assert.equal((await scheduler.get('once'))?.status, 'completed');
    },
  },
  {
    id: 'S-07',
    title: 'a repeating schedule is replaced: it follows the new rule from now on, and the old one no more',
    async run(context) {
      const worker = await startScheduler(context);
      const { scheduler } = worker;
      await scheduler.schedule('task', 'old', { every: 150, id: 'tick' });
      await scheduler.schedule('task', 'new', { every: 100, id: 'tick' });
      await context.within('5s', () => worker.endings.length === 5, 'five have run');
      assert.deepEqual([...new Set(worker.seen.payloads)], ['new']);
      const dues = worker.seen.duesOf('tick');
      assert.ok(dues.every((due, index) => index === 0 || (due - (dues[index - 1] ?? 0)) % 100 === 0));
      assert.equal((await scheduler.list()).items.length, 1);
    },
  },
  {
    id: 'S-07',
    title: 'a repeating schedule replaced by the same, or by one of other payload alone, keeps its phase',
    async run(context) {
      const scheduler = context.scheduler();
      await scheduler.schedule('task', 'old', { every: '1h', priority: 'low', id: 'tick' });
      const next = (await scheduler.get('tick'))?.nextRun;
      await context.advance('1s');
      await scheduler.schedule('task', 'old', { priority: 'low', id: 'tick', every: '1h' });
      assert.deepEqual((await scheduler.get('tick'))?.nextRun, next);
      await scheduler.schedule('task', 'new', { every: '1h', id: 'tick' });
      const view = await scheduler.get('tick');
      assert.deepEqual([view?.nextRun, view?.payload, view?.options.priority], [next, 'new', undefined]);
      const { total_tasks, scheduled_tasks } = await scheduler.stats();
      assert.deepEqual([total_tasks, scheduled_tasks], [1, 1]);
    },
  },
  {
    id: 'S-07',
    title: 'reject and ignore leave a repeating schedule as it is; ignore says nothing, also of one that is over',
    async run(context) {
      const worker = await startScheduler(context);
      const { scheduler } = worker;
      const until = new Date(context.now() + 150);
      await scheduler.schedule('task', 'first', { every: 100, until, id: 'tick' });
      await assert.rejects(scheduler.schedule('task', 'second', { every: 50, id: 'tick', onConflict: 'reject' }), ConfigError);
      assert.equal(await scheduler.schedule('task', 'third', { every: 50, id: 'tick', onConflict: 'ignore' }), 'tick');
      await context.within('5s', async () => (await scheduler.get('tick'))?.status === 'completed', 'it is over');
      await assert.rejects(scheduler.schedule('task', 'second', { every: 50, id: 'tick', onConflict: 'reject' }), ConfigError);
      await scheduler.schedule('task', 'third', { delay: 0, id: 'tick', onConflict: 'ignore' });
      await passMarker(context, worker, 100);
      assert.deepEqual([...new Set(worker.seen.payloads)], ['first', 'marker']);
    },
  },
  ...(['records.write', 'queue.publish'] as const).flatMap((call) =>
    kinds.map(
      ({ kind, optionsAt }): SchedulerCase => ({
        id: 'S-07',
        title: `a second call with the id of one (${kind}) whose reply to ${call} was lost schedules nothing twice`,
        timeoutMs: 20_000,
        async run(context) {
          const worker = openScheduler(context);
          const { scheduler } = worker;
          const options = optionsAt(context.now());
          context.line(scheduler).lose(call, 'reply', 1_000);
          const scheduling = scheduler.schedule('task', 'work', options);
          const failed = await context.settles(
            '10s',
            scheduling.catch((error: unknown) => error),
            'the call settles',
          );
          context.line(scheduler).forgive();
          assert.ok(failed instanceof QuaysideError && failed.outcome === 'unknown' && failed.ids?.length === 1, `${failed}`);
          assert.equal(await scheduler.schedule('task', 'work', { ...options, id: failed.ids[0] }), failed.ids[0]);
          await scheduler.start();
          await passMarker(context, worker, 500);
          assert.deepEqual(worker.seen.payloads, ['work', marker]);
          assert.equal((await scheduler.list()).items.length, 2);
        },
      }),
    ),
  ),
  {
    id: 'S-07',
    title: 'another definition under the id of a call whose reply was lost is another call: it replaces what that one left',
    timeoutMs: 20_000,
    async run(context) {
      const worker = openScheduler(context);
      const { scheduler } = worker;
      context.line(scheduler).lose('queue.publish', 'reply', 1_000);
      const scheduling = scheduler.schedule('task', 'first', { delay: 200, id: 'once' });
      await assert.rejects(context.settles('10s', scheduling, 'the call settles'), { outcome: 'unknown' });
      context.line(scheduler).forgive();
      await scheduler.schedule('task', 'second', { delay: 200, id: 'once', onConflict: 'replace' });
      await scheduler.start();
      await passMarker(context, worker, 500);
      assert.deepEqual(worker.seen.payloads, ['second', marker]);
    },
  },
  {
    id: 'S-07',
    title: 'a reply lost once is not even noticed; a request that never arrives is told as not-published, and nothing is there',
    async run(context) {
      const worker = await startScheduler(context);
      const { scheduler } = worker;
      const line = context.line(scheduler);
      for (const call of ['records.write', 'queue.publish', 'records.read'] as const) {
        line.lose(call, 'reply');
        await context.settles('1s', scheduler.schedule('task', call, { delay: 0 }), 'it is scheduled');
      }
      line.lose('records.write', 'request', 1_000);
      const scheduling = scheduler.schedule('task', 'never', { delay: 0, id: 'never' });
      const failed = await context.settles(
        '10s',
        scheduling.catch((error: unknown) => error),
        'the call settles',
      );
      assert.equal((failed as { readonly outcome?: string }).outcome, 'not-published');
      line.forgive();
      await passMarker(context, worker, 200);
      assert.deepEqual(worker.seen.payloads.toSorted(), ['marker', 'queue.publish', 'records.read', 'records.write']);
      assert.equal(await scheduler.get('never'), undefined);
    },
  },
];
