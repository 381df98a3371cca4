import assert from 'node:assert/strict';
import { ConnectionError, TestClock, TimeoutError } from '#src/index.js';
import { GatheredRecords } from '#src/records/gathered-records.js';
import { FakeRecords } from './fake-records.js';

const write = (key: string) => ({ key, when: 'any', state: 'there' }) as const;

describe('gathered records', () => {
  it('sends what one turn asks in one call, in order, and answers each its own', async () => {
    const store = new FakeRecords();
    const records = new GatheredRecords(store, new TestClock());
    const written = ['a', 'b', 'c'].map((key) => records.write(write(key)));
    const read = ['c', 'nothing', 'a'].map((key) => records.read(key));
    assert.deepEqual(
      (await Promise.all(written)).map(({ status }) => status),
      ['written', 'written', 'written'],
    );
    assert.deepEqual(
      (await Promise.all(read)).map((record) => record?.key),
      ['c', undefined, 'a'],
    );
    assert.deepEqual([store.writeCalls, store.readCalls], [[3], [3]]);
  });

  it('sends at most 500 at once, in order', async () => {
    const store = new FakeRecords();
    const records = new GatheredRecords(store, new TestClock());
    await Promise.all(Array.from({ length: 1201 }, (_, index) => records.write(write(`k${index}`))));
    assert.deepEqual(store.writeCalls, [500, 500, 201]);
    assert.deepEqual(
      store.writes.map(({ key }) => key),
      Array.from({ length: 1201 }, (_, index) => `k${index}`),
    );
  });

  it('rejects those of a call that failed, and no others', async () => {
    const store = new FakeRecords();
    const records = new GatheredRecords(store, new TestClock());
    const good = store.write.bind(store);
    store.write = async () => {
      throw new ConnectionError('cut');
    };
    await assert.rejects(Promise.all([records.write(write('a')), records.write(write('b'))]), ConnectionError);
    store.write = () => {
      throw new TypeError('at once');
    };
    await assert.rejects(records.write(write('a')), TypeError);
    store.write = good;
    assert.equal((await records.write(write('a'))).status, 'written');
  });

  it('does not wait for ever for a store that does not answer', async () => {
    const clock = new TestClock();
    const store = new FakeRecords();
    store.read = () => new Promise(() => {});
    const records = new GatheredRecords(store, clock);
    const read = records.read('a').catch((error: unknown) => error);
    await clock.advance('5s');
    assert.ok((await read) instanceof TimeoutError);
    assert.equal(clock.pendingTimers, 0);
  });
});
