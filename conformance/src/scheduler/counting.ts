import assert from 'node:assert/strict';
import type { SchedulerContext } from './context.js';
import { openScheduler, passMarker, type RecordedScheduler, type SchedulerCase, startScheduler, untilAborted } from './scheduler-case.js';

const many = 10_000;

/** Runs 50 tasks at one time; answers how many calls to the backend that took. */
async function callsForFifty(context: SchedulerContext, { scheduler, endings }: RecordedScheduler): Promise<number> {
  const at = new Date(context.now() + 500);
  await Promise.all(Array.from({ length: 50 }, (_, index) => scheduler.schedule('task', index, { at })));
  const calls = context.line(scheduler).calls;
  const before = calls.length;
  const ended = endings.length;
  await context.within('5s', () => endings.length === ended + 50, 'they have run');
  return calls.length - before;
}

/** Figures, and what they cost. */
export const countingCases: readonly SchedulerCase[] = [
  {
    id: 'S-13',
    title: 'every figure is exact, and they add up',
    async run(context) {
      const worker = await startScheduler(context, (start) => {
        if (start.payload === 'broken') throw new Error('broken');
        return start.payload === 'long' ? untilAborted(start) : undefined;
      });
      const { scheduler } = worker;
      const backoff = { type: 'fixed', delay: 0, jitter: 'none' } as const;
      for (let index = 0; index < 7; index++) await scheduler.schedule('task', 'good', { delay: 0 });
      for (let index = 0; index < 3; index++) await scheduler.schedule('task', 'broken', { delay: 0, maxRetries: 2, backoff });
      const waiting = await Promise.all(Array.from({ length: 5 }, () => scheduler.schedule('task', 'later', { delay: '1h' })));
      const long = await scheduler.schedule('task', 'long', { delay: 0 });
      await scheduler.schedule('task', 'long', { delay: 0 });
      const until = new Date(context.now() + 350);
      const tick = await scheduler.schedule('task', 'tick', { every: 100, until, misfire: 'all' });
      await scheduler.schedule('task', 'withdrawn', { every: '1h', id: 'hourly' });
      await scheduler.update('hourly', { payload: 'stays' });
      for (const id of waiting.slice(0, 2)) assert.equal(await scheduler.cancel(id), 'cancelled');
      assert.equal(await scheduler.cancel(long), 'aborting');
      await context.within('5s', async () => (await scheduler.get(tick))?.status === 'completed', 'the ticks have run');
      await context.within('5s', async () => (await scheduler.stats()).active_tasks === 1, 'all but one have ended');
      assert.deepEqual(await (await context.peer()).scheduler().stats(), {
        total_tasks: 7 + 3 + 5 + 2 + 3 + 1,
        completed_tasks: 7 + 3,
        failed_tasks: 3,
        active_tasks: 1,
        scheduled_tasks: 3 + 1,
        cancelled_tasks: 2 + 1,
      });
    },
  },
  {
    id: 'S-13',
    title: '10,000 schedules: all are there, and running some of them takes no more calls than among few',
    timeoutMs: 60_000,
    async run(context) {
      const worker = openScheduler(context, undefined, { workers: 50 });
      const { scheduler } = worker;
      await scheduler.start();
      await passMarker(context, worker);
      const amongFew = await callsForFifty(context, worker);
      const from = new Date(context.now() + 24 * 3_600_000);
      for (let first = 0; first < many; first += 1_000) {
        const ids = Array.from({ length: 1_000 }, (_, index) => `tick-${first + index}`);
        await Promise.all(ids.map((id, index) => scheduler.schedule('task', index, { every: '1h', from, id })));
      }
      assert.equal((await scheduler.stats()).scheduled_tasks, many);
      const amongMany = await callsForFifty(context, worker);
      assert.ok(amongMany <= 2 * amongFew + 20, `${amongMany} calls among ${many} schedules, ${amongFew} among few`);
      let count = 0;
      let cursor: string | undefined;
      do {
        const page = await scheduler.list({ cursor, limit: 1_000 });
        count += page.items.filter(({ status }) => status === 'scheduled').length;
        cursor = page.cursor;
      } while (cursor !== undefined);
      assert.equal(count, many);
    },
  },
  {
    id: 'S-13',
    title: 'the repair pass looks into the queue only for what is due soon',
    needs: ['testClock'],
    async run(context) {
      const { scheduler } = await startScheduler(context, undefined, { repairInterval: '1m' });
      for (let index = 0; index < 30; index++) await scheduler.schedule('task', index, { delay: '10h' });
      await scheduler.schedule('task', 'soon', { delay: '90s' });
      const calls = context.line(scheduler).calls;
      const before = calls.length;
      await context.advance('61s');
      const made = calls.slice(before);
      assert.equal(made.filter((call) => call === 'records.list').length, 1);
      assert.equal(made.filter((call) => call === 'queue.find').length, 1);
    },
  },
];
