import assert from 'node:assert/strict';
import { WaitingResults } from '#src/dispatcher/waiting-results.js';
import { type StoredRecord, TestClock, TimeoutError } from '#src/index.js';

const ended: StoredRecord = { key: 't', state: 'completed', fields: {}, log: [], revision: 3 };

function waits(isTold: boolean) {
  const clock = new TestClock();
  const looks: number[] = [];
  const begun = clock.now();
  const waiting = new WaitingResults(
    clock,
    () => isTold,
    () => void looks.push(clock.now() - begun),
  );
  return { clock, waiting, looks };
}

describe('who waits for results', () => {
  it('looks at once at a task of another process, then less and less often', async () => {
    const { clock, waiting, looks } = waits(false);
    const result = waiting.wait('t', undefined);
    await clock.advance('10s');
    assert.deepEqual(looks.slice(0, 7), [0, 50, 150, 350, 750, 1550, 3150]);
    assert.deepEqual(looks.slice(7), [5150, 7150, 9150]);
    waiting.ended(ended);
    assert.equal((await result).key, 't');
    assert.equal(clock.pendingTimers, 0);
  });

  it('looks seldom at a task whose end is told', async () => {
    const { clock, waiting, looks } = waits(true);
    void waiting.wait('t', undefined);
    await clock.advance('30s');
    assert.deepEqual(looks, [1000, 3000, 7000, 15_000, 23_000]);
    waiting.ended(ended);
    assert.equal(clock.pendingTimers, 0);
  });

  it('looks once for all who wait for one task', async () => {
    const { clock, waiting, looks } = waits(false);
    const results = Promise.all([1, 2, 3].map(() => waiting.wait('t', undefined)));
    await clock.advance(60);
    assert.deepEqual(looks, [0, 50]);
    waiting.ended(ended);
    assert.deepEqual(await results, [ended, ended, ended]);
  });

  it('ends a wait by its timeout, and leaves no timer; the others wait on', async () => {
    const { clock, waiting } = waits(false);
    const short = waiting.wait('t', 100).catch((error: unknown) => error);
    const long = waiting.wait('t', 1000);
    await clock.advance(100);
    assert.ok((await short) instanceof TimeoutError);
    assert.ok(waiting.has('t'));
    waiting.ended(ended);
    assert.equal((await long).state, 'completed');
    assert.equal(clock.pendingTimers, 0);
    const last = waiting.wait('t', 10).catch((error: unknown) => error);
    await clock.advance(10);
    assert.ok((await last) instanceof TimeoutError);
    assert.deepEqual([waiting.has('t'), clock.pendingTimers], [false, 0]);
  });

  it('fails one task, or all, and leaves no timer', async () => {
    const { clock, waiting } = waits(false);
    const results = ['a', 'b', 'c'].map((id) => waiting.wait(id, 1000).catch((error: unknown) => error));
    waiting.fail('a', new Error('only this'));
    assert.deepEqual(waiting.ids(), ['b', 'c']);
    waiting.failAll(new Error('all'));
    assert.deepEqual((await Promise.all(results)).map(String), ['Error: only this', 'Error: all', 'Error: all']);
    assert.equal(clock.pendingTimers, 0);
  });
});
