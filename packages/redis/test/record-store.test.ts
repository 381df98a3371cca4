import assert from 'node:assert/strict';
import { ConfigError, type RecordStore, TestClock } from '@quayside/core';
import { Opened } from './opened.js';

describe('RedisRecordStore', () => {
  let opened: Opened;
  let clock: TestClock;
  let store: RecordStore;

  before(async () => {
    opened = await Opened.start();
  });

  after(() => opened.stop());

  beforeEach(async () => {
    opened.begin();
    clock = new TestClock();
    store = (await opened.open(clock)).records();
  });

  async function keysOf(state?: string, limit = 2): Promise<readonly string[]> {
    const keys: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await store.list(state, cursor, limit);
      assert.ok(page.items.length <= limit);
      keys.push(...page.items.map(({ key }) => key));
      cursor = page.cursor;
      if (cursor === undefined) return keys;
    }
  }

  it('writes, merges and removes fields, appends to the log, and counts revisions from 1', async () => {
    assert.deepEqual(
      await store.write([{ key: 'k', when: 'absent', state: 'a', fields: { x: '1', y: '', 'ключ ✓': 'é\n\u0000' }, append: 'one' }]),
      [{ status: 'written', revision: 1 }],
    );
    await store.write([
      { key: 'k', when: 'any', state: 'b', fields: { x: '2', y: undefined, l1: 'no line', s: 'no state' }, append: 'two' },
    ]);
    assert.deepEqual(await store.read(['k', 'unknown']), [
      { key: 'k', state: 'b', fields: { x: '2', 'ключ ✓': 'é\n\u0000', l1: 'no line', s: 'no state' }, log: ['one', 'two'], revision: 2 },
      undefined,
    ]);
  });

  it('refuses a write whose condition does not hold, tells what stands, and changes nothing', async () => {
    await store.write([{ key: 'k', when: 'any', state: 'a', fields: { x: '1' } }]);
    const standing = { key: 'k', state: 'a', fields: { x: '1' }, log: [], revision: 1 };
    const refused = { status: 'refused', current: standing };
    const none = { status: 'refused', current: undefined };
    const write = { state: 'b', fields: { x: '2' }, append: 'no' };
    assert.deepEqual(
      await store.write([
        { key: 'k', when: 'absent', ...write },
        { key: 'k', when: { revision: 2 }, ...write },
        { key: 'k', when: { state: ['b', 'c'] }, ...write },
        { key: 'k', when: { state: [] }, ...write },
        { key: 'none', when: { revision: 1 }, ...write },
        { key: 'none', when: { state: ['a'] }, ...write },
      ]),
      [refused, refused, refused, refused, none, none],
    );
    assert.deepEqual(await store.read(['k', 'none']), [standing, undefined]);
    const [held] = await store.write([{ key: 'k', when: { state: ['z', 'a'] }, state: 'b' }]);
    assert.deepEqual(held, { status: 'written', revision: 2 });
  });

  it('writes of one call see one another, in order', async () => {
    const outcomes = await store.write([
      { key: 'k', when: 'absent', state: 'a' },
      { key: 'k', when: 'absent', state: 'b' },
      { key: 'k', when: { revision: 1 }, state: 'c' },
      { key: 'k', remove: true },
      { key: 'k', when: 'absent', state: 'd' },
    ]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['written', 'refused', 'written', 'written', 'written'],
    );
    assert.deepEqual((await store.read(['k']))[0], { key: 'k', state: 'd', fields: {}, log: [], revision: 1 });
  });

  it('lists all in the order of their first writes, those of a state in the order in which they came to it', async () => {
    for (const key of ['e', 'd', 'c', 'b', 'a']) await store.write([{ key, when: 'any', state: key < 'c' ? 'late' : 'early' }]);
    await store.write([{ key: 'e', when: 'any', state: 'late' }]);
    await store.write([{ key: 'd', when: 'any', state: 'early', fields: { x: '1' } }]);
    assert.deepEqual(await keysOf(), ['e', 'd', 'c', 'b', 'a']);
    assert.deepEqual(await keysOf('early'), ['d', 'c']);
    assert.deepEqual(await keysOf('late'), ['b', 'a', 'e']);
    assert.deepEqual(await keysOf('lat'), []);
    assert.deepEqual(await keysOf('unknown'), []);
  });

  it('a listing goes on where it was, whatever came and went between two pages', async () => {
    for (let index = 0; index < 6; index++) await store.write([{ key: `k${index}`, when: 'any', state: 's' }]);
    const first = await store.list('s', undefined, 2);
    await store.write([
      { key: 'k0', remove: true },
      { key: 'k1', remove: true },
      { key: 'k3', when: 'any', state: 'other' },
    ]);
    const second = await store.list('s', first.cursor, 2);
    assert.deepEqual(
      [...first.items, ...second.items].map(({ key }) => key),
      ['k0', 'k1', 'k2', 'k4'],
    );
    await assert.rejects(store.list('s', 'rubbish', 2), ConfigError);
  });

  it('a record vanishes when its time is over, from listings too; a write without a time keeps it', async () => {
    await store.write([
      { key: 'short', when: 'any', state: 's', expiresInMs: 1_000 },
      { key: 'kept', when: 'any', state: 's', expiresInMs: 1_000 },
      { key: 'long', when: 'any', state: 's', expiresInMs: 2_000 },
    ]);
    await store.write([{ key: 'kept', when: 'any', state: 's' }]);
    await clock.advance(999);
    assert.deepEqual(await keysOf('s'), ['short', 'kept', 'long']);
    await clock.advance(1);
    assert.deepEqual(await store.read(['short']), [undefined]);
    assert.deepEqual(await store.write([{ key: 'short', when: { state: ['s'] }, state: 't' }]), [
      { status: 'refused', current: undefined },
    ]);
    assert.deepEqual(await keysOf(), ['kept', 'long']);
    const [anew] = await store.write([{ key: 'short', when: 'absent', state: 's' }]);
    assert.deepEqual(anew, { status: 'written', revision: 1 });
  });

  it('leaves nothing of a record that is removed or whose time is over', async () => {
    for (let index = 0; index < 20; index++) {
      await store.write([{ key: `k${index}`, when: 'any', state: 's', append: 'x', expiresInMs: index % 2 === 0 ? 1_000 : undefined }]);
    }
    await store.write(Array.from({ length: 10 }, (_, index) => ({ key: `k${2 * index + 1}`, remove: true as const })));
    await clock.advance(1_000);
    assert.deepEqual(await keysOf(), []);
    const left = await opened.admin.keys(`${opened.namespace}:records:*`);
    assert.deepEqual(left, [`${opened.namespace}:records:{tasks}:state`]);
  });

  it('keeps kinds apart', async () => {
    const other = (await opened.open(clock)).records('schedules');
    await store.write([{ key: 'k', when: 'any', state: 's' }]);
    assert.deepEqual(await other.read(['k']), [undefined]);
    assert.deepEqual((await other.list(undefined, undefined, 5)).items, []);
  });
});
