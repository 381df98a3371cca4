import assert from 'node:assert/strict';
import { ClosedError, type RecordWrite, TestClock } from '@quayside/core';
import { MemoryRecordStore } from '#src/record-store.js';

function openStore() {
  const clock = new TestClock();
  return { store: new MemoryRecordStore('tasks', clock), clock };
}

const put = (key: string, more: Partial<RecordWrite> = {}): RecordWrite => ({ key, when: 'any', state: 'queued', ...more });

async function keysOf(
  store: MemoryRecordStore,
  state: string | undefined,
  limit = 2,
  between = async () => {},
): Promise<readonly string[]> {
  const keys: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.list(state, cursor, limit);
    keys.push(...page.items.map(({ key }) => key));
    cursor = page.cursor;
    if (cursor !== undefined) await between();
  } while (cursor !== undefined);
  return keys;
}

describe('memory record store', () => {
  it('merges fields, removes those given as undefined, appends to the log, and counts revisions from 1', async () => {
    const { store } = openStore();
    const outcomes = await store.write([
      put('a', { fields: { x: '1', y: '2', __proto__: 'kept as plain data' }, append: 'first' }),
      put('a', { state: 'running', fields: { y: undefined, z: '3' }, append: 'second' }),
    ]);
    assert.deepEqual(outcomes, [
      { status: 'written', revision: 1 },
      { status: 'written', revision: 2 },
    ]);
    const expected = { key: 'a', state: 'running', fields: { x: '1', z: '3' }, log: ['first', 'second'], revision: 2 };
    assert.deepEqual(await store.read(['a', 'b']), [expected, undefined]);
  });

  it('carries a field named __proto__ as plain data', async () => {
    const { store } = openStore();
    await store.write([put('a', { fields: JSON.parse('{"__proto__":"x"}') as Record<string, string> })]);
    const [record] = await store.read(['a']);
    assert.deepEqual(Object.entries(record?.fields ?? {}), [['__proto__', 'x']]);
  });

  const standing = { key: 'a', state: 'queued', fields: {}, log: [], revision: 1 };
  for (const [title, when, isWritten] of [
    ['absent', 'absent', false],
    ['its state among others', { state: ['running', 'queued'] }, true],
    ['another state', { state: ['running'] }, false],
    ['its revision', { revision: 1 }, true],
    ['another revision', { revision: 2 }, false],
    ['anything', 'any', true],
  ] as const) {
    it(`${isWritten ? 'writes' : 'refuses, and tells what stands,'} where the condition is ${title}`, async () => {
      const { store } = openStore();
      await store.write([put('a')]);
      const outcomes = await store.write([put('a', { when, state: 'done' })]);
      assert.deepEqual(outcomes, [isWritten ? { status: 'written', revision: 2 } : { status: 'refused', current: standing }]);
      const [record] = await store.read(['a']);
      assert.equal(record?.state, isWritten ? 'done' : 'queued');
    });
  }

  it('refuses a state or a revision where nothing stands', async () => {
    const { store } = openStore();
    const outcomes = await store.write([put('a', { when: { state: ['queued'] } }), put('a', { when: { revision: 0 } })]);
    assert.deepEqual(outcomes, [
      { status: 'refused', current: undefined },
      { status: 'refused', current: undefined },
    ]);
    assert.deepEqual(store.keys(), []);
  });

  it('writes each on its own: one refused stops no other', async () => {
    const { store } = openStore();
    const outcomes = await store.write([put('a'), put('a', { when: 'absent' }), put('b')]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['written', 'refused', 'written'],
    );
  });

  it('lets a record vanish at its time, and not before; a later write lifts it', async () => {
    const { store, clock } = openStore();
    await store.write([put('a', { expiresInMs: 100 }), put('b', { expiresInMs: 100 })]);
    await clock.advance(99);
    assert.deepEqual(
      (await store.read(['a', 'b'])).map((record) => record?.key),
      ['a', 'b'],
    );
    await store.write([put('b')]);
    clock.jump(-10_000);
    await clock.advance(1);
    assert.deepEqual(
      (await store.read(['a', 'b'])).map((record) => record?.key),
      [undefined, 'b'],
    );
    const [outcome] = await store.write([put('a', { when: 'absent' })]);
    assert.deepEqual(outcome, { status: 'written', revision: 1 });
  });

  it('does not pile up records whose time is over and that nobody asks for', async () => {
    const { store, clock } = openStore();
    for (let key = 0; key < 1_000; key++) {
      await store.write([put(`k${key}`, { expiresInMs: key % 100 === 0 ? 1_000_000 : 10 })]);
      clock.jump(3);
      await clock.advance(1);
    }
    assert.ok(store.size <= 10 + 10 + 4, `${store.size} records are held, where 20 last`);
    assert.equal((await keysOf(store, 'queued', 1_000)).length, 19);
  }).timeout(10_000);

  it('lists no record whose time is over, however many there are', async () => {
    const { store, clock } = openStore();
    await store.write(Array.from({ length: 3_000 }, (_, key) => put(`k${key}`, { expiresInMs: 10 })));
    await store.write([put('last')]);
    await clock.advance(10);
    assert.deepEqual(await keysOf(store, 'queued', 500), ['last']);
  });

  it('removes a record, and keeps nothing of it', async () => {
    const { store } = openStore();
    await store.write([put('a', { expiresInMs: 100 }), { key: 'a', remove: true }, { key: 'never was', remove: true }]);
    assert.deepEqual([store.keys(), await keysOf(store, undefined), await keysOf(store, 'queued')], [[], [], []]);
  });

  it('lists all in the order of their first write, those of a state in the order in which they came to it', async () => {
    const { store } = openStore();
    await store.write(['a', 'b', 'c', 'd'].map((key) => put(key)));
    await store.write([put('b', { state: 'running' }), put('a', { state: 'running' }), put('d')]);
    assert.deepEqual(await keysOf(store, undefined, 3), ['a', 'b', 'c', 'd']);
    assert.deepEqual(await keysOf(store, 'running', 1), ['b', 'a']);
    assert.deepEqual(await keysOf(store, 'queued', 1), ['c', 'd']);
    assert.deepEqual(await keysOf(store, 'unknown', 1), []);
  });

  it('lists each once, also where others come and go between two pages', async () => {
    const { store } = openStore();
    await store.write(['a', 'b', 'c', 'd', 'e'].map((key) => put(key)));
    let round = 0;
    const disturb = () => store.write([put(`new${round++}`, { state: 'running' }), { key: 'a', remove: true }]).then(() => {});
    assert.deepEqual(await keysOf(store, 'queued', 2, disturb), ['a', 'b', 'c', 'd', 'e']);
  });

  it('shares no object with its callers', async () => {
    const { store } = openStore();
    const fields = { x: '1' };
    await store.write([put('a', { fields, append: 'one' })]);
    fields.x = 'changed after the write';
    const [record] = await store.read(['a']);
    assert.ok(record);
    (record.log as string[]).push('changed by the reader');
    Object.assign(record.fields, { x: 'changed by the reader' });
    assert.deepEqual(await store.read(['a']), [{ key: 'a', state: 'queued', fields: { x: '1' }, log: ['one'], revision: 1 }]);
  });

  it('rejects every call once closed', async () => {
    const { store } = openStore();
    store.close();
    await assert.rejects(store.write([]), ClosedError);
    await assert.rejects(store.read([]), ClosedError);
    await assert.rejects(store.list(undefined, undefined, 1), ClosedError);
  });
});
