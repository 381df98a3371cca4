import assert from 'node:assert/strict';
import { ConfigError, PayloadError } from '@quayside/core';
import { openScheduler, passMarker, type SchedulerCase, startScheduler } from './scheduler-case.js';

/** A schedule is looked at, changed, paused and resumed. */
export const changingCases: readonly SchedulerCase[] = [
  {
    id: 'S-12',
    title: 'get shows what was asked for, the next run, the last run and its result',
    async run(context) {
      const worker = await startScheduler(context);
      const from = context.now() + 200;
      const options = { every: '1s', from: new Date(from), priority: 'high', maxRetries: 0, timeout: '5s' } as const;
      const id = await worker.scheduler.schedule('task', { room: 7 }, { ...options, id: 'tick', onConflict: 'reject' });
      const other = (await context.peer()).scheduler();
      const before = await other.get(id);
      assert.deepEqual(before, {
        id,
        name: 'task',
        payload: { room: 7 },
        isRepeating: true,
        isPaused: false,
        status: 'scheduled',
        nextRun: new Date(from),
        lastRun: undefined,
        lastResult: undefined,
        options,
      });
      await context.within('5s', () => worker.endings.length === 1, 'it has run');
      const after = await other.get(id);
      assert.deepEqual(after, {
        ...before,
        nextRun: new Date(from + 1_000),
        lastRun: new Date(from),
        lastResult: { outcome: 'completed', error: undefined },
      });
      assert.equal(await other.get('unknown'), undefined);
    },
  },
  {
    id: 'S-12',
    title: 'list pages through all schedules, each once, those that ended included',
    async run(context) {
      const worker = await startScheduler(context);
      const { scheduler } = worker;
      const ids: string[] = [];
      for (let index = 0; index < 25; index++) ids.push(await scheduler.schedule('task', index, { delay: index % 2 === 0 ? 0 : '1h' }));
      await scheduler.cancel(ids[1] ?? '');
      await context.eventually(() => worker.endings.length === 13, 'those that are due have run');
      const other = (await context.peer()).scheduler();
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await other.list({ cursor, limit: 10 });
        assert.ok(page.items.length <= 10);
        seen.push(...page.items.map((view) => `${view.id} ${view.status} ${view.payload}`));
        cursor = page.cursor;
      } while (cursor !== undefined);
      const statusOf = (index: number) => (index % 2 === 0 ? 'completed' : index === 1 ? 'cancelled' : 'scheduled');
      assert.deepEqual(seen.toSorted(), ids.map((id, index) => `${id} ${statusOf(index)} ${index}`).toSorted());
      for (const limit of [0, 1_001, 1.5]) await assert.rejects(other.list({ limit }), ConfigError);
    },
  },
  {
    id: 'S-12',
    title: 'update changes payload, options and rule of a schedule; what it leaves out stays, what it sets to undefined goes',
    async run(context) {
      const worker = await startScheduler(context);
      const { scheduler } = worker;
      const from = context.now() + 3_600_000;
      const id = await scheduler.schedule('task', 'old', { every: '1h', from: new Date(from), priority: 'low', maxRetries: 1 });
      const other = (await context.peer()).scheduler();
      assert.equal(await other.update(id, { payload: 'new', maxRetries: undefined }), true);
      const payloadOnly = await scheduler.get(id);
      assert.deepEqual(
        [payloadOnly?.payload, payloadOnly?.nextRun, payloadOnly?.options],
        ['new', new Date(from), { every: '1h', from: new Date(from), priority: 'low' }],
      );
      assert.equal(await other.update(id, { from: undefined, every: 100 }), true);
      await context.within('5s', () => worker.endings.length === 2, 'two have run');
      assert.deepEqual([...new Set(worker.seen.payloads)], ['new']);
      assert.equal(await other.update(id, { cron: '0 0 1 1 *', timezone: 'Asia/Tokyo' }), true);
      const cron = await scheduler.get(id);
      assert.deepEqual(cron?.options, { cron: '0 0 1 1 *', timezone: 'Asia/Tokyo', priority: 'low' });
      assert.equal(await other.update(id, { cron: '0 0 2 1 *' }), true);
      assert.deepEqual((await scheduler.get(id))?.options, { cron: '0 0 2 1 *', timezone: 'Asia/Tokyo', priority: 'low' });
      assert.equal((await scheduler.stats()).scheduled_tasks, 1);
    },
  },
  {
    id: 'S-12',
    title: 'update of the payload alone keeps the phase of a period, however often',
    async run(context) {
      const scheduler = context.scheduler();
      const id = await scheduler.schedule('task', 0, { every: '1h' });
      const next = (await scheduler.get(id))?.nextRun;
      for (let round = 1; round <= 5; round++) {
        await context.advance('100ms');
        await scheduler.update(id, { payload: round });
      }
      const view = await scheduler.get(id);
      assert.deepEqual([view?.payload, view?.nextRun], [5, next]);
      const { total_tasks, scheduled_tasks } = await scheduler.stats();
      assert.deepEqual([total_tasks, scheduled_tasks], [1, 1]);
    },
  },
  {
    id: 'S-12',
    title: 'an update that is wrong or refused changes nothing: the schedule runs as before',
    async run(context) {
      const worker = await startScheduler(context);
      const { scheduler } = worker;
      const id = await scheduler.schedule('task', 'good', { every: 300 });
      const before = await scheduler.get(id);
      for (const changes of [{ priority: 'urgent' }, { every: 'often' }, { at: new Date() }, { until: new Date(0) }, { id: 'x' }]) {
        await assert.rejects(scheduler.update(id, changes as never), ConfigError, JSON.stringify(changes));
      }
      for (const payload of [() => 1, 'x'.repeat(1024 * 1024)]) await assert.rejects(scheduler.update(id, { payload }), PayloadError);
      assert.deepEqual(await scheduler.get(id), before);
      await context.within('5s', () => worker.endings.length === 2, 'it goes on');
      assert.deepEqual([...new Set(worker.seen.payloads)], ['good']);
    },
  },
  {
    id: 'S-12',
    title: 'what is not there, is over or does not repeat is not updated; what is not there or over is not paused or resumed',
    async run(context) {
      const worker = await startScheduler(context);
      const { scheduler } = worker;
      const over = await scheduler.schedule('task', 'work', { delay: 0 });
      const once = await scheduler.schedule('task', 'work', { delay: '1h' });
      const cancelled = await scheduler.schedule('task', 'work', { every: '1h' });
      await scheduler.cancel(cancelled);
      await context.eventually(() => worker.endings.length === 1, 'one has run');
      for (const id of ['unknown', over, once, cancelled]) assert.equal(await scheduler.update(id, { payload: 'new' }), false, id);
      for (const id of ['unknown', over, cancelled]) {
        assert.equal(await scheduler.pause(id), false, id);
        assert.equal(await scheduler.resume(id), false, id);
      }
    },
  },
  {
    id: 'S-12',
    title: 'a paused schedule does not run, and its neighbours do; resumed, it goes on with what is next, and nothing is made up for',
    async run(context) {
      const worker = await startScheduler(context);
      const { scheduler } = worker;
      const from = context.now() + 200;
      const id = await scheduler.schedule('task', 'tick', { every: 200, from: new Date(from), misfire: 'all' });
      const other = (await context.peer()).scheduler();
      assert.equal(await other.pause(id), true);
      assert.equal(await other.pause(id), true);
      const paused = await scheduler.get(id);
      assert.deepEqual([paused?.isPaused, paused?.status, paused?.nextRun], [true, 'scheduled', undefined]);
      await passMarker(context, worker, 900);
      assert.deepEqual(worker.seen.startsOf(id), []);
      const resumedAt = context.now();
      assert.equal(await other.resume(id), true);
      assert.equal(await other.resume(id), true);
      await context.within('5s', () => worker.seen.duesOf(id).length === 2, 'two have run');
      const dues = worker.seen.duesOf(id);
      assert.ok((dues[0] ?? 0) >= resumedAt && dues.every((due) => (due - from) % 200 === 0));
      assert.equal((await scheduler.get(id))?.isPaused, false);
    },
  },
  {
    id: 'S-12',
    title: 'paused and resumed at once, or often: one occurrence waits, and each runs once',
    async run(context) {
      const worker = await startScheduler(context);
      const { scheduler } = worker;
      const other = (await context.peer()).scheduler();
      const id = await scheduler.schedule('task', 'tick', { every: 150 });
      for (let round = 0; round < 20; round++) {
        await scheduler.pause(id);
        await other.resume(id);
        await context.advance('23ms');
      }
      const { scheduled_tasks, active_tasks } = await scheduler.stats();
      assert.ok(scheduled_tasks + active_tasks <= 1);
      await context.within('5s', () => worker.seen.starts.length >= 3, 'it goes on');
      assert.equal(new Set(worker.seen.duesOf(id)).size, worker.seen.duesOf(id).length);
    },
  },
  {
    id: 'S-12',
    title: 'a paused one-off whose time has passed runs at once when it is resumed; a schedule whose end has passed is over',
    async run(context) {
      const worker = await startScheduler(context);
      const { scheduler } = worker;
      const once = await scheduler.schedule('task', 'once', { delay: 100 });
      const tick = await scheduler.schedule('task', 'tick', { every: 100, until: new Date(context.now() + 250) });
      await scheduler.pause(once);
      await scheduler.pause(tick);
      await passMarker(context, worker, 400);
      assert.deepEqual(worker.seen.payloads, ['marker']);
      assert.equal(await scheduler.resume(once), true);
      assert.equal(await scheduler.resume(tick), true);
      await context.eventually(() => worker.endings.length === 2, 'the one-off has run');
      await passMarker(context, worker, 200);
      assert.deepEqual(worker.seen.payloads, ['marker', 'once', 'marker']);
      assert.equal((await scheduler.get(tick))?.status, 'completed');
    },
  },
  {
    id: 'S-12',
    title: 'paused while it runs: that run ends, its retries too, and none follows until it is resumed; a one-off is over by then',
    async run(context) {
      const gate = context.gate();
      const worker = await startScheduler(context, async ({ payload, attempt }) => {
        await gate.opened;
        if (payload !== 'marker') assert.equal(attempt, 2, 'broken');
      });
      const { scheduler } = worker;
      const backoff = { type: 'fixed', delay: 50, jitter: 'none' } as const;
      const once = await scheduler.schedule('task', 'once', { delay: 0, backoff });
      const tick = await scheduler.schedule('task', 'tick', { every: 100, backoff });
      await context.within('5s', () => worker.seen.running === 2, 'both run');
      await scheduler.pause(once);
      await scheduler.pause(tick);
      gate.open();
      await context.within('5s', () => worker.endings.length === 2, 'both have ended');
      await passMarker(context, worker, 300);
      assert.deepEqual([worker.seen.startsOf(once).length, worker.seen.startsOf(tick).length], [2, 2]);
      assert.equal((await scheduler.get(once))?.status, 'completed');
      assert.deepEqual((await scheduler.get(tick))?.isPaused, true);
      assert.equal(await scheduler.resume(once), false);
      assert.equal(await scheduler.resume(tick), true);
      await context.within('5s', () => worker.seen.startsOf(tick).length === 3, 'it goes on');
    },
  },
  {
    id: 'S-12',
    title: 'a paused schedule stays so under a new definition',
    async run(context) {
      const worker = await startScheduler(context);
      const { scheduler } = worker;
      await scheduler.schedule('task', 'old', { every: 100, id: 'tick' });
      await scheduler.pause('tick');
      await scheduler.schedule('task', 'new', { every: 50, id: 'tick' });
      await scheduler.update('tick', { every: 60 });
      await passMarker(context, worker, 300);
      assert.deepEqual(worker.seen.payloads, ['marker']);
      await scheduler.resume('tick');
      await context.within('5s', () => worker.seen.startsOf('tick').length === 1, 'it runs');
      assert.equal(worker.seen.startsOf('tick')[0]?.payload, 'new');
    },
  },
  {
    id: 'S-12',
    title: 'a record that is damaged is told; its run fails and does not circulate, and its neighbours are listed and run',
    async run(context) {
      const worker = openScheduler(context);
      const { scheduler } = worker;
      await scheduler.schedule('task', 'good', { delay: 0, id: 'good' });
      await scheduler.schedule('task', 'bad', { delay: 0, id: 'bad', maxRetries: 1, backoff: { type: 'fixed', delay: 50 } });
      await context.recordStore().write([{ key: 'bad', when: 'any', state: 'scheduled', fields: { current: 'not JSON' } }]);
      const { items } = await scheduler.list();
      assert.deepEqual(
        items.map(({ id }) => id),
        ['good'],
      );
      await assert.rejects(scheduler.get('bad'), { code: 'ERR_QUAYSIDE_CONFIG', message: "the record of schedule 'bad' is damaged" });
      await scheduler.start();
      const counts = async () => {
        const { completed_tasks, failed_tasks, active_tasks, scheduled_tasks } = await scheduler.stats();
        return `${completed_tasks} ${failed_tasks} ${active_tasks + scheduled_tasks}`;
      };
      await context.within('5s', async () => (await counts()) === '1 1 0', 'one has completed, one has failed');
      assert.deepEqual(worker.seen.payloads, ['good']);
      assert.ok(worker.errors.some(({ message }) => message.includes("'bad' is damaged")));
    },
  },
  {
    id: 'S-12',
    title: 'a schedule that ended can be read for its retention, and no longer; one that goes on is kept',
    needs: ['testClock'],
    async run(context) {
      const worker = await startScheduler(context, undefined, { statusRetention: '10m' });
      const { scheduler } = worker;
      await scheduler.schedule('task', 'once', { delay: 0, id: 'once' });
      await scheduler.schedule('task', 'tick', { every: '1h', id: 'tick' });
      await scheduler.schedule('task', 'off', { every: '1h', id: 'off' });
      await scheduler.cancel('off');
      await context.eventually(() => worker.endings.length === 1, 'one has run');
      await context.advance('9m');
      assert.equal((await scheduler.list()).items.length, 3);
      await context.advance('2m');
      assert.deepEqual(
        (await scheduler.list()).items.map(({ id }) => id),
        ['tick'],
      );
      assert.equal(await scheduler.cancel('once'), 'not-found');
      await scheduler.schedule('task', 'again', { delay: 0, id: 'once' });
      await context.eventually(() => worker.endings.length === 2, 'its id is free');
    },
  },
];
