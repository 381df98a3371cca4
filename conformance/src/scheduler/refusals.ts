import assert from 'node:assert/strict';
import { CapacityError, ConfigError, defineMessages, InvalidNameError, PayloadError, type ScheduleOptions } from '@quayside/core';
import { z } from 'zod';
import { openScheduler, passMarker, type SchedulerCase, startScheduler } from './scheduler-case.js';

/** Each with the option that the error names. */
const wrong: readonly (readonly [path: string, options: object])[] = [
  ['options', {}],
  ['options', { delay: 0, at: new Date() }],
  ['options', { every: '1m', cron: '* * * * *' }],
  ['options', { every: '1m', until: new Date(0) }],
  ['options', { cron: '0 0 30 2 *' }],
  ['options.delay', { delay: -1 }],
  ['options.delay', { delay: 'soon' }],
  ['options.at', { at: new Date(Number.NaN) }],
  ['options.at', { at: '2026-01-01' }],
  ['options.at', { at: new Date(8.64e15) }],
  ['options.every', { every: 0 }],
  ['options.every', { every: 9 }],
  ['options.cron', { cron: '' }],
  ['options.cron', { cron: '61 * * * *' }],
  ['options.cron', { cron: '* * * *' }],
  ['options.cron', { cron: '* * * * * * *' }],
  ['options.cron', { cron: '0 0 ? * MON' }],
  ['options.cron', { cron: '2026-01-01T00:00:00Z' }],
  ['options.cron', { cron: '@fortnightly' }],
  ['options.cron', { cron: 5 }],
  ['options.timezone', { cron: '* * * * *', timezone: 'Mars/Olympus' }],
  ['options.timezone', { every: '1m', timezone: 'Europe/Berlin' }],
  ['options.from', { delay: 0, from: new Date() }],
  ['options.until', { every: '1m', from: new Date(2_000), until: new Date(1_000) }],
  ['options.misfire', { every: '1m', misfire: 'maybe' }],
  ['options.misfire', { delay: 0, misfire: 'once' }],
  ['options.overlap', { delay: 0, overlap: true }],
  ['options.overlap', { every: '1m', overlap: 'yes' }],
  ['options.priority', { delay: 0, priority: 'urgent' }],
  ['options.timeout', { delay: 0, timeout: 0 }],
  ['options.maxRetries', { delay: 0, maxRetries: -1 }],
  ['options.backoff', { delay: 0, backoff: { type: 'linear' } }],
  ['options.backoff', { delay: 0, backoff: () => 5 }],
  ['options.onConflict', { delay: 0, onConflict: 'merge' }],
  ['options.id', { delay: 0, id: 'x'.repeat(151) }],
];

/** What is refused, and what is not there. */
export const refusalCases: readonly SchedulerCase[] = [
  {
    id: 'S-11',
    title: 'wrong options are refused with the option that is wrong, and nothing is stored',
    async run(context) {
      const scheduler = context.scheduler();
      for (const [path, options] of wrong) {
        await assert.rejects(
          scheduler.schedule('task', 'work', options as ScheduleOptions),
          (error: unknown) => error instanceof ConfigError && error.issues.some((issue) => issue.path === path),
          `${path} of ${JSON.stringify(options)}`,
        );
      }
      assert.deepEqual((await scheduler.list()).items, []);
      assert.equal((await scheduler.stats()).total_tasks, 0);
    },
  },
  {
    id: 'S-11',
    title: 'all that is wrong is told at once',
    async run(context) {
      const options = { every: 'often', timezone: 'Asia/Tokyo', priority: 'urgent', maxRetries: 0.5 } as unknown as ScheduleOptions;
      await assert.rejects(context.scheduler().schedule('task', 'work', options), (error: unknown) => {
        assert.ok(error instanceof ConfigError);
        const paths = error.issues.map(({ path }) => path).toSorted();
        assert.deepEqual(paths, ['options.every', 'options.maxRetries', 'options.priority', 'options.timezone']);
        return true;
      });
    },
  },
  {
    id: 'S-11',
    title: 'delays that are not enabled are refused; repeating schedules are not delays',
    async run(context) {
      const scheduler = context.scheduler({ enableDelayedTasks: false });
      await assert.rejects(scheduler.schedule('task', 'work', { delay: 0 }), ConfigError);
      await assert.rejects(scheduler.schedule('task', 'work', { at: new Date() }), ConfigError);
      await scheduler.schedule('task', 'work', { every: '1h' });
      assert.equal((await scheduler.stats()).total_tasks, 1);
    },
  },
  {
    id: 'S-11',
    title: 'where bufferSize tasks are due and wait no more is scheduled, of any kind, until one has run',
    async run(context) {
      const worker = openScheduler(context, undefined, { bufferSize: 3 });
      const { scheduler } = worker;
      for (let index = 0; index < 3; index++) await scheduler.schedule('task', index, { delay: 0 });
      for (const options of [{ delay: 0 }, { delay: '1h' }, { every: '1h' }]) {
        await assert.rejects(
          scheduler.schedule('task', 'one too many', options),
          (error: unknown) => error instanceof CapacityError && error.outcome === 'not-published',
        );
      }
      assert.equal((await scheduler.stats()).total_tasks, 3);
      await scheduler.start();
      await context.eventually(() => worker.endings.length === 3, 'they have run');
      await passMarker(context, worker);
      for (let index = 0; index < 10; index++) await scheduler.schedule('task', index, { delay: '1h' });
      assert.equal((await scheduler.stats()).scheduled_tasks, 10);
    },
  },
  {
    id: 'S-11',
    title: 'names and ids out of form are refused; those in form work, however odd',
    async run(context) {
      const worker = await startScheduler(context);
      const { scheduler } = worker;
      for (const bad of ['', 'a b', 'ä', 'x'.repeat(201)]) {
        await assert.rejects(scheduler.schedule(bad, 'work', { delay: 0 }), InvalidNameError);
        await assert.rejects(scheduler.schedule('task', 'work', { delay: 0, id: bad }), InvalidNameError);
        await assert.rejects(scheduler.get(bad), InvalidNameError);
        await assert.rejects(scheduler.cancel(bad), InvalidNameError);
        assert.throws(() => scheduler.process(bad, () => {}), InvalidNameError);
      }
      const odd = ['a:1:b', '__proto__', 'constructor', '0', 'x/y.z', 'x'.repeat(150)];
      for (const id of odd) await scheduler.schedule('task', id, { delay: 0, id });
      await context.eventually(() => worker.endings.length === odd.length, 'they have run');
      assert.deepEqual(worker.seen.payloads.toSorted(), odd.toSorted());
      for (const id of odd) assert.equal((await scheduler.get(id))?.status, 'completed');
    },
  },
  {
    id: 'S-11',
    title: 'a payload that can not be carried, is too large, or fails its schema is refused, and nothing is stored',
    async run(context) {
      const definitions = defineMessages({ task: z.object({ room: z.number() }) });
      const scheduler = context.scheduler({ definitions: definitions as never });
      for (const payload of [{ room: 'seven' }, { room: Number.NaN }, () => 1]) {
        for (const options of [{ delay: 0 }, { every: '1h', id: 'tick' }]) {
          await assert.rejects(scheduler.schedule('task', payload, options), PayloadError);
        }
      }
      await assert.rejects(context.scheduler().schedule('other', 'x'.repeat(1024 * 1024), { delay: 0 }), PayloadError);
      assert.equal((await scheduler.stats()).total_tasks, 0);
      await context.advance('10ms');
      assert.deepEqual((await scheduler.list()).items, []);
    },
  },
  {
    id: 'S-11',
    title: 'a name for which nobody has a handler: its run fails with that reason, and a repeating schedule goes on',
    needs: ['testClock'],
    async run(context) {
      const worker = await startScheduler(context);
      const { scheduler } = worker;
      const once = await scheduler.schedule('nobody', 'work', { delay: 0, maxRetries: 0 });
      const tick = await scheduler.schedule('nobody', 'work', { every: '1h', from: new Date(context.now() + 300), maxRetries: 0 });
      await context.within('5m', () => worker.endings.length === 2, 'both have failed');
      for (const id of [once, tick])
        assert.match((await scheduler.get(id))?.lastResult?.error ?? '', /no worker has a handler for 'nobody'/);
      assert.deepEqual([(await scheduler.get(once))?.status, (await scheduler.get(tick))?.status], ['failed', 'scheduled']);
    },
  },
  {
    id: 'S-11',
    title: 'a second handler under one name is refused; a handler that was removed runs no more',
    async run(context) {
      const worker = await startScheduler(context);
      assert.throws(() => worker.scheduler.process('task', () => {}), ConfigError);
      const seen = context.recorder();
      const registration = worker.scheduler.process('other', seen.handle);
      await worker.scheduler.schedule('other', 1, { delay: 0 });
      await context.eventually(() => seen.ended.length === 1, 'it has run');
      await registration.remove();
      await worker.scheduler.schedule('other', 2, { delay: 0 });
      await passMarker(context, worker, 200);
      assert.deepEqual(seen.payloads, [1]);
    },
  },
];
