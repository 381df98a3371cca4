import assert from 'node:assert/strict';
import { ClosedError, ConfigError, ConnectionError, type MessageState, publishWindow, type StoredMessage } from '@quayside/core';
import type { MemoryQueueStore } from '#src/queue-store.js';
import { claim, idsOf, leaseMs, message, openStore, publish, request } from './messages.js';

const numbered = (count: number, more?: Partial<StoredMessage>) => Array.from({ length: count }, (_, n) => message(`m${n}`, more));

/** All pages of a list, by id; `between` runs before each further page. */
async function listAll(store: MemoryQueueStore, state: MessageState, limit: number, between = async () => {}): Promise<readonly string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.list(state, cursor, limit);
    ids.push(...page.items.map((found) => found.message.id));
    cursor = page.cursor;
    if (cursor !== undefined) await between();
  } while (cursor !== undefined);
  return ids;
}

describe('memory queue store', () => {
  it('keeps nothing of a message after its end, whichever it was', async () => {
    const { store, clock } = openStore();
    const window = (id: string) => ({ deduplication: { id, windowMs: 1_000 } });
    await publish(store, ...['done', 'dropped', 'retried', 'removed', 'cancelled', 'dead', 'stalled'].map((id) => message(id, window(id))));
    await publish(store, message('delayed', { delayMs: 5_000 }));
    assert.deepEqual(await store.remove(['removed', 'delayed']), [true, true]);
    assert.deepEqual(await store.cancel(['cancelled']), ['removed']);
    const [done, dropped, retried, dead, stalled] = await claim(store, 10);
    assert.ok(done && dropped && retried && dead && stalled);
    await store.exchange([
      { receipt: done.receipt, outcome: 'complete' },
      { receipt: dropped.receipt, outcome: 'drop', as: 'discarded', error: 'e' },
      { receipt: retried.receipt, outcome: 'retry', delayMs: 50, error: 'e' },
      { receipt: dead.receipt, outcome: 'dead', reason: 'unrecoverable', isStarted: true, error: 'e' },
    ]);
    assert.deepEqual(await store.cancel(['stalled']), ['requested']);
    await clock.advance(leaseMs);
    const [again] = await claim(store);
    assert.ok(again);
    await store.exchange([{ receipt: again.receipt, outcome: 'complete' }]);
    await store.remove(['dead']);
    assert.deepEqual(store.keys(), ['publisher:test', 'counters']);
  });

  it('ends a deduplication window with the cancelling or removal of its message, and only then before its time', async () => {
    const { store } = openStore();
    const publishOne = async (id: string) => {
      const [outcome] = await publish(store, message(id, { deduplication: { id: 'order', windowMs: 1_000 } }));
      return outcome;
    };
    await publishOne('a');
    assert.deepEqual(await publishOne('b'), { status: 'deduplicated', firstId: 'a' });
    await store.cancel(['a']);
    assert.deepEqual(await publishOne('c'), { status: 'published' });
    await store.remove(['c']);
    assert.deepEqual(await publishOne('d'), { status: 'published' });
    const [taken] = await claim(store);
    assert.ok(taken);
    await store.exchange([{ receipt: taken.receipt, outcome: 'complete' }]);
    assert.deepEqual(await publishOne('e'), { status: 'deduplicated', firstId: 'd' });
  });

  it('takes back at most a thousand in one exchange, the first due first', async () => {
    const { store, clock } = openStore();
    await publish(store, ...numbered(2_500, { delayMs: 10 }));
    await clock.advance(10);
    const waiting: number[] = [];
    for (let call = 0; call < 3; call++) {
      await store.exchange([]);
      waiting.push((await store.stats()).waiting.normal);
    }
    assert.deepEqual(waiting, [1_000, 2_000, 2_500]);
    assert.deepEqual(await idsOf(claim(store, 3)), ['m0', 'm1', 'm2']);
  });

  it('takes single messages out of a large backlog without looking at the others, and keeps the order of the rest', async () => {
    const { store } = openStore();
    await publish(store, ...numbered(100_000));
    // From the last to the first but three: a search through the backlog would take 5 billion steps.
    const ids = numbered(100_000).map(({ id }) => id);
    await store.cancel(ids.slice(3).reverse());
    assert.deepEqual(await idsOf(claim(store, 10)), ['m0', 'm1', 'm2']);
  });

  it('puts what is released before everything that waits, the one released last first', async () => {
    const { store } = openStore();
    await publish(store, ...numbered(4));
    const [first, second] = await claim(store, 2);
    assert.ok(first && second);
    await store.exchange([
      { receipt: second.receipt, outcome: 'release' },
      { receipt: first.receipt, outcome: 'release' },
    ]);
    assert.deepEqual(await idsOf(claim(store, 10)), ['m0', 'm1', 'm2', 'm3']);
  });

  it('lets a settlement and a renewal count after the lease ended, while nobody has taken the message back', async () => {
    const { store, clock } = openStore();
    await publish(store, message('a'), message('b'));
    const [a, b] = await claim(store, 2);
    assert.ok(a && b);
    await clock.advance(leaseMs + 1);
    assert.deepEqual(await store.extend([{ receipt: b.receipt, isStarted: true }], leaseMs), ['held']);
    const { settled } = await store.exchange([{ receipt: a.receipt, outcome: 'complete' }]);
    assert.deepEqual(settled, ['settled']);
    const { counters, active } = await store.stats();
    assert.deepEqual([counters.processed, counters.stalled, active], [1, 0, 1]);
  });

  it('tells a holder lost after the message was taken back, and changes nothing by what it sends', async () => {
    const { store, clock } = openStore();
    await publish(store, message('a'));
    const [old] = await claim(store);
    assert.ok(old);
    await clock.advance(leaseMs);
    const [present] = await claim(store);
    assert.ok(present);
    assert.ok(present.fencingToken > old.fencingToken);
    const { settled } = await store.exchange([{ receipt: old.receipt, outcome: 'complete' }]);
    assert.deepEqual(settled, ['lease-lost']);
    assert.deepEqual(await store.extend([{ receipt: old.receipt, isStarted: true }], 1), ['lost']);
    const found = await store.find('a');
    assert.deepEqual([found?.state, found?.starts, found?.at], ['active', 2, clock.now() + leaseMs]);
  });

  for (const outcome of ['retry', 'release', 'dead', 'complete'] as const) {
    it(`${outcome === 'complete' ? 'counts as processed' : 'drops as cancelled'} a message whose cancel was requested, by the settlement ${outcome}`, async () => {
      const { store } = openStore();
      await publish(store, message('a'));
      const [taken] = await claim(store);
      assert.ok(taken);
      assert.deepEqual(await store.cancel(['a']), ['requested']);
      assert.deepEqual(await store.extend([{ receipt: taken.receipt, isStarted: true }], leaseMs), ['cancel-requested']);
      const settlement = { receipt: taken.receipt, outcome, delayMs: 0, error: 'e', reason: 'unrecoverable', isStarted: true } as const;
      assert.deepEqual((await store.exchange([settlement])).settled, ['settled']);
      const { counters } = await store.stats();
      assert.deepEqual([counters.cancelled, counters.processed], outcome === 'complete' ? [0, 1] : [1, 0]);
      assert.equal(await store.find('a'), undefined);
    });
  }

  it('drops a message whose cancel was requested when its lease ends, and counts that it stalled', async () => {
    const { store, clock } = openStore();
    await publish(store, message('a'), message('b'));
    await claim(store, 2);
    await store.cancel(['a']);
    await clock.advance(leaseMs);
    assert.deepEqual(await idsOf(claim(store, 2)), ['b']);
    const { counters } = await store.stats();
    assert.deepEqual([counters.cancelled, counters.stalled], [1, 2]);
  });

  it('counts a start for a retry, none for a release, and for a dead one what its settlement says', async () => {
    const { store } = openStore();
    await publish(store, message('a'));
    const starts: (number | undefined)[] = [];
    const ends = [
      { outcome: 'release' },
      { outcome: 'retry', delayMs: 0, error: 'e' },
      { outcome: 'dead', reason: 'no-handler', isStarted: false },
      { outcome: 'dead', reason: 'unrecoverable', isStarted: true },
    ] as const;
    for (const startNow of [0, 1]) {
      for (const end of ends) {
        await store.redrive(['a']);
        const [taken] = (await store.exchange([], request(1, { startNow }))).claims;
        assert.ok(taken);
        await store.exchange([{ receipt: taken.receipt, ...end }]);
        starts.push((await store.find('a'))?.starts);
      }
    }
    assert.deepEqual(starts, [0, 1, 1, 1, 0, 1, 1, 1]);
  });

  it('redrives to the tail as a fresh message that remembers its errors', async () => {
    const { store } = openStore();
    await publish(store, message('a'), message('b'));
    const [taken] = await claim(store);
    assert.ok(taken);
    await store.exchange([{ receipt: taken.receipt, outcome: 'dead', reason: 'unrecoverable', isStarted: true, error: 'e' }]);
    assert.deepEqual(await store.redrive(['a', 'a', 'b', 'unknown']), [true, false, false, false]);
    const found = await store.find('a');
    const { state, starts, deliveries, redrives, errors, reason } = found ?? {};
    assert.deepEqual([state, starts, deliveries, redrives, errors, reason], ['waiting', 0, 0, 1, ['e'], undefined]);
    assert.deepEqual(await idsOf(claim(store, 2)), ['b', 'a']);
    const { counters } = await store.stats();
    assert.deepEqual([counters.redriven, counters.deadLettered], [1, 1]);
  });

  it('leaves an active message to its holder: neither removed nor promoted nor redriven', async () => {
    const { store } = openStore();
    await publish(store, message('a'));
    const [taken] = await claim(store);
    assert.ok(taken);
    assert.deepEqual([await store.remove(['a']), await store.promote(['a']), await store.redrive(['a'])], [[false], 0, [false]]);
    assert.deepEqual((await store.exchange([{ receipt: taken.receipt, outcome: 'complete' }])).settled, ['settled']);
  });

  it('takes back delays and leases in the order of their ends, those of one moment in the order in which it was set', async () => {
    const { store, clock } = openStore();
    await publish(store, message('lease 1'));
    await claim(store);
    await publish(store, message('delay 1', { delayMs: leaseMs }));
    await publish(store, message('lease 2'));
    await claim(store);
    await publish(store, message('delay 2', { delayMs: leaseMs }), message('earlier', { delayMs: leaseMs - 1 }));
    await clock.advance(leaseMs);
    assert.deepEqual(await idsOf(claim(store, 9)), ['earlier', 'lease 1', 'delay 1', 'lease 2', 'delay 2']);
  });

  it('gives no receipt twice, not even after everything was cleared', async () => {
    const { store } = openStore();
    await publish(store, message('a'));
    const [old] = await claim(store);
    assert.ok(old);
    assert.equal(await store.clear('everything', 10), 1);
    assert.equal(await store.clear('everything', 10), 0);
    await publish(store, message('a'));
    await claim(store);
    const { settled } = await store.exchange([{ receipt: old.receipt, outcome: 'complete' }]);
    assert.deepEqual(settled, ['lease-lost']);
  });

  it('clears everything in bounded steps, its own bookkeeping with the last', async () => {
    const { store } = openStore();
    await publish(store, message('done', { deduplication: { id: 'x', windowMs: 1_000 } }));
    const [done] = await claim(store);
    assert.ok(done);
    await store.exchange([{ receipt: done.receipt, outcome: 'complete' }]);
    await publish(store, message('waiting'), message('delayed', { delayMs: 1_000 }), message('active', { priority: 'critical' }));
    await claim(store);
    await store.setPaused(true);
    assert.deepEqual((await store.find('active'))?.state, 'active');
    const steps = [];
    for (let step = 0; step < 3; step++) steps.push(await store.clear('everything', 2));
    assert.deepEqual([steps, store.keys()], [[2, 1, 0], []]);
  });

  it('lists each message once, in the order of claiming, also where others come and go between two pages', async () => {
    const { store } = openStore();
    await publish(store, message('low', { priority: 'low' }), ...numbered(5), message('critical', { priority: 'critical' }));
    const disturb = async () => {
      await claim(store);
      await publish(store, message(`late${Math.random()}`, { priority: 'critical' }));
    };
    assert.deepEqual(await listAll(store, 'waiting', 2, disturb), ['critical', 'm0', 'm1', 'm2', 'm3', 'm4', 'low']);
  });

  it('lists delayed ones by when they are due, active ones by when their leases end, dead ones newest first', async () => {
    const { store, clock } = openStore();
    await publish(store, message('d2', { delayMs: 2_000 }), message('d1', { delayMs: 1_000 }), message('d3', { delayMs: 2_000 }));
    assert.deepEqual(await listAll(store, 'delayed', 2), ['d1', 'd2', 'd3']);
    await publish(store, ...numbered(3));
    await store.exchange([], request(1, { visibilityTimeoutMs: 3_000 }));
    const { claims } = await store.exchange([], request(2, { visibilityTimeoutMs: 1_000 }));
    assert.deepEqual(await listAll(store, 'active', 1), ['m1', 'm2', 'm0']);
    for (const { receipt } of claims) {
      await clock.advance(1);
      await store.exchange([{ receipt, outcome: 'dead', reason: 'unrecoverable', isStarted: true }]);
    }
    assert.deepEqual(await listAll(store, 'dead', 1), ['m2', 'm1']);
  });

  for (const [state, cursor] of [
    ['waiting', 'x'],
    ['dead', '1:2'],
    ['delayed', 'a:b'],
  ] as const) {
    it(`refuses '${cursor}' as a cursor of ${state} ones`, async () => {
      await assert.rejects(openStore().store.list(state, cursor, 1), ConfigError);
    });
  }

  it('shows times by the wall clock, and moves no delay and no lease when that is set', async () => {
    const { store, clock } = openStore();
    await publish(store, message('delayed', { delayMs: 1_000 }), message('active'));
    await claim(store);
    clock.jump(-3_600_000);
    assert.deepEqual((await store.find('delayed'))?.at, clock.now() + 1_000);
    assert.deepEqual((await store.find('active'))?.at, clock.now() + leaseMs);
    await clock.advance(999);
    assert.deepEqual(await idsOf(claim(store)), []);
    await clock.advance(1);
    assert.deepEqual(await idsOf(claim(store)), ['delayed']);
  });

  it('stores nothing of a call with a message that it can not keep', async () => {
    const { store } = openStore();
    const bad = message('bad', { priority: 'urgent' as StoredMessage['priority'] });
    const call = { publisher: 'p', sequence: 1, checkIds: false };
    await assert.rejects(store.publish([message('good'), bad], call), ConfigError);
    assert.deepEqual(store.keys(), []);
    assert.deepEqual(await store.publish([message('good')], call), [{ status: 'published' }], 'its sequence was not used up');
  });

  it('stores nothing of a repeated call, and refuses one too old to know with the ids that it was about', async () => {
    const { store } = openStore();
    const call = (sequence: number) => ({ publisher: 'p', sequence, checkIds: false });
    await store.publish([message('a'), message('b')], call(1));
    assert.deepEqual(await store.publish([message('a'), message('b')], call(1)), [{ status: 'duplicate' }, { status: 'duplicate' }]);
    await store.publish([], call(publishWindow + 2));
    await assert.rejects(
      store.publish([message('a')], call(1)),
      (error) => error instanceof ConnectionError && error.outcome === 'unknown' && error.ids?.join() === 'a',
    );
    assert.equal((await store.stats()).counters.published, 2);
  });

  for (const state of ['waiting', 'delayed', 'active', 'dead'] as const) {
    it(`answers duplicate for the id of a message that is ${state}, where ids are checked`, async () => {
      const { store } = openStore();
      await publish(store, message('a', { delayMs: state === 'delayed' ? 1_000 : 0 }));
      if (state === 'active' || state === 'dead') {
        const [taken] = await claim(store);
        assert.ok(taken);
        if (state === 'dead') await store.exchange([{ receipt: taken.receipt, outcome: 'dead', reason: 'expired', isStarted: true }]);
      }
      const outcomes = await store.publish([message('a'), message('b'), message('b')], { publisher: 'p', sequence: 1, checkIds: true });
      assert.deepEqual(
        outcomes.map(({ status }) => status),
        ['duplicate', 'published', 'duplicate'],
      );
      assert.equal((await store.stats()).counters.published, 2);
    });
  }

  it('shares no object with its callers', async () => {
    const { store } = openStore();
    const mine = { ...message('a') };
    await publish(store, mine);
    mine.payload = 'changed after the publish';
    const { claims } = await store.exchange([], request(1));
    const [taken] = claims;
    assert.ok(taken);
    Object.assign(taken.message, { payload: 'changed by the handler' });
    await store.exchange([{ receipt: taken.receipt, outcome: 'retry', delayMs: 0, error: 'e1' }]);
    const found = await store.find('a');
    assert.ok(found);
    (found.errors as string[]).push('changed by the reader');
    assert.deepEqual((await store.find('a'))?.errors, ['e1']);
    assert.equal((await store.find('a'))?.message.payload, '{"id":"a"}');
  });

  it('keeps the first error and the last nineteen', async () => {
    const { store } = openStore();
    await publish(store, message('a'));
    for (let attempt = 1; attempt <= 30; attempt++) {
      const [taken] = await claim(store);
      assert.ok(taken);
      await store.exchange([{ receipt: taken.receipt, outcome: 'retry', delayMs: 0, error: `e${attempt}` }]);
    }
    const kept = ['e1', ...Array.from({ length: 19 }, (_, index) => `e${index + 12}`)];
    assert.deepEqual((await store.find('a'))?.errors, kept);
  });

  it('rejects every call once closed', async () => {
    const { store } = openStore();
    store.close();
    const calls: readonly (() => Promise<unknown>)[] = [
      () => publish(store, message('a')),
      () => store.exchange([]),
      () => store.extend([], 1),
      () => store.wait(1, new AbortController().signal),
      () => store.cancel([]),
      () => store.promote([]),
      () => store.find('a'),
      () => store.list('waiting', undefined, 1),
      () => store.redrive([]),
      () => store.remove([]),
      () => store.clear('waiting', 1),
      () => store.setPaused(true),
      () => store.stats(),
    ];
    for (const call of calls) await assert.rejects(call(), ClosedError);
  });
});
