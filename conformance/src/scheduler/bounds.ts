import assert from 'node:assert/strict';
import { passMarker, type SchedulerCase, startScheduler } from './scheduler-case.js';

/** Which times belong to a schedule, and to which schedule. */
export const boundCases: readonly SchedulerCase[] = [
  {
    id: 'S-18',
    title: 'two schedules of one pattern and one payload are two',
    async run(context) {
      const worker = await startScheduler(context);
      const from = new Date(context.now() + 200);
      const options = { every: 100, from, until: new Date(from.getTime() + 200) };
      const one = await worker.scheduler.schedule('task', 'same', options);
      const other = await worker.scheduler.schedule('task', 'same', options);
      await context.within('5s', () => worker.endings.length === 6, 'all have run');
      assert.notEqual(one, other);
      assert.deepEqual(worker.seen.duesOf(one), worker.seen.duesOf(other));
      await worker.scheduler.cancel(one);
      assert.equal((await worker.scheduler.get(other))?.status, 'completed');
    },
  },
  {
    id: 'S-18',
    title: 'nothing runs before from or after until; a time that falls on either belongs to it',
    async run(context) {
      const worker = await startScheduler(context);
      const from = Math.ceil((context.now() + 300) / 1_000) * 1_000;
      const bounds = { from: new Date(from), until: new Date(from + 2_000) };
      const every = await worker.scheduler.schedule('task', 'every', { every: '1s', ...bounds });
      const cron = await worker.scheduler.schedule('task', 'cron', { cron: '* * * * * *', ...bounds });
      await context.within('8s', () => worker.endings.length === 6, 'all have run');
      const expected = [from, from + 1_000, from + 2_000];
      assert.deepEqual([worker.seen.duesOf(every), worker.seen.duesOf(cron)], [expected, expected]);
      await passMarker(context, worker, 1_500);
      assert.equal(worker.seen.starts.length, 7);
      for (const id of [every, cron]) {
        const view = await worker.scheduler.get(id);
        assert.deepEqual([view?.status, view?.nextRun, view?.lastRun], ['completed', undefined, new Date(from + 2_000)]);
      }
    },
  },
  {
    id: 'S-18',
    title: 'scheduled or updated on the exact millisecond of a time, that time runs once, also where it has run already',
    needs: ['testClock'],
    async run(context) {
      const worker = await startScheduler(context);
      const { scheduler } = worker;
      const minute = Math.ceil(context.now() / 60_000) * 60_000 + 60_000;
      await context.advance(minute - context.now());
      await scheduler.schedule('task', 0, { cron: '* * * * *', id: 'tick' });
      await context.eventually(() => worker.endings.length === 1, 'it has run');
      assert.equal(context.now(), minute);
      await scheduler.update('tick', { payload: 1, priority: 'high' });
      await scheduler.schedule('task', 2, { cron: '*/1 * * * *', id: 'tick' });
      await scheduler.pause('tick');
      await scheduler.resume('tick');
      await context.advance('59s');
      assert.deepEqual(worker.seen.duesOf('tick'), [minute]);
      await context.advance('1s');
      assert.deepEqual(worker.seen.duesOf('tick'), [minute, minute + 60_000]);
      await scheduler.schedule('task', 3, { every: '1m', from: new Date(context.now()), id: 'period' });
      await context.eventually(() => worker.endings.length === 3, 'the period has begun');
      await scheduler.schedule('task', 4, { every: '1m', from: new Date(context.now()), id: 'period' });
      await context.advance('1m');
      assert.deepEqual(worker.seen.duesOf('period'), [minute + 60_000, minute + 120_000]);
    },
  },
];
