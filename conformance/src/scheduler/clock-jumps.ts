import assert from 'node:assert/strict';
import type { SchedulerContext } from './context.js';
import { OwnClock } from './own-clock.js';
import { type SchedulerCase, startScheduler } from './scheduler-case.js';

const periodMs = 300;

/** How far the clock jumps: an hour, or what a case can wait for. A multiple of the period, so that the times stay readable. */
function jumpMs(context: SchedulerContext): number {
  return context.isTimeExact ? 12_000 * periodMs : 7 * periodMs;
}

function gaps(dues: readonly number[]): readonly number[] {
  return dues.slice(1).map((due, index) => due - (dues[index] ?? 0));
}

/** The clock of a process is set while schedules wait and run. Delays are the backend's: what waits keeps its time. */
export const clockJumpCases: readonly SchedulerCase[] = [
  {
    id: 'S-14',
    title: 'forward: what waits keeps its time, what was jumped over is one run, no time comes twice',
    async run(context) {
      const clock = new OwnClock(context.scope.time.clock);
      const worker = await startScheduler(context, undefined, { clock });
      const once = await worker.scheduler.schedule('task', 'once', { delay: 5 * periodMs });
      const due = context.now() + 5 * periodMs;
      const id = await worker.scheduler.schedule('task', 'tick', { every: periodMs });
      await context.within('5s', () => worker.seen.duesOf(id).length === 2, 'two have run');
      clock.offsetMs = jumpMs(context);
      await context.within('5s', () => worker.seen.duesOf(id).length === 6, 'four more have run');
      const dues = worker.seen.duesOf(id);
      assert.deepEqual(dues, [...new Set(dues)].toSorted());
      assert.ok(gaps(dues).every((gap) => gap % periodMs === 0));
      assert.equal(gaps(dues).filter((gap) => gap > 3 * periodMs).length, 1);
      await context.within('5s', () => worker.seen.startsOf(once).length === 1, 'the one-off has run');
      assert.ok((worker.seen.startsOf(once)[0]?.at ?? 0) >= due - 1);
    },
  },
  {
    id: 'S-14',
    title: 'back: what waits keeps its time, no time comes twice, and none is lost',
    timeoutMs: 20_000,
    async run(context) {
      const clock = new OwnClock(context.scope.time.clock);
      const worker = await startScheduler(context, undefined, { clock });
      const once = await worker.scheduler.schedule('task', 'once', { delay: 3 * periodMs });
      const id = await worker.scheduler.schedule('task', 'tick', { every: periodMs, misfire: 'all' });
      await context.within('5s', () => worker.seen.duesOf(id).length === 2, 'two have run');
      clock.offsetMs = -jumpMs(context);
      await context.within('5s', () => worker.seen.startsOf(once).length === 1, 'the one-off has run');
      await context.within(jumpMs(context) + 5_000, () => worker.seen.duesOf(id).length >= 6, 'four more have run');
      assert.ok(gaps(worker.seen.duesOf(id)).every((gap) => gap === periodMs));
      assert.deepEqual([...worker.seen.overlaps], []);
    },
  },
  {
    id: 'S-14',
    title: 'of two processes one is set back for a moment: each occurrence runs once, and the schedule goes on',
    timeoutMs: 20_000,
    async run(context) {
      const clock = new OwnClock(context.scope.time.clock);
      const seen = context.recorder();
      const odd = await startScheduler(await context.peer(), seen, { clock });
      await startScheduler(context, seen);
      const ids = await Promise.all(
        Array.from({ length: 5 }, (_, index) => odd.scheduler.schedule('task', index, { every: periodMs, misfire: 'all' })),
      );
      await context.within('5s', () => seen.starts.length >= 10, 'some have run');
      clock.offsetMs = -7 * periodMs;
      await context.advance(2 * periodMs);
      clock.offsetMs = 0;
      await context.within('10s', () => ids.every((id) => seen.duesOf(id).length >= 12), 'all go on');
      for (const id of ids) assert.ok(gaps(seen.duesOf(id)).every((gap) => gap === periodMs));
    },
  },
  {
    id: 'S-14',
    title: 'the clock of the whole machine: set forward and back by an hour, each occurrence runs once',
    needs: ['testClock'],
    async run(context) {
      const worker = await startScheduler(context);
      const id = await worker.scheduler.schedule('task', 'tick', { cron: '*/10 * * * *', misfire: 'all' });
      for (const ms of [3_600_000, -3_600_000, -3_600_000, 3_600_000]) {
        context.jump(ms);
        await context.advance('2h');
      }
      const dues = worker.seen.duesOf(id);
      assert.ok(dues.length >= 40, `${dues.length} runs`);
      assert.deepEqual(
        gaps(dues),
        dues.slice(1).map(() => 600_000),
      );
    },
  },
];
