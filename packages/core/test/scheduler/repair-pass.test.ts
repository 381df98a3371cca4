import assert from 'node:assert/strict';
import { ClosedError } from '#src/errors.js';
import { silentLogger } from '#src/logger.js';
import type { RecordStore, StoredRecord } from '#src/ports/records.js';
import { type RepairParts, RepairPass } from '#src/records/repair-pass.js';
import { TestClock } from '#src/time/test-clock.js';

function record(key: string): StoredRecord {
  return { key, state: 'open', fields: {}, log: [], revision: 1 };
}

/** Records in pages of two. */
function pages(keys: readonly string[]): RecordStore {
  return {
    write: () => Promise.reject(new Error('nothing is written')),
    read: () => Promise.reject(new Error('nothing is read')),
    list: async (_state, cursor = '0') => {
      const first = Number(cursor);
      const next = first + 2;
      return { items: keys.slice(first, next).map(record), cursor: next < keys.length ? String(next) : undefined };
    },
  };
}

function open(parts: Partial<RepairParts>) {
  const clock = new TestClock();
  const looked: string[] = [];
  const errors: unknown[] = [];
  const pass = new RepairPass({
    records: pages(['a', 'b', 'c']),
    states: ['open'],
    repair: async ({ key }) => void looked.push(key),
    clock,
    logger: silentLogger,
    intervalMs: 1_000,
    onError: (error) => void errors.push(error),
    ...parts,
  });
  return { clock, looked, errors, pass };
}

describe('the repair pass', () => {
  it('looks at every record at start, and again at each interval, until it is stopped', async () => {
    const { clock, looked, pass } = open({});
    pass.start();
    pass.start();
    await clock.settle();
    assert.deepEqual(looked, ['a', 'b', 'c']);
    await clock.advance(2_500);
    assert.equal(looked.length, 9);
    pass.stop();
    await clock.advance('1h');
    assert.deepEqual([looked.length, clock.pendingTimers], [9, 0]);
  });

  it('a record that can not be repaired is told, and keeps none of the others from it', async () => {
    const looked: string[] = [];
    const { clock, errors, pass } = open({
      repair: async ({ key }) => {
        if (key === 'a') throw new Error('damaged');
        looked.push(key);
      },
    });
    pass.start();
    await clock.advance(1_000);
    assert.deepEqual(looked, ['b', 'c', 'b', 'c']);
    assert.equal(errors.length, 2);
    pass.stop();
  });

  it('a list that fails, or hangs, is told, and tried again at the next time', async () => {
    let calls = 0;
    const store: RecordStore = {
      ...pages([]),
      list: () => (calls++ === 0 ? Promise.reject(new Error('cut')) : new Promise<never>(() => {})),
    };
    const { clock, errors, pass } = open({ records: store });
    pass.start();
    await clock.advance(1_000);
    assert.deepEqual([calls, errors.length], [2, 1]);
    await clock.advance(5_000);
    assert.deepEqual([calls, errors.length], [3, 2]);
    pass.stop();
    await clock.advance('1h');
    assert.equal(clock.pendingTimers, 0);
  });

  it('stopped in the midst, it begins nothing more and tells nothing; started again, there is one pass at a time', async () => {
    const waiting: (() => void)[] = [];
    const looked: string[] = [];
    const { clock, errors, pass } = open({
      repair: async ({ key }) => {
        looked.push(key);
        await new Promise<void>((resolve) => void waiting.push(resolve));
        throw new ClosedError('the store');
      },
    });
    const release = async () => {
      for (const resolve of waiting.splice(0)) resolve();
      await clock.settle();
    };
    pass.start();
    await clock.settle();
    pass.stop();
    pass.start();
    await clock.settle();
    assert.deepEqual(looked, ['a', 'b', 'a', 'b']);
    await release();
    assert.deepEqual([looked, errors.length], [['a', 'b', 'a', 'b', 'c'], 2]);
    await release();
    assert.equal(clock.pendingTimers, 1);
    pass.stop();
    await clock.advance('1h');
    assert.equal(looked.length, 5);
  });

  it('leaves an interval to the process that has its turn', async () => {
    let isMine = false;
    const { clock, looked, pass } = open({ takeTurn: async () => isMine });
    pass.start();
    await clock.advance(1_500);
    assert.deepEqual(looked, []);
    isMine = true;
    await clock.advance(1_000);
    assert.deepEqual(looked, ['a', 'b', 'c']);
    pass.stop();
  });
});
