import assert from 'node:assert/strict';
import { passMarker, type SchedulerCase, startScheduler, untilAborted } from './scheduler-case.js';

/** A schedule is changed while an occurrence of it runs. */
export const runningChangeCases: readonly SchedulerCase[] = [
  {
    id: 'S-19',
    title: 'updated while one runs: that one ends by the old rule, the next one follows the new, with the new payload',
    async run(context) {
      const gate = context.gate();
      const worker = await startScheduler(context, ({ payload }) => (payload === 'old' ? gate.opened : undefined));
      const { scheduler } = worker;
      const id = await scheduler.schedule('task', 'old', { every: 100, timeout: '30s' });
      await context.within('5s', () => worker.seen.running === 1, 'it runs');
      const other = (await context.peer()).scheduler();
      const updatedAt = context.now();
      assert.equal(await other.update(id, { payload: 'new', every: 250, timeout: '1s' }), true);
      await passMarker(context, worker, 600);
      assert.equal(worker.seen.startsOf(id).length, 1);
      assert.equal((await other.get(id))?.status, 'running');
      gate.open();
      await context.within('5s', () => worker.seen.startsOf(id).length === 4, 'three more have run');
      const [, ...later] = worker.seen.startsOf(id);
      assert.deepEqual([...new Set(later.map(({ payload }) => payload))], ['new']);
      assert.ok((later[0]?.due ?? 0) > updatedAt);
      assert.equal((later[2]?.due ?? 0) - (later[1]?.due ?? 0), 250);
      assert.deepEqual([...worker.seen.overlaps], []);
    },
  },
  {
    id: 'S-19',
    title: 'replaced while one runs, by the same times and another payload: no time comes twice',
    async run(context) {
      const worker = await startScheduler(context, () => context.work(60));
      const { scheduler } = worker;
      for (let round = 0; round < 8; round++) {
        await scheduler.schedule('task', round, { every: 100, id: 'tick' });
        await context.advance('70ms');
      }
      await context.within('5s', () => worker.seen.starts.length >= 8, 'it goes on');
      const dues = worker.seen.duesOf('tick');
      assert.deepEqual(dues, [...new Set(dues)].toSorted());
      assert.ok(dues.every((due) => (due - (dues[0] ?? 0)) % 100 === 0));
      assert.deepEqual([...worker.seen.overlaps], []);
    },
  },
  {
    id: 'S-19',
    title: 'a new end that has passed by the time the run ends: it is over',
    async run(context) {
      const gate = context.gate();
      const worker = await startScheduler(context, ({ payload }) => (payload === 'tick' ? gate.opened : undefined));
      const id = await worker.scheduler.schedule('task', 'tick', { every: 100 });
      await context.within('5s', () => worker.seen.running === 1, 'it runs');
      await worker.scheduler.update(id, { until: new Date(context.now() + 150), misfire: 'skip' });
      await context.advance('300ms');
      gate.open();
      await context.within('5s', async () => (await worker.scheduler.get(id))?.status === 'completed', 'it is over');
      await passMarker(context, worker, 200);
      assert.equal(worker.seen.startsOf(id).length, 1);
    },
  },
  {
    id: 'S-19',
    title: 'cancelled while one runs that does not heed its signal: it ends, and none follows',
    async run(context) {
      const gate = context.gate();
      const worker = await startScheduler(context, ({ payload }) => (payload === 'deaf' ? gate.opened : undefined));
      const id = await worker.scheduler.schedule('task', 'deaf', { every: 100 });
      await context.within('5s', () => worker.seen.running === 1, 'it runs');
      assert.equal(await (await context.peer()).scheduler().cancel(id), 'aborting');
      await context.advance('1s');
      gate.open();
      await context.within('5s', () => worker.endings.length === 1, 'it has ended');
      await passMarker(context, worker, 300);
      assert.equal(worker.seen.startsOf(id).length, 1);
      assert.equal((await worker.scheduler.get(id))?.status, 'cancelled');
      assert.equal((await worker.scheduler.stats()).scheduled_tasks, 0);
    },
  },
  {
    id: 'S-19',
    title: 'cancelled while one runs, and scheduled anew under its id at once: the new one runs, the old one is aborted',
    async run(context) {
      const worker = await startScheduler(context, (start) => (start.payload === 'old' ? untilAborted(start) : undefined));
      const { scheduler } = worker;
      await scheduler.schedule('task', 'old', { every: 100, id: 'tick' });
      await context.within('5s', () => worker.seen.running === 1, 'it runs');
      assert.equal(await scheduler.cancel('tick'), 'aborting');
      await scheduler.schedule('task', 'new', { every: 100, id: 'tick' });
      await context.within('5s', () => worker.seen.starts.filter(({ payload }) => payload === 'new').length === 3, 'the new one runs');
      const { cancelled_tasks, active_tasks } = await scheduler.stats();
      assert.ok(cancelled_tasks === 1 && active_tasks <= 1);
      assert.equal((await scheduler.get('tick'))?.payload, 'new');
    },
  },
];
