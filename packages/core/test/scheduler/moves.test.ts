import assert from 'node:assert/strict';
import { ConfigError } from '#src/errors.js';
import type { Misfire, ScheduleOptions } from '#src/ports/scheduler.js';
import { begun, created, ended, type Handed, judge, redefined, resumed, skipped } from '#src/scheduler/moves.js';
import type { LastRun, Move, Schedule } from '#src/scheduler/record.js';
import { toRule } from '#src/scheduler/rule.js';

const start = Date.UTC(2026, 0, 1);
const minute = 60_000;
const options: ScheduleOptions = { every: '1m', from: new Date(start) };

function schedule(changes: Partial<Schedule> = {}): Schedule {
  const wanted = changes.options ?? options;
  const content = created({ name: 'task', payload: '1', options: wanted }, 'e1', toRule(wanted, start), start) ?? assert.fail();
  return { ...content, id: 's', revision: 1, ...changes };
}

function handed(due: number, changes: Partial<Handed> = {}): Handed {
  return { occurrence: { due, edition: 'e1' }, attempt: 1, fence: 1, ...changes };
}

function running(due: number, fence = 1): Partial<Schedule> {
  return { current: { due, edition: 'e1' }, running: [{ due, edition: 'e1', fence }] };
}

function completed(due: number): LastRun {
  return { due, outcome: 'completed' };
}

/** When it is due after a run for `start` that began and ended so many minutes later. */
function nextAfter(misfire: Misfire | undefined, beganMin: number, endedMin: number): number | undefined {
  const before = schedule({ options: { ...options, misfire }, ...running(start) });
  const [beganAt, now] = [start + beganMin * minute, start + endedMin * minute];
  const move = ended(before, handed(start), beganAt, now, completed(start)) ?? assert.fail();
  return move.current && (move.current.due - start) / minute;
}

describe('moves of a schedule: what follows a run', () => {
  const cases: readonly [misfire: Misfire | undefined, began: number, ended: number, next: number][] = [
    [undefined, 0, 0.1, 1],
    ['once', 0, 0.1, 1],
    ['all', 0, 0.1, 1],
    ['skip', 0, 0.1, 1],
    // It began late: what was missed by then is covered by it, or made up for.
    ['once', 5.5, 5.6, 6],
    ['all', 5.5, 5.6, 1],
    ['skip', 5.5, 5.6, 6],
    // It took long: what fell due meanwhile is one run, all of them, or none.
    ['once', 0, 5.5, 1],
    ['all', 0, 5.5, 1],
    ['skip', 0, 5.5, 6],
    // It ended at the very time of another one, which is not missed.
    ['skip', 0, 5, 5],
    ['once', 5, 5, 6],
    // The clock went back while it ran: no time comes twice.
    ['once', -3, -2, 1],
    ['skip', -3, -2, 1],
  ];
  for (const [misfire, beganMin, endedMin, next] of cases) {
    it(`misfire ${misfire ?? 'unsaid'}: begun at minute ${beganMin}, ended at ${endedMin}, the next is for minute ${next}`, () => {
      assert.equal(nextAfter(misfire, beganMin, endedMin), next);
    });
  }

  it('after the last time the schedule is over, however that run went', () => {
    const before = schedule({ options: { ...options, until: new Date(start) }, ...running(start) });
    const last: LastRun = { due: start, outcome: 'failed', error: 'broken' };
    assert.deepEqual(ended(before, handed(start), start, start, last), { running: [], last, state: 'completed' });
  });

  it('a one-off is what became of its run, also where it was paused or cancelled meanwhile', () => {
    for (const state of ['scheduled', 'paused', 'cancelled'] as const) {
      for (const outcome of ['completed', 'failed', 'cancelled'] as const) {
        const before = schedule({ options: { at: new Date(start) }, state, ...running(start) });
        assert.equal(ended(before, handed(start), start, start, { due: start, outcome })?.state, outcome);
      }
    }
  });

  it('a run that ended is recorded once, and only by the delivery that runs it', () => {
    const before = schedule(running(start, 5));
    assert.equal(ended(before, handed(start, { fence: 4 }), start, start, completed(start)), undefined);
    const after = { ...before, ...ended(before, handed(start, { fence: 5 }), start, start, completed(start)) };
    assert.equal(ended(after, handed(start, { fence: 5 }), start, start, completed(start)), undefined);
  });

  it('nothing follows while it is paused, and nothing from before its rule was changed', () => {
    const paused = schedule({ state: 'paused', ...running(start) });
    assert.deepEqual(ended(paused, handed(start), start, start, completed(start)), { running: [], last: completed(start) });
    const changed = schedule({ anchor: start + 10.5 * minute, ...running(start), options: { ...options, misfire: 'all' } });
    assert.equal(ended(changed, handed(start), start, start + 11 * minute, completed(start))?.current?.due, start + 11 * minute);
  });

  it('with overlap the next one waits as soon as a run begins', () => {
    const before = schedule({ options: { ...options, overlap: true } });
    const move = begun(before, handed(start), start);
    assert.deepEqual(move.running, [{ due: start, edition: 'e1', fence: 1 }]);
    assert.equal(move.current?.due, start + minute);
    assert.equal(begun(schedule(), handed(start), start).current, undefined);
  });

  it('what is skipped leads to what is due now or next', () => {
    const before = schedule({ options: { ...options, misfire: 'skip' } });
    assert.equal(skipped(before, start + 90_000).current?.due, start + 2 * minute);
    assert.equal(skipped(before, start + 2 * minute).current?.due, start + 2 * minute);
    assert.equal(
      skipped(schedule({ options: { ...before.options, until: new Date(start + minute) } }), start + 5 * minute).state,
      'completed',
    );
  });
});

describe('moves of a schedule: what becomes of an occurrence that is handed out', () => {
  it('runs what the record names, and what it says is running', () => {
    assert.equal(judge(schedule(), handed(start), start), 'run');
    assert.equal(judge(schedule(running(start, 1)), handed(start, { fence: 2, attempt: 2 }), start), 'run');
    const overlapping = schedule({ running: [{ due: start - minute, edition: 'e1', fence: 1 }] });
    assert.equal(judge(overlapping, handed(start - minute, { fence: 2, attempt: 2 }), start), 'run');
    assert.equal(judge(schedule({ state: 'paused', ...running(start, 1) }), handed(start, { fence: 2 }), start), 'run');
  });

  it('runs nothing else: of another time, another edition, a schedule that is paused, over, cancelled or gone', () => {
    const others: readonly (Schedule | undefined)[] = [
      undefined,
      schedule({ current: { due: start + minute, edition: 'e1' } }),
      schedule({ current: { due: start, edition: 'e2' } }),
      schedule({ state: 'paused' }),
      schedule({ state: 'completed' }),
      schedule({ state: 'failed' }),
    ];
    for (const other of others) {
      assert.equal(judge(other, handed(start), start), 'stale');
      assert.equal(judge(other, handed(start, { attempt: 2 }), start), 'over');
    }
    assert.equal(judge(schedule({ state: 'cancelled', ...running(start) }), handed(start, { attempt: 2, fence: 2 }), start), 'stale');
  });

  it('leaves it to a later delivery', () => {
    assert.equal(judge(schedule(running(start, 3)), handed(start, { fence: 2 }), start), 'outdated');
  });

  it('skips what was missed: over a minute late, or not begun when its successor is due; never a retry', () => {
    const hourly = schedule({ options: { ...options, every: '1h', misfire: 'skip' } });
    assert.equal(judge(hourly, handed(start), start + minute), 'run');
    assert.equal(judge(hourly, handed(start), start + minute + 1), 'missed');
    assert.equal(judge(hourly, handed(start, { attempt: 2 }), start + 30 * minute), 'run');
    const quick = schedule({ options: { ...options, every: 100, misfire: 'skip' } });
    assert.equal(judge(quick, handed(start), start + 99), 'run');
    assert.equal(judge(quick, handed(start), start + 100), 'missed');
    for (const misfire of ['once', 'all'] as const) {
      assert.equal(judge(schedule({ options: { ...options, misfire } }), handed(start), start + 90 * minute), 'run');
    }
  });
});

describe('moves of a schedule: another definition', () => {
  const period: ScheduleOptions = { every: '1h' };
  const definition = (changes: ScheduleOptions, payload = '2') => ({ name: 'task', payload, options: changes });

  it('of the same times keeps phase and what is overdue; of other times begins anew', () => {
    const before = schedule({ options: period });
    const now = start + 90 * minute;
    const same = redefined(before, definition(period), 'e2', now);
    assert.deepEqual([same.anchor, same.current], [start, { due: start + 60 * minute, edition: 'e2' }]);
    const other = redefined(before, definition({ every: '2h' }), 'e2', now);
    assert.deepEqual([other.anchor, other.current], [now, { due: now + 120 * minute, edition: 'e2' }]);
  });

  it('ends what is overdue where a new end leaves no room for it', () => {
    const before = schedule({ options: period });
    const until = new Date(start + 59 * minute);
    assert.throws(() => redefined(before, definition({ ...period, until }), 'e2', start + 90 * minute), ConfigError);
  });

  it('waits for the run that is under way: its end decides which is next', () => {
    const before = schedule(running(start));
    const move = redefined(before, definition({ every: '2h' }), 'e2', start + 5_000);
    assert.deepEqual([move.current, move.running], [before.current, before.running]);
    const once = redefined(before, definition({ at: new Date(start + minute) }), 'e2', start + 5_000);
    assert.deepEqual(once.current, { due: start + minute, edition: 'e2' });
  });

  it('leaves a paused schedule paused, and wakes one that is over', () => {
    const state = (before: Schedule) => redefined(before, definition(options), 'e2', start).state;
    assert.deepEqual(
      (['scheduled', 'paused', 'completed', 'failed', 'cancelled'] as const).map((each) => state(schedule({ state: each }))),
      ['scheduled', 'paused', 'scheduled', 'scheduled', 'scheduled'],
    );
  });

  it('runs no time twice, also at the very millisecond of one that has run', () => {
    const before = schedule({ current: { due: start + minute, edition: 'e1' }, last: completed(start) });
    const move = redefined(before, definition({ cron: '* * * * *' }), 'e2', start);
    assert.equal(move.current?.due, start + minute);
    const paused = schedule({ state: 'paused', last: completed(start) });
    assert.equal(resumed(paused, 'e2', start).current?.due, start + minute);
  });

  it('resumed, goes on from now; is over where nothing is left; a one-off keeps its time', () => {
    const due = (move: Move) => move.current?.due;
    assert.equal(due(resumed(schedule({ state: 'paused' }), 'e2', start + 90_000)), start + 2 * minute);
    const bounded = { ...options, until: new Date(start + minute) };
    assert.deepEqual(resumed(schedule({ state: 'paused', options: bounded }), 'e2', start + 90_000), { state: 'completed' });
    assert.equal(due(resumed(schedule({ state: 'paused', options: { at: new Date(start) } }), 'e2', start + 90_000)), start);
    assert.deepEqual(resumed(schedule({ state: 'paused', ...running(start) }), 'e2', start + 90_000), { state: 'scheduled' });
  });
});
