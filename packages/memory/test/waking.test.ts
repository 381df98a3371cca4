import assert from 'node:assert/strict';
import { systemClock, TestClock } from '@quayside/core';
import { MemoryQueueStore } from '#src/queue-store.js';
import { Waiters } from '#src/waiters.js';
import { claim, leaseMs, message, openStore, publish, request } from './messages.js';

const longMs = 3_600_000;

interface Sleeper {
  isAwake: boolean;
  readonly abort: AbortController;
}

function sleep(store: Pick<MemoryQueueStore, 'wait'>, timeoutMs = longMs): Sleeper {
  const sleeper: Sleeper = { isAwake: false, abort: new AbortController() };
  void store.wait(timeoutMs, sleeper.abort.signal).then(() => {
    sleeper.isAwake = true;
  });
  return sleeper;
}

const awake = (...sleepers: readonly Sleeper[]) => sleepers.map(({ isAwake }) => isAwake);

describe('waking', () => {
  it('does not wait where something can be claimed already', async () => {
    const { store, clock } = openStore();
    await publish(store, message('a'));
    const sleeper = sleep(store);
    await clock.settle();
    assert.deepEqual(awake(sleeper), [true]);
  });

  it('wakes the first who came, and only one, when one message comes and is taken', async () => {
    const { store, clock } = openStore();
    const sleepers = [sleep(store), sleep(store), sleep(store)];
    await publish(store, message('a'));
    await claim(store);
    await clock.settle();
    assert.deepEqual(awake(...sleepers), [true, false, false]);
  });

  it('wakes one more when a look leaves work behind, and so on until there is none', async () => {
    const { store, clock } = openStore();
    const sleepers = [sleep(store), sleep(store), sleep(store)];
    await publish(store, message('a'), message('b'));
    await claim(store);
    await Promise.resolve();
    await Promise.resolve();
    assert.deepEqual(awake(...sleepers), [true, true, false]);
    await claim(store);
    await clock.settle();
    assert.deepEqual(awake(...sleepers), [true, true, false]);
  });

  it('passes a wake-up on when the woken one is aborted at that very moment', async () => {
    const { store, clock } = openStore();
    const [first, second] = [sleep(store), sleep(store)];
    const published = publish(store, message('a'));
    first.abort.abort();
    await published;
    await clock.settle();
    assert.deepEqual(awake(second), [true]);
  });

  it('passes a wake-up on when the woken one never looks', async () => {
    const { store, clock } = openStore();
    const sleepers = [sleep(store), sleep(store), sleep(store)];
    await publish(store, message('a'));
    await clock.settle();
    assert.deepEqual(awake(...sleepers), [true, true, true]);
  });

  it('wakes no second one for a woken one that cleans up after itself and looks a turn later, as the engine does', async () => {
    const { store, clock } = openStore();
    const first = new AbortController();
    const taken: string[] = [];
    void store.wait(longMs, first.signal).then(() => {
      first.abort();
      clock.defer(() => void claim(store).then((claims) => taken.push(...claims.map(({ receipt }) => receipt.id))));
    });
    const second = sleep(store);
    clock.defer(() => void publish(store, message('a')));
    await clock.settle();
    assert.deepEqual([taken, awake(second)], [['a'], [false]]);
  });

  it('passes no wake-up on that was answered by a look', async () => {
    const { store, clock } = openStore();
    const nextTurn = () => new Promise<void>((resolve) => clock.defer(resolve));
    const sleepers = [sleep(store), sleep(store), sleep(store)];
    await publish(store, message('a'));
    await claim(store);
    await nextTurn();
    // There is work again when the first waking is judged, but somebody is on the way to it.
    await publish(store, message('b'));
    await nextTurn();
    await claim(store);
    await clock.settle();
    assert.deepEqual(awake(...sleepers), [true, true, false]);
  });

  it('leaves nothing of an aborted waiter, whose turn goes to the next', async () => {
    const { store, clock } = openStore();
    const [first, second] = [sleep(store), sleep(store)];
    first.abort.abort();
    await clock.settle();
    assert.deepEqual(awake(first, second), [true, false]);
    await publish(store, message('a'));
    await claim(store);
    await clock.settle();
    assert.deepEqual(awake(second), [true]);
    assert.equal(clock.pendingTimers, 0);
  });

  it('returns at once for a signal that was aborted before', async () => {
    const { store, clock } = openStore();
    await store.wait(longMs, AbortSignal.abort());
    assert.equal(clock.pendingTimers, 0);
  });

  it('returns at its timeout, and not before', async () => {
    const { store, clock } = openStore();
    const sleeper = sleep(store, 500);
    await clock.advance(499);
    assert.deepEqual(awake(sleeper), [false]);
    await clock.advance(1);
    assert.deepEqual(awake(sleeper), [true]);
  });

  const sources: readonly [string, (store: MemoryQueueStore, clock: TestClock) => Promise<() => Promise<unknown>>][] = [
    [
      'a release',
      async (store) => {
        await publish(store, message('a'));
        const [taken] = await claim(store);
        assert.ok(taken);
        return () => store.exchange([{ receipt: taken.receipt, outcome: 'release' }]);
      },
    ],
    [
      'a retry without delay',
      async (store) => {
        await publish(store, message('a'));
        const [taken] = await claim(store);
        assert.ok(taken);
        return () => store.exchange([{ receipt: taken.receipt, outcome: 'retry', delayMs: 0, error: 'e' }]);
      },
    ],
    [
      'a promotion',
      async (store) => {
        await publish(store, message('a', { delayMs: longMs }));
        return () => store.promote(['a']);
      },
    ],
    [
      'a redrive',
      async (store) => {
        await publish(store, message('a'));
        const [taken] = await claim(store);
        assert.ok(taken);
        await store.exchange([{ receipt: taken.receipt, outcome: 'dead', reason: 'unrecoverable', isStarted: true }]);
        return () => store.redrive(['a']);
      },
    ],
    [
      'a resume',
      async (store) => {
        await publish(store, message('a'));
        await store.setPaused(true);
        return () => store.setPaused(false);
      },
    ],
    [
      'the end of a delay',
      async (store, clock) => {
        await publish(store, message('a', { delayMs: 1_000 }));
        return () => clock.advance(1_000);
      },
    ],
    [
      'the end of a lease',
      async (store, clock) => {
        await publish(store, message('a'));
        await claim(store);
        return () => clock.advance(leaseMs);
      },
    ],
    [
      'the end of a lease that was made shorter',
      async (store, clock) => {
        await publish(store, message('a'));
        const [taken] = await claim(store);
        assert.ok(taken);
        return async () => {
          await store.extend([{ receipt: taken.receipt, isStarted: true }], 100);
          await clock.advance(100);
        };
      },
    ],
    [
      'the end of a delay nearer than the one it slept for',
      async (store, clock) => {
        await publish(store, message('far', { delayMs: longMs / 2 }));
        return async () => {
          await publish(store, message('near', { delayMs: 10 }));
          await clock.advance(10);
        };
      },
    ],
  ];
  for (const [what, prepare] of sources) {
    it(`wakes for ${what}`, async () => {
      const { store, clock } = openStore();
      const happen = await prepare(store, clock);
      const sleeper = sleep(store);
      await clock.settle();
      assert.deepEqual(awake(sleeper), [false]);
      await happen();
      await clock.settle();
      assert.deepEqual(awake(sleeper), [true]);
    });
  }

  it('sleeps on while a message waits for its time', async () => {
    const { store, clock } = openStore();
    const sleeper = sleep(store);
    await publish(store, message('a', { delayMs: 1_000 }));
    await clock.advance(999);
    assert.deepEqual(awake(sleeper), [false]);
  });

  it('wakes nobody while paused, neither for a message nor for one that falls due; the resume does', async () => {
    const { store, clock } = openStore();
    await store.setPaused(true);
    const sleepers = [sleep(store), sleep(store), sleep(store)];
    await publish(store, message('a'), message('b', { delayMs: 1_000 }));
    await clock.advance(2_000);
    assert.deepEqual(awake(...sleepers), [false, false, false]);
    await store.setPaused(false);
    await claim(store);
    await claim(store);
    await clock.settle();
    assert.deepEqual(awake(...sleepers), [true, true, false]);
  });

  it('keeps a timer for what falls due only while somebody waits', async () => {
    const { store, clock } = openStore();
    await publish(store, message('a', { delayMs: longMs }), message('b', { delayMs: 2 * longMs }));
    assert.equal(clock.pendingTimers, 0);
    const sleepers = [sleep(store), sleep(store)];
    assert.equal(clock.pendingTimers, 3, 'one for each timeout, and one for what falls due');
    for (const { abort } of sleepers) abort.abort();
    assert.equal(clock.pendingTimers, 0);
  });

  it('is not disturbed when the machine’s clock is set', async () => {
    const { store, clock } = openStore();
    await publish(store, message('a', { delayMs: 1_000 }));
    const sleeper = sleep(store);
    clock.jump(longMs);
    await clock.advance(999);
    assert.deepEqual(awake(sleeper), [false]);
    await clock.advance(1);
    assert.deepEqual(awake(sleeper), [true]);
  });

  it('ends every wait at close', async () => {
    const { store, clock } = openStore();
    const sleepers = [sleep(store), sleep(store)];
    store.close();
    await clock.settle();
    assert.deepEqual([awake(...sleepers), clock.pendingTimers], [[true, true], 0]);
  });

  it('finds what it was woken for on the machine’s own clock, whose timers leave fractions of a millisecond out', async () => {
    const store = new MemoryQueueStore('tasks', systemClock);
    for (let round = 0; round < 10; round++) {
      const id = `a${round}`;
      await publish(store, message(id, { delayMs: 1.5 + round / 7 }));
      await store.wait(5_000, new AbortController().signal);
      const { claims } = await store.exchange([], request(1));
      assert.deepEqual(
        claims.map(({ receipt }) => receipt.id),
        [id],
      );
    }
  });
});

describe('waiters', () => {
  it('keep nothing of those who left', async () => {
    const clock = new TestClock();
    const waiters = new Waiters(clock, { isThere: () => false, nextDueAt: () => undefined });
    const aborts = Array.from({ length: 1_000 }, () => new AbortController());
    const waits = aborts.map(({ signal }, index) => waiters.wait(index % 2 === 0 ? 10 : longMs, signal));
    assert.equal(waiters.size, 1_000);
    await clock.advance(10);
    assert.equal(waiters.size, 500);
    for (const abort of aborts) abort.abort();
    assert.deepEqual([waiters.size, clock.pendingTimers], [0, 0]);
    await Promise.all(waits);
  });

  it('are not woken for a wake-up that was answered, whatever comes after', async () => {
    const clock = new TestClock();
    let isThere = false;
    const waiters = new Waiters(clock, { isThere: () => isThere, nextDueAt: () => undefined });
    const { signal } = new AbortController();
    const waits = [waiters.wait(longMs, signal), waiters.wait(longMs, signal)];
    isThere = true;
    waiters.announce();
    isThere = false;
    waiters.looked();
    isThere = true;
    await clock.settle();
    assert.equal(waiters.size, 1);
    waiters.close();
    await Promise.all(waits);
  });

  it('are woken when something falls due between two looks at the clock', async () => {
    const clock = new TestClock();
    let looks = 0;
    // Not there at the first look; due in the past by the time the alarm is set.
    const waiters = new Waiters(clock, { isThere: () => looks++ > 0, nextDueAt: () => clock.monotonic() - 1 });
    const waiting = waiters.wait(longMs, new AbortController().signal);
    await clock.advance(0);
    await clock.advance(1);
    assert.equal(waiters.size, 0);
    await waiting;
  });
});
