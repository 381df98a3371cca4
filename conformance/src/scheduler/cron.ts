import assert from 'node:assert/strict';
import { type ScheduleOptions, TestClock } from '@quayside/core';
import { type SchedulerCase, startScheduler } from './scheduler-case.js';

interface Listing {
  readonly title: string;
  readonly options: ScheduleOptions;
  readonly from: string;
  /** The next times, in UTC. */
  readonly times: readonly string[];
}

/** The rules were checked against the zones' own tables: each gap and overlap stands in the comment. */
const listings: readonly Listing[] = [
  {
    title: 'five fields are minutes, in UTC unless said otherwise',
    options: { cron: '30 9 * * *' },
    from: '2026-05-01T09:30:00Z',
    times: ['2026-05-01T09:30:00Z', '2026-05-02T09:30:00Z', '2026-05-03T09:30:00Z'],
  },
  {
    title: 'six fields begin with seconds',
    options: { cron: '*/20 59 23 31 12 *' },
    from: '2026-01-01T00:00:00Z',
    times: ['2026-12-31T23:59:00Z', '2026-12-31T23:59:20Z', '2026-12-31T23:59:40Z', '2027-12-31T23:59:00Z'],
  },
  {
    title: 'a time zone without changes',
    options: { cron: '0 3 * * *', timezone: 'Asia/Shanghai' },
    from: '2026-03-07T00:00:00Z',
    times: ['2026-03-07T19:00:00Z', '2026-03-08T19:00:00Z'],
  },
  {
    // New York, 2026-03-08: 02:00 EST is 03:00 EDT, 07:00Z.
    title: 'a fixed time in the gap runs once, at the first time after it',
    options: { cron: '30 2 * * *', timezone: 'America/New_York' },
    from: '2026-03-07T00:00:00Z',
    times: ['2026-03-07T07:30:00Z', '2026-03-08T07:00:00Z', '2026-03-09T06:30:00Z'],
  },
  {
    title: 'two fixed times in one gap, or one in it and one at its end, run once between them',
    options: { cron: '0,30 2,3 * * *', timezone: 'America/New_York' },
    from: '2026-03-08T05:00:00Z',
    times: ['2026-03-08T07:00:00Z', '2026-03-08T07:30:00Z', '2026-03-09T06:00:00Z'],
  },
  {
    // New York, 2026-11-01: 02:00 EDT is 01:00 EST, 06:00Z; 01:30 is at 05:30Z and at 06:30Z.
    title: 'a fixed time that comes twice runs once, the first time',
    options: { cron: '30 1 * * *', timezone: 'America/New_York' },
    from: '2026-10-31T00:00:00Z',
    times: ['2026-10-31T05:30:00Z', '2026-11-01T05:30:00Z', '2026-11-02T06:30:00Z'],
  },
  {
    title: 'a fixed time that comes twice is over for that day, asked between the two',
    options: { cron: '30 1 * * *', timezone: 'America/New_York' },
    from: '2026-11-01T05:45:00Z',
    times: ['2026-11-02T06:30:00Z'],
  },
  {
    title: 'a step goes on by real time, through a gap',
    options: { cron: '*/30 * * * *', timezone: 'America/New_York' },
    from: '2026-03-08T06:00:00Z',
    times: ['2026-03-08T06:00:00Z', '2026-03-08T06:30:00Z', '2026-03-08T07:00:00Z', '2026-03-08T07:30:00Z'],
  },
  {
    title: 'a step goes on by real time, through an hour that comes twice',
    options: { cron: '*/30 * * * *', timezone: 'America/New_York' },
    from: '2026-11-01T05:00:00Z',
    times: ['2026-11-01T05:00:00Z', '2026-11-01T05:30:00Z', '2026-11-01T06:00:00Z', '2026-11-01T06:30:00Z', '2026-11-01T07:00:00Z'],
  },
  {
    // Berlin, 2026-03-29: 02:00 is 03:00, 01:00Z; 2026-10-25: 03:00 is 02:00, 01:00Z.
    title: 'gap and overlap of another zone',
    options: { cron: '15 2 * * SUN', timezone: 'Europe/Berlin' },
    from: '2026-03-22T00:00:00Z',
    times: ['2026-03-22T01:15:00Z', '2026-03-29T01:00:00Z', '2026-04-05T00:15:00Z'],
  },
  {
    // Lord Howe, 2026-10-04: 02:00 (+10:30) is 02:30 (+11:00), 15:30Z of the day before.
    title: 'a change of half an hour',
    options: { cron: '15 2 * * *', timezone: 'Australia/Lord_Howe' },
    from: '2026-10-02T00:00:00Z',
    times: ['2026-10-02T15:45:00Z', '2026-10-03T15:30:00Z', '2026-10-04T15:15:00Z'],
  },
  {
    title: 'the leap day',
    options: { cron: '0 12 29 2 *' },
    from: '2026-01-01T00:00:00Z',
    times: ['2028-02-29T12:00:00Z', '2032-02-29T12:00:00Z'],
  },
  {
    title: 'the 31st skips the months that have none',
    options: { cron: '0 0 31 * *' },
    from: '2026-01-31T00:00:01Z',
    times: ['2026-03-31T00:00:00Z', '2026-05-31T00:00:00Z', '2026-07-31T00:00:00Z'],
  },
  {
    title: 'L is the last day of the month, in its zone',
    options: { cron: '0 0 L * *', timezone: 'Asia/Tokyo' },
    from: '2028-01-31T00:00:00Z',
    times: ['2028-02-28T15:00:00Z', '2028-03-30T15:00:00Z', '2028-04-29T15:00:00Z'],
  },
  {
    title: 'the last Friday, and the second Monday',
    options: { cron: '0 8 * * FRI#L,MON#2' },
    from: '2026-01-01T00:00:00Z',
    times: ['2026-01-12T08:00:00Z', '2026-01-30T08:00:00Z', '2026-02-09T08:00:00Z', '2026-02-27T08:00:00Z'],
  },
  {
    title: 'both a day of the month and of the week: either will do, as cron always had it',
    options: { cron: '0 0 1 * MON' },
    from: '2026-01-20T00:00:00Z',
    times: ['2026-01-26T00:00:00Z', '2026-02-01T00:00:00Z', '2026-02-02T00:00:00Z'],
  },
  {
    title: 'ranges, lists, steps and names',
    options: { cron: '0 9-17/4 * JAN,jul MON-FRI' },
    from: '2026-01-30T13:00:01Z',
    times: ['2026-01-30T17:00:00Z', '2026-07-01T09:00:00Z', '2026-07-01T13:00:00Z'],
  },
  {
    title: '@daily and its like',
    options: { cron: '@daily', timezone: 'Europe/Berlin' },
    from: '2026-06-01T00:00:00Z',
    times: ['2026-06-01T22:00:00Z', '2026-06-02T22:00:00Z'],
  },
];

/** A rule's times, as an application sees them listed, and as they run. */
export const cronCases: readonly SchedulerCase[] = [
  ...listings.map(
    ({ title, options, from, times }): SchedulerCase => ({
      id: 'S-03',
      title,
      async run(context) {
        const clock = new TestClock(Date.parse(from));
        const listed = context.scheduler({ clock }).preview(options, times.length);
        assert.deepEqual(
          listed.map((date) => date.toISOString()),
          times.map((time) => new Date(time).toISOString()),
        );
      },
    }),
  ),
  {
    id: 'S-03',
    title: 'what a preview lists is what runs: through a gap and an overlap, each once',
    needs: ['testClock'],
    timeoutMs: 30_000,
    async run(context) {
      const worker = await startScheduler(context, undefined, { repairInterval: '1d' });
      for (const [start, cron, duration] of [
        ['2026-03-08T06:50:00Z', '30 2,4 * * *', '2h'],
        ['2026-11-01T05:20:00Z', '30 1,3 * * *', '4h'],
      ] as const) {
        context.jumpTo(start);
        const options = { cron, timezone: 'America/New_York' };
        const listed = worker.scheduler.preview(options, 2);
        const id = await worker.scheduler.schedule('task', 'nightly', options);
        await context.advance(duration);
        assert.deepEqual(
          worker.seen.duesOf(id),
          listed.map((date) => date.getTime()),
        );
        assert.ok(worker.seen.startsOf(id).every(({ at, due }) => at >= due));
        await worker.scheduler.cancel(id);
      }
    },
  },
  {
    id: 'S-03',
    title: 'the next run of a schedule is the first one of its preview',
    async run(context) {
      const scheduler = context.scheduler();
      for (const { options } of listings) {
        const id = await scheduler.schedule('task', 'work', options);
        assert.deepEqual((await scheduler.get(id))?.nextRun, scheduler.preview(options, 1)[0]);
      }
    },
  },
  {
    id: 'S-03',
    title: 'a preview of one run, of a period and of nothing',
    async run(context) {
      const scheduler = context.scheduler();
      const from = new Date(context.now() + 5_000);
      assert.deepEqual(scheduler.preview({ at: from }, 5), [from]);
      assert.deepEqual(scheduler.preview({ every: '2s', from, until: new Date(from.getTime() + 4_000) }, 5), [
        from,
        new Date(from.getTime() + 2_000),
        new Date(from.getTime() + 4_000),
      ]);
      assert.deepEqual(scheduler.preview({ every: '2s' }, 0), []);
      assert.throws(() => scheduler.preview({ every: '2s' }, -1), { code: 'ERR_QUAYSIDE_CONFIG' });
      assert.throws(() => scheduler.preview({ every: '2s' }, Number.POSITIVE_INFINITY), { code: 'ERR_QUAYSIDE_CONFIG' });
    },
  },
];
