import assert from 'node:assert/strict';
import { CapacityError, ConfigError, ConnectionError, priorities, type Settlement, TestClock } from '@quayside/core';
import { asking, call, claimAll, message } from './messages-for-tests.js';
import { Opened } from './opened.js';
import { until } from './until.js';

describe('RedisQueueStore', () => {
  let opened: Opened;

  before(async () => {
    opened = await Opened.start();
  });

  after(() => opened.stop());

  beforeEach(() => opened.begin());

  describe('in batches beyond what Lua can pass at once', () => {
    it('10,000 messages are published in one call, claimed in one, settled in one, each in its order', async () => {
      const store = (await opened.open()).queue();
      const messages = Array.from({ length: 10_000 }, () => message());
      const outcomes = await store.publish(messages, call());
      assert.ok(outcomes.length === 10_000 && outcomes.every(({ status }) => status === 'published'));
      const { claims } = await store.exchange([], asking(10_000));
      assert.deepEqual(
        claims.map(({ message: { id } }) => id),
        messages.map(({ id }) => id),
      );
      const states = await store.extend(
        claims.map(({ receipt }) => ({ receipt, isStarted: true })),
        30_000,
      );
      assert.ok(states.length === 10_000 && states.every((state) => state === 'held'));
      const { settled } = await store.exchange(claims.map(({ receipt }) => ({ receipt, outcome: 'complete' })));
      assert.ok(settled.length === 10_000 && settled.every((answer) => answer === 'settled'));
      const { counters, active } = await store.stats();
      assert.deepEqual([counters.published, counters.processed, active], [10_000, 10_000, 0]);
    });

    it('special ones among many are told apart: ids that are here, windows that are open, delays', async () => {
      const store = (await opened.open()).queue();
      const first = message({ deduplication: { id: 'w', windowMs: 60_000 } });
      await store.publish([first], call());
      const many = Array.from({ length: 3_000 }, (_, index) => message(index % 3 === 0 ? { delayMs: 60_000 } : {}));
      const again = message({ deduplication: { id: 'w', windowMs: 60_000 } });
      const outcomes = await store.publish([...many, first, again], call({ checkIds: true }));
      assert.deepEqual(outcomes.slice(-2), [{ status: 'duplicate' }, { status: 'deduplicated', firstId: first.id }]);
      const { waiting, delayed, counters } = await store.stats();
      assert.deepEqual([waiting.normal, delayed, counters.published, counters.deduplicated], [2_001, 1_000, 3_001, 1]);
    });

    it('2,500 leases that end come back in steps, none forgotten', async () => {
      const clock = new TestClock();
      const store = (await opened.open(clock)).queue();
      await store.publish(
        Array.from({ length: 2_500 }, () => message()),
        call(),
      );
      await store.exchange([], asking(2_500, { visibilityTimeoutMs: 1_000 }));
      await clock.advance(1_000);
      const ids = await claimAll(store, 1_000);
      assert.equal(new Set(ids).size, 2_500);
    });
  });

  describe('with messages that are gone from the middle of a list', () => {
    it('passes over them, counts rightly, and hands out the rest in order', async () => {
      const store = (await opened.open()).queue();
      const messages = Array.from({ length: 5_000 }, () => message());
      await store.publish(messages, call());
      const cancelled = messages.filter((_, index) => index % 10 !== 9).map(({ id }) => id);
      await store.cancel(cancelled);
      assert.equal((await store.stats()).waiting.normal, 500);
      const rest = messages.filter((_, index) => index % 10 === 9).map(({ id }) => id);
      assert.deepEqual(await claimAll(store, 100), rest);
      const traces = Object.values(await opened.admin.hgetall(opened.key('history'))).filter((entry) => /^t[0-3]!?$/.test(entry));
      assert.deepEqual(traces, []);
      assert.equal((await store.stats()).waiting.normal, 0);
    });

    it('an id that comes back is handed out at its new place, once', async () => {
      const store = (await opened.open()).queue();
      const [again, other] = [message(), message()];
      await store.publish([again, other], call());
      await store.remove([again.id]);
      await store.publish([again], call({ checkIds: true }));
      assert.deepEqual(await claimAll(store, 1), [other.id, again.id]);
    });

    it('so does one that was tried before', async () => {
      const store = (await opened.open()).queue();
      const [again, other] = [message(), message()];
      await store.publish([again, other], call());
      const { claims } = await store.exchange([], asking(1));
      await store.exchange(claims.map(({ receipt }) => ({ receipt, outcome: 'retry', delayMs: 0, error: 'x' })));
      await store.cancel([again.id]);
      await store.publish([again], call({ checkIds: true }));
      const found = await store.find(again.id);
      assert.deepEqual([found?.starts, found?.errors], [0, []]);
      assert.deepEqual(await claimAll(store, 1), [other.id, again.id]);
    });

    it('a purge ends also where only their traces are left', async () => {
      const store = (await opened.open()).queue();
      const messages = Array.from({ length: 3_000 }, () => message());
      await store.publish(messages, call());
      await store.cancel(messages.slice(0, -1).map(({ id }) => id));
      assert.equal(await store.clear('waiting', 100), 1);
      assert.equal(await store.clear('waiting', 100), 0);
      assert.equal(await opened.admin.exists(opened.key('normal'), opened.key('messages')), 0);
    });
  });

  describe('pages', () => {
    it('of waiting ones show each once, whatever is claimed, released and cancelled between two of them', async () => {
      const store = (await opened.open()).queue();
      const messages = Array.from({ length: 300 }, (_, index) => message({ priority: priorities[index % 2 === 0 ? 0 : 3] }));
      await store.publish(messages, call());
      const shown: string[] = [];
      const taken = new Set<string>();
      for (let cursor: string | undefined; ; ) {
        const page = await store.list('waiting', cursor, 20);
        shown.push(...page.items.map((item) => item.message.id));
        cursor = page.cursor;
        if (cursor === undefined) break;
        const { claims } = await store.exchange([], asking(7));
        await store.exchange(claims.slice(0, 2).map(({ receipt }) => ({ receipt, outcome: 'release' })));
        for (const { receipt } of claims) taken.add(receipt.id);
      }
      assert.equal(new Set(shown).size, shown.length);
      for (const { id } of messages) assert.ok(shown.includes(id) || taken.has(id), id);
    });

    it('of dead ones come newest first, and show each once, whatever is redriven or dies between two of them', async () => {
      const clock = new TestClock();
      const store = (await opened.open(clock)).queue();
      const kill = async (count: number) => {
        await store.publish(
          Array.from({ length: count }, () => message()),
          call(),
        );
        const { claims } = await store.exchange([], asking(count));
        await store.exchange(claims.map(({ receipt }) => ({ receipt, outcome: 'dead', reason: 'unrecoverable', isStarted: true })));
        return claims.map(({ receipt }) => receipt.id);
      };
      const ids: string[] = [];
      for (let moment = 0; moment < 10; moment++) {
        // Some die in the same millisecond.
        ids.push(...(await kill(10)));
        await clock.advance(moment % 2);
      }
      const shown: string[] = [];
      for (let cursor: string | undefined; ; ) {
        const page = await store.list('dead', cursor, 7);
        shown.push(...page.items.map((item) => item.message.id));
        cursor = page.cursor;
        if (cursor === undefined) break;
        await store.remove([page.items.at(-1)?.message.id ?? '', shown[0] ?? '']);
        await kill(1);
        await clock.advance(1);
      }
      assert.equal(new Set(shown).size, shown.length);
      assert.deepEqual(shown.toSorted(), ids.toSorted());
    });

    it('refuse a cursor that none of them answered', async () => {
      const store = (await opened.open()).queue();
      for (const state of ['waiting', 'delayed', 'active', 'dead'] as const) await assert.rejects(store.list(state, 'x', 5), ConfigError);
    });
  });

  describe('what a publisher sent before', () => {
    it('is remembered of ten thousand publishers at the most, the silent ones go', async () => {
      const store = (await opened.open()).queue();
      const key = opened.key('publishers');
      const entry = (heard: number) => `${'1'.repeat(64)}${heard}7`;
      const nowS = Math.floor(Date.now() / 1_000);
      const fields = Array.from({ length: 10_000 }, (_, index) => [`p${index}`, entry(nowS - (index % 2 === 0 ? 60 : 200_000))]).flat();
      await opened.admin.hset(key, ...fields);
      for (let index = 0; index < 300; index++) await store.publish([message()], call({ publisher: `new-${index}`, sequence: 1 }));
      const kept = await opened.admin.hkeys(key);
      assert.ok(kept.length <= 10_000, `${kept.length} are kept`);
      assert.ok(kept.length < 9_500, 'of those that were silent for days several go with each new one');
      for (let index = 0; index < 300; index++) assert.ok(kept.includes(`new-${index}`));
    });

    it('is known again after a restart of this process: the server remembers', async () => {
      const [sent, named] = [message(), call({ publisher: 'lasting' })];
      await (await opened.open()).queue().publish([sent], named);
      const other = (await opened.open()).queue();
      await claimAll(other);
      assert.deepEqual(await other.publish([sent], named), [{ status: 'duplicate' }]);
      assert.equal((await other.stats()).waiting.normal, 0);
    });
  });

  describe("on the server's own clock", () => {
    it('nothing is over early: a delay of 40 ms takes 40 ms, told to the millisecond', async () => {
      const store = (await opened.open()).queue();
      await store.publish([message({ delayMs: 40 })], call());
      const published = performance.now();
      for (;;) {
        const { claims, nextDueInMs } = await store.exchange([], asking(1));
        if (claims.length > 0) break;
        assert.ok(nextDueInMs !== undefined && nextDueInMs <= 41, `${nextDueInMs} ms`);
        await store.wait(nextDueInMs, new AbortController().signal);
      }
      // Less the way of the answer to the publish.
      assert.ok(performance.now() - published >= 35, `${performance.now() - published} ms`);
    });

    it("the client's clock changes nothing", async () => {
      const clock = new TestClock();
      const wrong = {
        ...clock,
        isVirtual: false,
        now: () => 0,
        monotonic: () => 0,
        setTimer: clock.setTimer.bind(clock),
        defer: clock.defer.bind(clock),
      };
      const store = (await opened.open(wrong)).queue();
      await store.publish([message({ delayMs: 60_000 })], call());
      const { nextDueInMs } = await store.exchange([], asking(1));
      assert.ok(nextDueInMs !== undefined && nextDueInMs > 59_000 && nextDueInMs <= 60_001, `${nextDueInMs}`);
    });
  });

  describe('where the server has no memory left', () => {
    afterEach(() => opened.admin.config('SET', 'maxmemory', '0'));

    it('a publish is refused whole and with its fate, what is held can be completed, retried, buried and given back', async () => {
      const store = (await opened.open()).queue();
      await store.publish(
        Array.from({ length: 4 }, () => message()),
        call(),
      );
      const { claims } = await store.exchange([], asking(4));
      await opened.admin.config('SET', 'maxmemory', '1');
      const refused = call();
      await assert.rejects(store.publish([message({ delayMs: 5 }), message()], refused), (error) => {
        return error instanceof CapacityError && error.outcome === 'not-published';
      });
      const [one, two, three, four] = claims.map(({ receipt }) => receipt);
      assert.ok(one && two && three && four);
      const settlements: Settlement[] = [
        { receipt: one, outcome: 'complete' },
        { receipt: two, outcome: 'retry', delayMs: 60_000, error: 'x' },
        { receipt: three, outcome: 'dead', reason: 'unrecoverable', isStarted: true, error: 'y' },
        { receipt: four, outcome: 'release' },
      ];
      const { settled, claims: again } = await store.exchange(settlements, asking(1));
      assert.deepEqual(settled, Array(4).fill('settled'));
      assert.deepEqual(
        again.map(({ receipt }) => receipt.id),
        [four.id],
      );
      assert.deepEqual(await store.extend([{ receipt: again[0]?.receipt ?? four, isStarted: true }], 1_000), ['held']);
      assert.equal((await store.stats()).counters.published, 4);
      // Nobody can be listed as waiting then, and all the same nobody spins.
      const begun = performance.now();
      await store.wait(1_000, new AbortController().signal);
      assert.ok(performance.now() - begun >= 90);
      await opened.admin.config('SET', 'maxmemory', '0');
      assert.deepEqual(await store.publish([message()], refused), [{ status: 'published' }]);
    });
  });

  describe('with what somebody damaged by hand', () => {
    it('a body that can not be read is handed out as one, its neighbours as they are', async () => {
      const store = (await opened.open()).queue();
      const [broken, whole] = [message(), message()];
      await store.publish([broken, whole], call());
      await opened.admin.hset(opened.key('messages'), broken.id, 'rubbish');
      const { claims } = await store.exchange([], asking(2));
      assert.deepEqual(
        claims.map(({ message: { id, meta } }) => [id, meta]),
        [
          [broken.id, 'rubbish'],
          [whole.id, ''],
        ],
      );
    });

    it('ids in a list without a message are passed over', async () => {
      const store = (await opened.open()).queue();
      await opened.admin.rpush(opened.key('normal'), 'stranger', '!stranger');
      const known = message();
      await store.publish([known], call());
      assert.deepEqual(await claimAll(store), [known.id]);
    });

    it('an entry among the active ones that belongs to nobody vanishes when it is due', async () => {
      const store = (await opened.open()).queue();
      await opened.admin.zadd(opened.key('active'), 1, '0000000000000000stranger');
      assert.equal((await store.exchange([], asking(1))).claims.length, 0);
      const { active, counters } = await store.stats();
      assert.deepEqual([active, counters.stalled], [0, 0]);
    });

    it('a key that holds something else fails the call with an error of ours', async () => {
      const store = (await opened.open()).queue();
      await opened.admin.set(opened.key('messages'), 'x');
      await assert.rejects(
        store.publish([message()], call()),
        (error) => error instanceof ConnectionError && /WRONGTYPE/.test(error.message),
      );
    });

    it('bookkeeping that was lost: tokens go on above all that were handed out', async () => {
      const store = (await opened.open()).queue();
      const again = message();
      await store.publish([again], call());
      const { claims: before } = await store.exchange([], asking(1));
      await opened.admin.del(opened.key('state'));
      await store.exchange(before.map(({ receipt }) => ({ receipt, outcome: 'release' })));
      const { claims: after } = await store.exchange([], asking(1));
      assert.ok((after[0]?.fencingToken ?? 0) > (before[0]?.fencingToken ?? 0));
    });
  });

  describe('waking', () => {
    it('passes over a process that died while it waited, and wakes the next one', async () => {
      const [waiting, publishing] = [(await opened.open()).queue(), (await opened.open()).queue()];
      await opened.admin.zadd(opened.key('idle'), Date.now() / 1_000 - 30, `${opened.namespace}:wake:dead`);
      const woken = waiting.wait(4_000, new AbortController().signal);
      await until(async () => (await opened.admin.zcard(opened.key('idle'))) === 2);
      const begun = performance.now();
      await publishing.publish([message()], call());
      await woken;
      assert.ok(performance.now() - begun < 1_000);
      assert.equal(await opened.admin.exists(opened.key('idle')), 0);
    });

    it('tells one of those that wait, not all', async () => {
      const publishing = (await opened.open()).queue();
      const waiting = await Promise.all(Array.from({ length: 4 }, async () => (await opened.open()).queue()));
      const abort = new AbortController();
      let ended = 0;
      let claimed = 0;
      const waits = waiting.map(async (store) => {
        await store.wait(4_000, abort.signal);
        ended++;
        if (!abort.signal.aborted) claimed += (await store.exchange([], asking(1))).claims.length;
      });
      await until(async () => (await opened.admin.zcard(opened.key('idle'))) === 4);
      for (let published = 1; published <= 3; published++) {
        await publishing.publish([message()], call());
        await until(() => claimed === published);
        assert.equal(ended, published);
      }
      abort.abort();
      await Promise.all(waits);
    });

    it('tells nobody of a publish while the queue is paused, and somebody when it goes on', async () => {
      const [waiting, publishing] = [(await opened.open()).queue(), (await opened.open()).queue()];
      await publishing.setPaused(true);
      let isOver = false;
      const woken = waiting.wait(4_000, new AbortController().signal).then(() => (isOver = true));
      await until(async () => (await opened.admin.zcard(opened.key('idle'))) === 1);
      await publishing.publish([message()], call());
      assert.equal(await opened.admin.zcard(opened.key('idle')), 1);
      assert.equal(isOver, false);
      await publishing.setPaused(false);
      await woken;
    });

    it('one that was not heard for a minute is forgotten', async () => {
      const store = (await opened.open()).queue();
      await opened.admin.zadd(opened.key('idle'), Date.now() / 1_000 - 61, `${opened.namespace}:wake:dead`);
      await store.exchange([], asking(1));
      assert.equal(await opened.admin.zcard(opened.key('idle')), 1);
    });
  });

  it('a hundred queues, channels and kinds of records take two connections', async () => {
    const { backend, queue, records } = await opened.open();
    for (let index = 0; index < 100; index++) {
      await queue(`q${index}`).publish([message()], call());
      await queue(`q${index}`).exchange([], asking(1));
      await records(`kind${index}`).read(['x']);
    }
    backend.pubSubTransport?.('channels');
    const clients = String(await opened.admin.client('LIST'));
    assert.equal(clients.split(`name=${opened.namespace} `).length - 1, 2);
  });
});
