import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type StoreCounters, type StoreStats, zeroCounters } from '@quayside/core';
import { checkHistory, type HistoryFile, type QueueEnd } from '#src/history/checker.js';
import type { HistoryEntry, HistoryLine, SettledAs } from '#src/history/line.js';
import { FileLog, MemoryLog, readHistory } from '#src/history/log.js';
import type { Rule } from '#src/history/violation.js';

const queue = 'tasks';
const id = 'm';
const called: HistoryEntry = { kind: 'publish-called', queue, id };
const published: HistoryEntry = { kind: 'publish-resolved', queue, id, outcome: 'published' };
const duplicate: HistoryEntry = { kind: 'publish-resolved', queue, id, outcome: 'duplicate' };
const refused: HistoryEntry = { kind: 'publish-rejected', queue, id, outcome: 'not-published' };
const unknown: HistoryEntry = { kind: 'publish-rejected', queue, id, outcome: 'unknown' };
const redrive: readonly HistoryEntry[] = [
  { kind: 'redrive-called', queue, id },
  { kind: 'redrive-answered', queue, id, outcome: 'redriven' },
];

function started(attempt: number, fence: number): HistoryEntry {
  return { kind: 'started', queue, id, attempt, fence };
}

function settling(fence: number, outcome: SettledAs, hasError = false): HistoryEntry {
  return { kind: 'settling', queue, id, fence, outcome, hasError };
}

function settled(fence: number, outcome: SettledAs, answer: 'settled' | 'lease-lost' = 'settled'): readonly HistoryEntry[] {
  return [settling(fence, outcome, outcome === 'retry'), { kind: 'settled', queue, id, fence, outcome, answer }];
}

function cancel(outcome: 'removed' | 'requested' | 'refused'): readonly HistoryEntry[] {
  return [
    { kind: 'removal-called', queue, id, by: 'cancel' },
    { kind: 'removal-answered', queue, id, by: 'cancel', outcome },
  ];
}

function file(...entries: readonly HistoryEntry[]): HistoryFile {
  return { name: 'a process', lines: entries.map((entry, place) => ({ seq: place + 1, ...entry })) };
}

function rulesBroken(files: readonly HistoryFile[], end: Partial<QueueEnd> = {}): readonly Rule[] {
  return checkHistory(files, { queue, maxRetries: 2, inStore: new Set(), ...end }).map(({ rule }) => rule);
}

function statsOf(counters: Partial<StoreCounters>): StoreStats {
  return { ...emptyStats, counters: { ...emptyStats.counters, ...counters } };
}

const inStore = new Set([id]);
const emptyStats: StoreStats = {
  counters: zeroCounters,
  waiting: { critical: 0, high: 0, normal: 0, low: 0 },
  delayed: 0,
  active: 0,
  dead: 0,
  isPaused: false,
};

describe('the history checker', () => {
  describe('finds nothing wrong with', () => {
    const stories: Readonly<Record<string, readonly [files: readonly HistoryFile[], end?: Partial<QueueEnd>]>> = {
      'a message that is completed': [[file(called, published), file(started(1, 1), ...settled(1, 'complete'))]],
      'a message that waits': [[file(called, published)], { inStore }],
      'a retry, then a crash, then the last attempt': [
        [file(called, published), file(started(1, 1), ...settled(1, 'retry'), started(2, 2)), file(started(3, 3), ...settled(3, 'dead'))],
        { inStore },
      ],
      'a start that its process took away before it was marked': [
        [file(called, published), file(started(1, 1)), file(started(1, 2), ...settled(2, 'complete'))],
      ],
      'a start that was released': [
        [file(called, published), file(started(1, 1), ...settled(1, 'release'), started(1, 2), ...settled(2, 'complete'))],
      ],
      'a late settlement that was refused': [
        [
          file(called, published),
          file(started(1, 1), ...settled(1, 'complete', 'lease-lost')),
          file(started(2, 2), ...settled(2, 'complete')),
        ],
      ],
      'a settlement whose reply was lost, and its repetition': [
        [file(called, published), file(started(1, 1), settling(1, 'complete'), ...settled(1, 'complete', 'lease-lost'))],
      ],
      'a settlement that took effect at the second call': [
        [file(called, published), file(started(1, 1), settling(1, 'complete'), ...settled(1, 'complete'))],
        { stats: statsOf({ published: 1, processed: 1 }) },
      ],
      'a settlement that a crash left open': [[file(called, published), file(started(1, 1), settling(1, 'complete'))]],
      'a publish of unknown outcome that arrived': [[file(called, unknown), file(started(1, 1), ...settled(1, 'complete'))]],
      'a publish of unknown outcome that did not arrive': [[file(called, unknown)]],
      'a publish that a crash left open, and that arrived': [[file(called), file(started(1, 1), ...settled(1, 'complete'))]],
      'a publish that was refused': [[file(called, refused)]],
      'a publish of unknown outcome that arrived, and its repetition under its id, which counts nowhere': [
        [file(called, unknown, called, duplicate), file(started(1, 1), ...settled(1, 'complete'))],
        { stats: statsOf({ published: 1, processed: 1 }) },
      ],
      'an id that was published again after its end': [
        [
          file(called, published, called, published),
          file(started(1, 1), ...settled(1, 'complete'), started(1, 2), ...settled(2, 'complete')),
        ],
      ],
      'a dead letter that was redriven and completed': [
        [file(called, published), file(started(3, 3), ...settled(3, 'dead'), ...redrive, started(1, 4), ...settled(4, 'complete'))],
      ],
      'a waiting message that was cancelled': [[file(called, published, ...cancel('removed'))]],
      'a running message that was cancelled, and dropped with its lease': [
        [file(called, published, ...cancel('requested')), file(started(1, 1))],
      ],
      'a cancelled message whose retry dropped it': [
        [file(called, published, ...cancel('requested')), file(started(1, 1), ...settled(1, 'retry'))],
        { stats: statsOf({ published: 1, cancelled: 1, failed: 1 }) },
      ],
      'statistics within what an unknown outcome leaves open': [[file(called, unknown)], { stats: emptyStats }],
      'lines of another queue': [[file({ ...called, queue: 'other' }, { ...published, queue: 'other' })]],
    };
    for (const [title, [files, end]] of Object.entries(stories)) it(title, () => assert.deepEqual(rulesBroken(files, end), []));
  });

  describe('finds', () => {
    const stories: readonly (readonly [rule: Rule, title: string, files: readonly HistoryFile[], end?: Partial<QueueEnd>])[] = [
      ['lost', 'a message of which nothing is left', [file(called, published)]],
      ['lost', 'a message that was started, and then nothing', [file(called, published), file(started(1, 1))]],
      ['lost', 'a dead letter that is nowhere', [file(called, published), file(started(1, 1), ...settled(1, 'dead'))]],
      ['lost', 'the second life of an id', [file(called, published, called, published), file(started(1, 1), ...settled(1, 'complete'))]],
      [
        'ended-twice',
        'a completed message that is still there',
        [file(called, published), file(started(1, 1), ...settled(1, 'complete'))],
        { inStore },
      ],
      [
        'ended-twice',
        'a message that was stored twice under one id',
        [file(called, published), file(started(1, 1), ...settled(1, 'complete'), ...settled(2, 'complete'))],
      ],
      ['from-nowhere', 'a start of what nobody published', [file(started(1, 1))]],
      ['from-nowhere', 'something in the store that nobody published', [], { inStore }],
      ['refused-but-there', 'a start of what was not published', [file(called, refused), file(started(1, 1))]],
      ['fence-repeated', 'two workers with one fence', [file(called, published), file(started(1, 1)), file(started(1, 1))], { inStore }],
      [
        'settled-twice',
        'two settlements of one delivery that took effect',
        [file(called, published), file(started(1, 1), ...settled(1, 'retry'), ...settled(1, 'release'))],
        { inStore },
      ],
      [
        'stale-settlement',
        'an end by a holder that was overtaken',
        [file(called, published), file(started(1, 1), ...settled(1, 'complete')), file(started(2, 2))],
      ],
      [
        'stale-settlement',
        'a dead letter that went on without being redriven',
        [file(called, published), file(started(1, 1), ...settled(1, 'dead'), started(2, 2), ...settled(2, 'complete'))],
      ],
      ['too-many-starts', 'a fourth attempt with two retries', [file(called, published), file(started(4, 1), ...settled(1, 'complete'))]],
      [
        'start-not-counted',
        'a retry after which the attempt is the same',
        [file(called, published), file(started(1, 1), ...settled(1, 'retry'), started(1, 2), ...settled(2, 'complete'))],
      ],
      ['start-not-counted', 'an attempt that went back', [file(called, published), file(started(2, 1)), file(started(1, 2))], { inStore }],
      ['statistics-differ', 'a counter that counts another number', [file(called, published, ...cancel('removed'))], { stats: emptyStats }],
      [
        'statistics-differ',
        'a settlement that was repeated and counted twice',
        [file(called, published), file(started(1, 1), settling(1, 'complete'), ...settled(1, 'complete'))],
        { stats: statsOf({ published: 1, processed: 2 }) },
      ],
      ['statistics-differ', 'gauges that count another number', [], { stats: { ...emptyStats, active: 1 } }],
    ];
    for (const [rule, title, files, end] of stories) {
      it(`${title}: ${rule}`, () => {
        const broken = new Set(rulesBroken(files, end));
        assert.ok(broken.has(rule), `found only: ${[...broken].join(', ') || 'nothing'}`);
      });
    }

    it('a line that is missing in the middle of a file: line-missing', () => {
      const lines: readonly HistoryLine[] = [
        { seq: 1, ...called },
        { seq: 3, ...published },
      ];
      assert.deepEqual(rulesBroken([{ name: 'a process', lines }], { inStore }), ['line-missing']);
    });
  });

  it('names the message and tells what is wrong with it', () => {
    const [violation] = checkHistory([file(called, published)], { queue, maxRetries: 2, inStore: new Set() });
    assert.equal(violation?.id, id);
    assert.match(violation?.detail ?? '', /published 1 times/);
  });
});

describe('a history file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'quayside-history-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('gives back what was written, numbered', () => {
    const log = new FileLog(join(folder, 'p1'));
    log.write(called);
    log.write({ ...published, id: 'ü \u2028' });
    log.close();
    assert.deepEqual(
      [...readHistory(join(folder, 'p1'))],
      [
        { seq: 1, ...called },
        { seq: 2, ...published, id: 'ü \u2028' },
      ],
    );
  });

  it('loses only its last line where its process was killed in the middle of it', () => {
    const path = join(folder, 'p1');
    const log = new FileLog(path);
    log.write(called);
    log.close();
    appendFileSync(path, '{"seq":2,"kind":"publi');
    assert.deepEqual([...readHistory(path)], [{ seq: 1, ...called }]);
  });

  it('reads a line that stands across two chunks of the file', () => {
    const path = join(folder, 'p1');
    const log = new FileLog(path);
    const long = 'ü'.repeat(400_000);
    for (let count = 0; count < 4; count++) log.write({ ...called, id: `${long}${count}` });
    log.close();
    assert.deepEqual(
      [...readHistory(path)].map((line) => line.id.slice(-1)),
      ['0', '1', '2', '3'],
    );
  });

  it('is refused where one is there: a history belongs to one process', () => {
    const path = join(folder, 'p1');
    new FileLog(path).close();
    assert.throws(() => new FileLog(path), { code: 'EEXIST' });
  });
});

describe('a history in memory', () => {
  it('takes nothing more once its process is dead', () => {
    const log = new MemoryLog();
    log.write(called);
    log.cut();
    log.write(published);
    assert.deepEqual(log.lines, [{ seq: 1, ...called }]);
  });
});
