import assert from 'node:assert/strict';
import { openScheduler, type SchedulerCase, startScheduler } from './scheduler-case.js';

/** So many times from the first on, each a period after the one before. */
function grid(first: number, periodMs: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => first + index * periodMs);
}

/** A fixed period. */
export const everyCases: readonly SchedulerCase[] = [
  {
    id: 'S-02',
    title: 'the period is kept over 100 runs without drift, the first run one period from now',
    timeoutMs: 30_000,
    async run(context) {
      const worker = await startScheduler(context);
      const before = context.now();
      const id = await worker.scheduler.schedule('task', 'tick', { every: 50, misfire: 'all' });
      await context.within('10s', () => worker.endings.length >= 100, '100 have run');
      const dues = worker.seen.duesOf(id).slice(0, 100);
      const first = dues[0] ?? 0;
      assert.ok(first >= before + 50 && first <= context.now() - 99 * 50, 'the first lies one period ahead');
      assert.deepEqual(dues, grid(first, 50, 100));
      const early = worker.seen.startsOf(id).filter(({ at, due }) => at < due - 1);
      assert.deepEqual(early, []);
    },
  },
  {
    id: 'S-02',
    title: 'on a clock that stands still meanwhile each of 100 runs starts at its very time',
    needs: ['testClock'],
    async run(context) {
      const worker = await startScheduler(context);
      const first = context.now() + 10_000;
      const id = await worker.scheduler.schedule('task', 'tick', { every: '7s', from: new Date(first) });
      await context.advance(10_000 + 99 * 7_000 + 10);
      assert.deepEqual(
        worker.seen.startsOf(id).map(({ at }) => (context.capabilities.shared ? 0 : at - first)),
        grid(0, context.capabilities.shared ? 0 : 7_000, 100),
      );
    },
  },
  {
    id: 'S-02',
    title: 'a run longer than the period does not overlap itself, and what it missed is one run',
    async run(context) {
      const worker = await startScheduler(context, () => context.work(250));
      const from = context.now() + 200;
      const id = await worker.scheduler.schedule('task', 'long', { every: 100, from: new Date(from), until: new Date(from + 950) });
      await context.within('5s', async () => (await worker.scheduler.get(id))?.status === 'completed', 'it is over');
      assert.deepEqual([...worker.seen.overlaps], []);
      const dues = worker.seen.duesOf(id);
      assert.ok(dues.length >= 3 && dues.length <= 6, `${dues.length} runs of 250 ms in 950 ms`);
      assert.deepEqual(dues, [...new Set(dues)].toSorted());
      assert.ok(dues.every((due) => (due - from) % 100 === 0));
    },
  },
  {
    id: 'S-02',
    title: 'with overlap the next run starts on time while the one before still runs',
    async run(context) {
      const gate = context.gate();
      const worker = await startScheduler(context, () => gate.opened);
      const from = context.now() + 300;
      const options = { every: 200, from: new Date(from), until: new Date(from + 400), overlap: true, misfire: 'all' } as const;
      const id = await worker.scheduler.schedule('task', 'long', options);
      await context.within('5s', () => worker.seen.running === 3, 'all three run at once');
      assert.equal((await worker.scheduler.get(id))?.status, 'running');
      gate.open();
      await context.within('5s', async () => (await worker.scheduler.get(id))?.status === 'completed', 'it is over');
      await context.within('5s', () => worker.endings.length === 3, 'all have ended');
      assert.deepEqual(worker.seen.duesOf(id), grid(from, 200, 3));
    },
  },
  {
    id: 'S-02',
    title: 'with overlap no more run at a time than there are workers, in all schedules together',
    async run(context) {
      const gate = context.gate();
      const worker = openScheduler(context, () => gate.opened, { workers: 2 });
      await worker.scheduler.schedule('task', 'long', { every: 50, overlap: true });
      await worker.scheduler.schedule('task', 'other', { every: 50 });
      await worker.scheduler.start();
      await context.within('5s', () => worker.seen.running === 2, 'both workers are busy');
      await context.advance('500ms');
      assert.equal(worker.seen.running, 2);
    },
  },
];
