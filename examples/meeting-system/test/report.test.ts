import assert from 'node:assert/strict';
import type { DispatcherStats, Ending, MessageHead, QueueStats, SchedulerStats } from '@quayside/core';
import type { AnalysedClip } from '#src/meeting/analysis.js';
import { strikeBalance } from '#src/report/balance.js';
import { Ledger } from '#src/report/ledger.js';
import { LineLogger } from '#src/report/line-logger.js';
import { balanceLines, clipTable, taskTable } from '#src/report/summary.js';
import { formatTable } from '#src/report/table.js';
import { strikeDispatchBalance, strikeScheduleBalance } from '#src/report/task-balance.js';

const none: QueueStats = {
  total_published: 0,
  total_processed: 0,
  total_failed: 0,
  total_retried: 0,
  total_dead_letter: 0,
  total_redriven: 0,
  total_expired: 0,
  total_removed: 0,
  total_cancelled: 0,
  total_discarded: 0,
  total_deduplicated: 0,
  total_stalled: 0,
  queue_length: 0,
  queue_length_by_priority: { critical: 0, high: 0, normal: 0, low: 0 },
  delayed_count: 0,
  processing_count: 0,
  dead_letter_count: 0,
  is_paused: false,
};
const error = { name: 'Error', message: 'no such file', attempt: 1, at: 0, worker: 'w' };
const done: Ending = { outcome: 'complete', value: { summary: 'all well' } };
const dead: Ending = { outcome: 'dead', reason: 'attempts-exhausted', error };
const retry: Ending = { outcome: 'retry', delayMs: 5, error };

function head(id: string, attempt = 1): MessageHead {
  return { id, type: 'work', priority: 'normal', headers: {}, attempt, fencingToken: attempt };
}

/** Three tasks; `a` and `b` are done, `c` dies at its second attempt. */
function ledgerOfThree(): Ledger {
  let now = 0;
  const ledger = new Ledger(() => (now += 10));
  for (const id of ['a', 'b', 'c']) ledger.enter({ id, type: 'work', subject: `of ${id}`, priority: 'normal' });
  for (const id of ['c', 'b', 'a']) ledger.begin(head(id));
  ledger.settle(head('c'), retry);
  ledger.settle(head('b'), done);
  ledger.settle(head('a'), done);
  ledger.begin(head('c', 2));
  ledger.settle(head('c', 2), dead);
  return ledger;
}
const after: QueueStats = { ...none, total_published: 3, total_processed: 2, total_dead_letter: 1, dead_letter_count: 1 };

describe('the ledger', () => {
  it('lists the tasks in the order in which their work began, with attempts and ends', () => {
    const rows = ledgerOfThree().rows();
    assert.deepEqual(
      rows.map(({ id, attempts, endings }) => [id, attempts, endings]),
      [
        ['c', 2, [dead]],
        ['b', 1, [done]],
        ['a', 1, [done]],
      ],
    );
  });

  it('is whole when the last task has ended, and not before', async () => {
    const ledger = new Ledger(() => 0);
    ledger.enter({ id: 'a', type: 'work', subject: 'x', priority: 'low' });
    const told: string[] = [];
    const whole = ledger.whole().then(() => told.push('whole'));
    for (const ending of [retry, { outcome: 'release', why: 'stopping' }] as const) ledger.settle(head('a'), ending);
    await Promise.resolve();
    assert.deepEqual(told, []);
    ledger.settle(head('a', 2), done);
    await whole;
    assert.deepEqual(told, ['whole']);
    await ledger.whole();
  });
});

describe('the balance', () => {
  it('fits where the queue counts what the ledger saw', () => {
    const { sentence, differences } = strikeBalance({ rows: ledgerOfThree().rows(), before: none, after });
    assert.deepEqual(differences, []);
    assert.equal(sentence, '3 published = 2 processed + 1 dead letters, 0 left');
  });

  it('ends in a line that says which it is, after all that does not fit', () => {
    assert.equal(balanceLines({ sentence: 's', differences: [] }), 's: what went in equals what came out');
    const lines = balanceLines({ sentence: 's', differences: ['x', 'y'] });
    assert.equal(lines, 'does not fit: x\ndoes not fit: y\ns: what went in DOES NOT EQUAL what came out');
    const both = balanceLines({ sentence: 'r', differences: ['x'] }, { sentence: 's', differences: [] });
    assert.equal(both, 'does not fit: x\nr\ns: what went in DOES NOT EQUAL what came out');
  });

  it('counts only what this run added', () => {
    const before: QueueStats = { ...none, total_published: 100, total_processed: 90, total_dead_letter: 10, dead_letter_count: 4 };
    const later: QueueStats = { ...none, total_published: 103, total_processed: 92, total_dead_letter: 11, dead_letter_count: 5 };
    assert.deepEqual(strikeBalance({ rows: ledgerOfThree().rows(), before, after: later }).differences, []);
  });

  it('takes in what an earlier run left, once it is worked off', () => {
    const ledger = ledgerOfThree();
    ledger.begin(head('old'));
    ledger.settle(head('old'), done);
    const before: QueueStats = { ...none, total_published: 7, total_processed: 6, delayed_count: 1 };
    const later: QueueStats = { ...none, total_published: 10, total_processed: 9, total_dead_letter: 1, dead_letter_count: 1 };
    const { sentence, differences } = strikeBalance({ rows: ledger.rows(), before, after: later });
    assert.deepEqual(differences, []);
    assert.equal(sentence, '3 published + 1 left by an earlier run = 3 processed + 1 dead letters, 0 left');
  });

  const wrong: readonly [string, Partial<QueueStats>, RegExp][] = [
    ['a task that the queue lost', { total_processed: 1 }, /processed: the queue counts 1, the ledger 2/],
    ['a task that was stored twice', { total_published: 4, queue_length: 1 }, /published: the queue counts 4, the ledger 3/],
    ['a task that is still delayed', { delayed_count: 1 }, /1 tasks are left/],
    ['a dead letter too few', { total_dead_letter: 0 }, /dead letters: the queue counts 0, the ledger 1/],
  ];
  for (const [what, figures, expected] of wrong) {
    it(`shows ${what}`, () => {
      const { differences } = strikeBalance({ rows: ledgerOfThree().rows(), before: none, after: { ...after, ...figures } });
      assert.match(differences.join('\n'), expected);
    });
  }

  it('shows a task that ended twice, though the sums fit', () => {
    const ledger = ledgerOfThree();
    ledger.settle(head('a', 2), done);
    const { differences } = strikeBalance({ rows: ledger.rows(), before: none, after });
    assert.deepEqual(differences, ['work of a ended 2 times']);
  });

  it('shows a task that never ended', () => {
    const ledger = ledgerOfThree();
    ledger.enter({ id: 'd', type: 'work', subject: 'of d', priority: 'normal' });
    const { differences } = strikeBalance({
      rows: ledger.rows(),
      before: none,
      after: { ...after, total_published: 4, processing_count: 1 },
    });
    assert.deepEqual(differences, ['work of d ended 0 times', '1 tasks are left in the queue']);
  });
});

describe('the balance of scheduled runs', () => {
  const nothing: SchedulerStats = {
    total_tasks: 0,
    completed_tasks: 0,
    failed_tasks: 0,
    active_tasks: 0,
    scheduled_tasks: 0,
    cancelled_tasks: 0,
  };
  const runs = { completed: 5, failed: 0, cancelled: 0 };
  const ended: SchedulerStats = { ...nothing, total_tasks: 7, completed_tasks: 5, cancelled_tasks: 2 };

  it('fits where the scheduler counts what was seen to end', () => {
    const { sentence, differences } = strikeScheduleBalance({ runs, before: nothing, after: ended });
    assert.deepEqual(differences, []);
    assert.equal(sentence, '7 runs scheduled = 5 completed + 0 failed + 2 cancelled, 0 left');
  });

  it('counts only what this run added, and takes in what an earlier one left', () => {
    const before: SchedulerStats = { ...nothing, total_tasks: 100, completed_tasks: 99, scheduled_tasks: 1 };
    const after: SchedulerStats = { ...nothing, total_tasks: 106, completed_tasks: 104, cancelled_tasks: 2 };
    const { sentence, differences } = strikeScheduleBalance({ runs, before, after });
    assert.deepEqual(differences, []);
    assert.match(sentence, /^6 runs scheduled \+ 1 left by an earlier run = 5 completed/);
  });

  const wrong: readonly [string, Partial<SchedulerStats>, RegExp][] = [
    ['a run that nobody saw', { total_tasks: 8, completed_tasks: 6 }, /runs completed: the scheduler counts 6, 5 were seen/],
    ['a run that failed', { total_tasks: 8, failed_tasks: 1 }, /runs failed: the scheduler counts 1, 0 were seen/],
    ['a run that is left', { total_tasks: 8, scheduled_tasks: 1 }, /1 runs are left/],
    ['a run that got lost', { total_tasks: 8 }, /8 runs were scheduled, 7 ended, 0 are left/],
  ];
  for (const [what, figures, expected] of wrong) {
    it(`shows ${what}`, () => {
      const { differences } = strikeScheduleBalance({ runs, before: nothing, after: { ...ended, ...figures } });
      assert.match(differences.join('\n'), expected);
    });
  }
});

describe('the balance of dispatched tasks', () => {
  const clips: readonly AnalysedClip[] = [
    {
      clip: 'a.wav',
      told: ['completed'],
      result: { id: '1', status: 'fulfilled', value: { track: 'a.wav', speechSeconds: 1, segments: 1, totalSeconds: 4 } },
    },
    { clip: 'b.wav', told: ['failed'], result: { id: '2', status: 'rejected', reason: new Error('no such file') } },
  ];
  const open = { pending: 0, queued: 0, running: 0, retrying: 0, completed: 0, failed: 0, cancelled: 0, timed_out: 0 };
  const stats: DispatcherStats = { total_dispatched: 2, by_state: { ...open, completed: 1, failed: 1 }, by_route: { analysis: 2 } };

  it('fits where the dispatcher counts what came back', () => {
    assert.deepEqual(strikeDispatchBalance(clips, stats), { sentence: '2 dispatched = 1 completed + 1 failed', differences: [] });
  });

  it('shows what was not told, or told twice', () => {
    const told = clips.map((clip, index) => ({ ...clip, told: index === 0 ? [] : [...clip.told, ...clip.told] }));
    assert.deepEqual(strikeDispatchBalance(told, stats).differences, [
      'clip_analysis a.wav was told to have ended 0 times',
      'clip_analysis b.wav was told to have ended 2 times',
    ]);
  });

  it('shows a task too many, and one that did not end as it came back', () => {
    const { differences } = strikeDispatchBalance(clips, { ...stats, total_dispatched: 3, by_state: { ...open, completed: 2, queued: 1 } });
    assert.deepEqual(differences, [
      'dispatched: the dispatcher counts 3, 2 came back',
      'completed: the dispatcher counts 2, 1 came back',
      'failed: the dispatcher counts 0, 1 came back',
    ]);
  });

  it('has a table of what came back, in the order of the batch', () => {
    const [, , first, second] = clipTable(clips).split('\n');
    assert.match(first ?? '', /^a\.wav +completed +talks 25 % of the time, in 1 turn$/);
    assert.match(second ?? '', /^b\.wav +failed +no such file$/);
  });
});

describe('the lines', () => {
  it('have the seconds, who speaks, and why it failed; a failed attempt is left to who follows its task', () => {
    const lines: string[] = [];
    const log = new LineLogger(
      (line) => void lines.push(line),
      () => 1234,
      'meeting',
    );
    log.info({}, 'begins');
    log.child({ speaker: 'quayside' }).warn({ err: new Error('no answer') }, 'the backend does not answer');
    log.error({ id: '1', attempt: 1, maxRetries: 3, error }, 'a message failed for good');
    assert.deepEqual(lines, ['  1.23 s  meeting     begins', '  1.23 s  quayside    warning: the backend does not answer: no answer']);
  });
});

describe('the table', () => {
  it('aligns words to the left, figures to the right, and ends no line with spaces', () => {
    const table = formatTable(
      [
        { title: 'a', align: 'left' },
        { title: 'figure', align: 'right' },
        { title: 'note', align: 'left' },
      ],
      [
        ['long word', '7', 'x'],
        ['b', '1234567', ''],
      ],
    );
    assert.equal(table, ['a           figure  note', '---------  -------  ----', 'long word        7  x', 'b          1234567'].join('\n'));
  });

  it('shows each task with its attempts, its end and its result', () => {
    const [, , first = '', , last = ''] = taskTable(ledgerOfThree().rows()).split('\n');
    assert.match(first, /^work +of c +normal +2 +\d+ ms +dead +attempts-exhausted: no such file$/);
    assert.match(last, /^work +of a +normal +1 +\d+ ms +done +all well$/);
  });
});
