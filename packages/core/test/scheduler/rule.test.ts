import assert from 'node:assert/strict';
import { ConfigError, type Issue } from '#src/errors.js';
import type { ScheduleOptions } from '#src/ports/scheduler.js';
import { readRule, toRule } from '#src/scheduler/rule.js';

const anchor = Date.UTC(2026, 0, 1);

/** The first so many times from `from` on. */
function timesOf(options: ScheduleOptions, count: number, from = anchor): readonly number[] {
  const rule = toRule(options, anchor);
  const times: number[] = [];
  for (let time = rule.after(from - 1); time !== undefined && times.length < count; time = rule.after(time)) times.push(time);
  return times;
}

function issuesOf(options: object): readonly string[] {
  const issues: Issue[] = [];
  assert.equal(readRule(options as ScheduleOptions, anchor, issues) === undefined, issues.length > 0);
  return issues.map(({ path }) => path);
}

describe('schedule rules', () => {
  it('a delay and a time are one time', () => {
    assert.deepEqual(timesOf({ delay: '5s' }, 3), [anchor + 5_000]);
    assert.deepEqual(timesOf({ at: new Date(anchor + 7) }, 3), [anchor + 7]);
    assert.equal(toRule({ delay: 0 }, anchor).after(Number.NEGATIVE_INFINITY), anchor);
    assert.equal(toRule({ delay: 0 }, anchor).after(anchor), undefined);
  });

  it('a period counts from its anchor, or from `from`, without an error that adds up', () => {
    assert.deepEqual(timesOf({ every: 100 }, 3), [anchor + 100, anchor + 200, anchor + 300]);
    const from = new Date(anchor + 30);
    assert.deepEqual(timesOf({ every: 100, from }, 2), [anchor + 30, anchor + 130]);
    const rule = toRule({ every: 7 * 60_000 }, anchor);
    assert.equal(rule.after(anchor + 1_000_000 * 7 * 60_000), anchor + 1_000_001 * 7 * 60_000);
  });

  it('asked at one of its times, a period answers the one after it; a millisecond before, that one', () => {
    const rule = toRule({ every: 100 }, anchor);
    for (let index = 1; index < 200; index++) {
      const time = anchor + index * 100;
      assert.deepEqual([rule.after(time - 1), rule.after(time), rule.after(time + 1)], [time, time + 100, time + 100]);
    }
  });

  it('parts of a millisecond are rounded up: never early, and never the same time for ever', () => {
    assert.deepEqual(timesOf({ delay: 0.2 }, 1), [anchor + 1]);
    assert.deepEqual(timesOf({ every: 33.3 }, 3), [anchor + 34, anchor + 68, anchor + 102]);
  });

  it('`from` and `until` belong to what they bound', () => {
    const bounds = { from: new Date(anchor + 60_000), until: new Date(anchor + 180_000) };
    assert.deepEqual(timesOf({ cron: '* * * * *', ...bounds }, 9), [anchor + 60_000, anchor + 120_000, anchor + 180_000]);
    assert.deepEqual(timesOf({ every: '1m', ...bounds }, 9), [anchor + 60_000, anchor + 120_000, anchor + 180_000]);
    assert.deepEqual(timesOf({ cron: '* * * * *', until: new Date(anchor - 1) }, 9), []);
  });

  it('cron answers whole seconds, the one asked at excluded', () => {
    const rule = toRule({ cron: '0 12 * * *' }, anchor);
    const noon = anchor + 12 * 3_600_000;
    assert.deepEqual([rule.after(noon - 1), rule.after(noon), rule.after(noon + 1)], [noon, noon + 86_400_000, noon + 86_400_000]);
  });

  it('a rule is the same whenever it is read again', () => {
    const options = { cron: '30 2 * * *', timezone: 'America/New_York' };
    assert.deepEqual(timesOf(options, 400), timesOf(options, 400));
    assert.equal(new Set(timesOf(options, 400)).size, 400);
  });

  it('tells every issue, with its path', () => {
    assert.deepEqual(issuesOf({}), ['options']);
    assert.deepEqual(issuesOf({ delay: 1, at: new Date(), every: 5, cron: '' }), ['options']);
    assert.deepEqual(issuesOf({ every: 9, timezone: 'UTC' }), ['options.timezone', 'options.every']);
    assert.deepEqual(issuesOf({ delay: '1 fortnight', from: new Date() }), ['options.from', 'options.delay']);
    assert.deepEqual(issuesOf({ cron: '* * *', timezone: 'Nowhere' }), ['options.timezone', 'options.cron']);
    assert.deepEqual(issuesOf({ cron: '* * * * ?' }), ['options.cron']);
    assert.deepEqual(issuesOf({ every: '1h', from: new Date('?'), until: 5 }), ['options.from', 'options.until']);
    assert.throws(() => toRule({ every: 1 }, anchor), ConfigError);
  });
});
