import assert from 'node:assert/strict';
import type { SchedulerContext } from './context.js';
import { openScheduler, passMarker, type SchedulerCase, startScheduler } from './scheduler-case.js';

/** With a free worker a run begins at the most so long after its time. */
const punctualMs = 50;
/** Clocks of different processes on one machine differ by less, rounded to whole milliseconds. */
const roundingMs = 1;
const yearMs = 365 * 86_400_000;

/** None before its time; and no later than promised, as far as lateness can be measured on this clock. */
function assertPunctual(context: SchedulerContext, starts: readonly { readonly at: number; readonly due: number }[]): void {
  assert.ok(starts.length > 0, 'nothing ran');
  const sorted = starts.map(({ at, due }) => at - due).toSorted((one, other) => one - other);
  assert.ok((sorted[0] ?? 0) >= -roundingMs, `one began ${-(sorted[0] ?? 0)} ms before its time`);
  // Where time passes by itself a busy machine may hold single ones up: the median counts there. Where a test clock moves on while a
  // server's wake-up is on its way, the time of its arrival says nothing.
  const median = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  const late = !context.isTimeExact ? median : context.capabilities.shared ? 0 : (sorted.at(-1) ?? 0);
  assert.ok(late <= punctualMs + roundingMs, `late by ${late} ms; allowed are ${punctualMs}`);
}

/** One run at a time. */
export const onceCases: readonly SchedulerCase[] = [
  ...(['delay', 'at'] as const).map(
    (kind): SchedulerCase => ({
      id: 'S-01',
      title: `${kind}: each runs once, never early, and within 50 ms when a worker is free`,
      isAlone: true,
      async run(context) {
        const worker = await startScheduler(context);
        await passMarker(context, worker);
        const due = new Map<string, number>();
        for (let index = 1; index <= 12; index++) {
          const wait = 40 * index;
          const at = context.now() + wait;
          const id = await worker.scheduler.schedule('task', index, kind === 'delay' ? { delay: wait } : { at: new Date(at) });
          due.set(id, at);
        }
        await context.within('5s', () => worker.endings.length === 13, 'all have run');
        await passMarker(context, worker);
        const starts = worker.seen.starts.filter(({ scheduleId }) => due.has(scheduleId));
        assert.equal(starts.length, 12);
        assertPunctual(
          context,
          starts.map(({ at, scheduleId }) => ({ at, due: due.get(scheduleId) ?? 0 })),
        );
      },
    }),
  ),
  {
    id: 'S-01',
    title: 'a delay of 0 and a time in the past run at once',
    async run(context) {
      const worker = await startScheduler(context);
      await worker.scheduler.schedule('task', 'now', { delay: 0 });
      await worker.scheduler.schedule('task', 'past', { at: new Date(context.now() - yearMs) });
      await context.eventually(() => worker.endings.length === 2, 'both have run');
      assert.deepEqual(worker.seen.payloads.toSorted(), ['now', 'past']);
    },
  },
  {
    id: 'S-01',
    title: 'a time in a year waits, and stops nobody; one that is scheduled later and due sooner runs first',
    async run(context) {
      const worker = await startScheduler(context);
      const far = await worker.scheduler.schedule('task', 'far', { delay: yearMs });
      await worker.scheduler.schedule('task', 'later', { delay: 300 });
      await worker.scheduler.schedule('task', 'sooner', { delay: 150 });
      await context.within('5s', () => worker.endings.length === 2, 'the near ones have run');
      assert.deepEqual(worker.seen.payloads, ['sooner', 'later']);
      const view = await worker.scheduler.get(far);
      assert.equal(view?.status, 'scheduled');
      assert.ok(Math.abs((view?.nextRun?.getTime() ?? 0) - context.now() - yearMs) < 10_000);
    },
  },
  {
    id: 'S-01',
    title: 'the handler learns which run it is, and gets a payload of its own',
    async run(context) {
      const worker = await startScheduler(context);
      const payload = { room: 7, tags: ['a'] };
      const at = context.now() + 100;
      const id = await worker.scheduler.schedule('task', payload, { at: new Date(at), id: 'cleanup:7' });
      payload.tags.push('changed');
      await context.within('5s', () => worker.endings.length === 1, 'it has run');
      const [start] = worker.seen.starts;
      assert.equal(id, 'cleanup:7');
      assert.deepEqual([start?.scheduleId, start?.due, start?.attempt], [id, at, 1]);
      assert.deepEqual(start?.payload, { room: 7, tags: ['a'] });
      assert.deepEqual(worker.endings[0], { run: { scheduleId: id, due: new Date(at) }, outcome: 'completed' });
    },
  },
  {
    id: 'S-04',
    title: 'of the tasks that are due the higher priority runs first, and among equals the one that was due sooner',
    async run(context) {
      const worker = openScheduler(context, undefined, { workers: 1 });
      const tasks = [
        ['low', 10],
        ['normal', 40],
        ['critical', 90],
        ['normal', 20],
        ['high', 70],
        ['critical', 60],
        ['high', 30],
      ] as const;
      for (const [priority, delay] of tasks) await worker.scheduler.schedule('task', `${priority} ${delay}`, { priority, delay });
      await context.advance('200ms');
      await worker.scheduler.start();
      await context.within('5s', () => worker.endings.length === tasks.length, 'all have run');
      assert.deepEqual(worker.seen.payloads, ['critical 60', 'critical 90', 'high 30', 'high 70', 'normal 20', 'normal 40', 'low 10']);
    },
  },
  {
    id: 'S-04',
    title: 'a repeating schedule keeps its priority from one occurrence to the next',
    async run(context) {
      const worker = openScheduler(context, undefined, { workers: 1 });
      const { scheduler } = worker;
      const from = context.now() + 50;
      const bounds = { from: new Date(from), until: new Date(from + 200) };
      await scheduler.schedule('task', 'low', { every: 200, ...bounds, priority: 'low', misfire: 'all' });
      await scheduler.schedule('task', 'high', { every: 200, ...bounds, priority: 'high', misfire: 'all' });
      await context.advance('400ms');
      await scheduler.start();
      await context.within('5s', () => worker.endings.length === 4, 'all have run');
      const order = worker.seen.payloads;
      assert.equal(order[0], 'high');
      assert.ok(order.lastIndexOf('high') < order.lastIndexOf('low'), order.join(', '));
    },
  },
];
