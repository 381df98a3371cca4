import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { CapacityError, ClosedError, ConfigError, InvalidNameError } from '#src/errors.js';
import { createLocalEventBus } from '#src/event-bus/local.js';
import { parseChannelFilter } from '#src/message/patterns.js';
import type { BusEvent, EventBus, EventBusOptions } from '#src/ports/event-bus.js';
import { TestClock } from '#src/time/test-clock.js';
import { countListeners } from './pubsub/count-listeners.js';
import { Gate, type LogLine, recordingLogger } from './pubsub/recorder.js';

describe('a local event bus', () => {
  let clock: TestClock;
  let bus: EventBus;
  let log: LogLine[];
  let calls: unknown[];

  const open = (options?: EventBusOptions) => createLocalEventBus({ clock, options, logger: recordingLogger(log) });
  const noting = (name: unknown) => () => void calls.push(name);

  beforeEach(() => {
    clock = new TestClock();
    log = [];
    calls = [];
    bus = open();
  });
  afterEach(() => assert.equal(clock.pendingTimers, 0, 'a timer was left behind'));

  describe('emitting', () => {
    it('calls the handlers of the name in order of registration, at once, with the event, and answers how many', () => {
      const events: BusEvent[] = [];
      bus.on('a', (event) => events.push(event));
      bus.on('a', noting('second'));
      bus.on('b', noting('other'));
      const payload = { n: 1 };
      assert.equal(bus.emit('a', payload), 2);
      assert.deepEqual(events, [{ name: 'a', payload, emittedAt: clock.now() }]);
      assert.equal(events[0]?.payload, payload, 'the local bus shares the object');
      assert.deepEqual(calls, ['second']);
    });

    it('answers 0 where nobody listens, whatever the name', () => {
      for (const name of ['a', 'error', 'newListener', 'removeListener']) assert.equal(bus.emit(name, new Error('no')), 0);
      assert.equal(bus.stats().total_emitted, 4);
    });

    it('keeps the order of registration across names and patterns', () => {
      bus.on('a.*', noting(1));
      bus.on('a.b', noting(2));
      bus.on('>', noting(3));
      bus.on('a.b', noting(4));
      bus.on('*.b', noting(5));
      assert.equal(bus.emit('a.b', null), 5);
      assert.deepEqual(calls, [1, 2, 3, 4, 5]);
    });

    it('has a time that moves on', async () => {
      const times: number[] = [];
      bus.on('a', ({ emittedAt }) => times.push(emittedAt - clock.now()));
      bus.emit('a', 1);
      await clock.advance('1h');
      bus.emit('a', 1);
      assert.deepEqual(times, [0, 0]);
    });

    it('takes any allowed name for an ordinary one', () => {
      const names = [
        '__proto__',
        'constructor',
        'error',
        'newListener',
        'removeListener',
        'hasOwnProperty',
        '_listeners',
        'a._listeners',
        'a.__proto__.b',
      ];
      for (const name of names) {
        const pattern = name.replace(/[^.]+$/, '*');
        bus.on(name, noting(name));
        bus.on(pattern, noting(pattern));
        calls = [];
        assert.ok(bus.emit(name, 1) >= 2);
        assert.ok(calls.includes(name) && calls.includes(pattern), `${name}: ${calls}`);
      }
      assert.equal(({} as { _listeners?: unknown })._listeners, undefined);
    });

    it('refuses names that are none', () => {
      for (const name of ['', 'a..b', '.a', 'a b', 'a.*', '>', 'é']) assert.throws(() => bus.emit(name, 1), InvalidNameError);
      for (const name of ['', 'a..b', '>.a', 'a b', 'a*']) assert.throws(() => bus.on(name, () => {}), InvalidNameError);
      assert.throws(() => bus.on('a', undefined as never), ConfigError);
      assert.equal(bus.stats().event_type_count, 0);
    });

    it('matches patterns as every other port does', () => {
      const tokens = ['a', 'b', '__proto__', '_listeners'];
      const random = seeded(20260101);
      const pick = <T>(from: readonly T[]) => from[Math.floor(random() * from.length)] as T;
      for (let round = 0; round < 300; round++) {
        const trial = open();
        const live = new Map<string, () => void>();
        for (let index = 0; index < 8; index++) {
          const parts = Array.from({ length: 1 + Math.floor(random() * 4) }, () => pick(['*', '*', ...tokens]));
          if (random() < 0.4) parts[parts.length - 1] = '>';
          const pattern = parts.join('.');
          if (!live.has(pattern)) live.set(pattern, trial.on(pattern, noting(pattern)));
        }
        for (const pattern of [...live.keys()].slice(0, 3)) {
          if (random() < 0.5) continue;
          live.get(pattern)?.();
          live.delete(pattern);
        }
        for (let index = 0; index < 5; index++) {
          const name = Array.from({ length: 1 + Math.floor(random() * 5) }, () => pick(tokens)).join('.');
          const expected = [...live.keys()].filter((pattern) => parseChannelFilter('pattern', pattern).matches(name));
          calls = [];
          assert.equal(trial.emit(name, null), expected.length);
          assert.deepEqual(calls, expected, `round ${round}, ${name}`);
        }
      }
    });
  });

  describe('adding and removing', () => {
    it('runs a once handler once, also where a handler emits the same event', () => {
      let depth = 0;
      bus.on('a', () => {
        if (depth++ === 0) bus.emit('a', 'inner');
      });
      bus.once('a', (event) => void calls.push(event.payload));
      bus.once('*', noting('pattern'));
      assert.equal(bus.emit('a', 'outer'), 1, 'the inner emit took both');
      bus.emit('a', 'again');
      assert.deepEqual(calls, ['inner', 'pattern']);
      assert.equal(bus.stats().event_type_count, 1);
    });

    it('removes by off, and by what on answers; one that is unknown is no error', () => {
      const handler = noting('handler');
      bus.on('a', handler);
      bus.on('a.*', handler);
      const remove = bus.on('a', noting('other'));
      bus.off('a', () => {});
      bus.off('b', handler);
      bus.off('a..b', handler);
      bus.off('a', handler);
      remove();
      remove();
      assert.equal(bus.emit('a', 1), 0);
      bus.off('a.*', handler);
      bus.off('a.*', handler);
      assert.equal(bus.emit('a.b', 1), 0);
      assert.equal(bus.stats().event_type_count, 0);
    });

    it('counts a name or pattern while it has a handler', () => {
      const counts = ['a', 'a.*'].flatMap((filter) => {
        const handler = noting('handler');
        const seen: number[] = [];
        bus.on(filter, handler);
        bus.on(filter, handler);
        for (const change of ['off', 'off', 'on'] as const) {
          bus[change](filter, handler);
          seen.push(bus.stats().event_type_count);
        }
        bus.off(filter, handler);
        return [...seen, bus.stats().event_type_count];
      });
      assert.deepEqual(counts, [1, 0, 1, 0, 1, 0, 1, 0]);
    });

    it('removes one of two that are the same, the latest first', () => {
      const handler = noting('handler');
      bus.on('a', handler);
      bus.on('a', noting('between'));
      bus.on('a', handler);
      bus.off('a', handler);
      bus.emit('a', 1);
      assert.deepEqual(calls, ['handler', 'between']);
      bus.off('a', handler);
      assert.equal(bus.emit('a', 1), 1);
    });

    it('takes effect with the next emit', () => {
      const late = noting('late');
      const removed = noting('removed');
      bus.on('a', () => {
        bus.on('a', late);
        bus.on('*', late);
        bus.off('a', removed);
      });
      bus.on('a', removed);
      assert.equal(bus.emit('a', 1), 2);
      assert.deepEqual(calls, ['removed']);
      calls = [];
      assert.equal(bus.emit('a', 1), 3);
      assert.deepEqual(calls, ['late', 'late']);
    });

    it('does not slow down among a thousand patterns', () => {
      for (let index = 0; index < 1_000; index++) bus.on(`room.${index}.*`, noting(index));
      const begun = process.cpuUsage().user;
      for (let index = 0; index < 5_000; index++) bus.on(`other.${index}.*`, () => {})();
      const spentMs = (process.cpuUsage().user - begun) / 1000;
      assert.ok(spentMs < 2_000, `${spentMs} ms; sweeping the tree each time takes 9 s`);
      assert.equal(bus.emit('room.7.x', 1), 1);
      assert.equal(bus.emit('other.7.x', 1), 0);
    });

    it('is seen by names emitted before', () => {
      bus.emit('a.b', 1);
      const remove = bus.on('a.*', noting('pattern'));
      assert.equal(bus.emit('a.b', 1), 1);
      bus.on('a.b', noting('exact'));
      assert.equal(bus.emit('a.b', 1), 2);
      remove();
      assert.equal(bus.emit('a.b', 1), 1);
    });

    it('removes by an AbortSignal; an aborted one adds nothing', () => {
      const controller = new AbortController();
      bus.on('a', noting('a'), { signal: controller.signal });
      bus.once('a.*', noting('b'), { signal: controller.signal });
      controller.abort();
      bus.on('a', noting('c'), { signal: controller.signal });
      assert.equal(bus.emit('a', 1) + bus.emit('a.b', 1), 0);
      assert.equal(bus.stats().event_type_count, 0);
    });

    it('leaves no listener on the signal when the handler goes, or the bus stops', async () => {
      const controller = new AbortController();
      const listened = countListeners(controller.signal);
      bus.on('a', noting('a'), { signal: controller.signal })();
      const handler = noting('b');
      bus.on('a.*', handler, { signal: controller.signal });
      bus.off('a.*', handler);
      bus.once('c', noting('c'), { signal: controller.signal });
      bus.emit('c', 1);
      assert.equal(listened.count, 0);
      bus.on('a', noting('a'), { signal: controller.signal });
      bus.on('a.*', noting('a'), { signal: controller.signal });
      assert.equal(listened.count, 2);
      await bus.stop();
      assert.equal(listened.count, 0);
    });

    it('keeps nothing after 100,000 handlers came and went', () => {
      const before = heapInUse();
      for (let index = 0; index < 100_000; index++) {
        const remove = bus.on(index % 2 === 0 ? `name.${index}` : `*.${index}`, () => {});
        if (index % 10 === 0) bus.emit(`name.${index}`, 1);
        remove();
      }
      assert.equal(bus.stats().event_type_count, 0);
      assert.equal(bus.emit('name.0', 1), 0);
      const grownBytes = heapInUse() - before;
      assert.ok(grownBytes < 8 * 1024 * 1024, `${grownBytes} bytes are kept`);
    });
  });

  describe('asynchronous handlers', () => {
    /** A handler whose runs the test ends. */
    const gated = (name: string) => {
      const gates: Gate[] = [];
      const handler = async (event: BusEvent) => {
        calls.push(`${name}${event.payload}`);
        const gate = new Gate();
        gates.push(gate);
        await gate.opened;
      };
      const endOne = async () => {
        gates.shift()?.open();
        await clock.settle();
      };
      return { handler, endOne };
    };

    it('run at once up to the workers; further calls wait in order, also of synchronous handlers', async () => {
      bus = open({ workers: 2 });
      const slow = gated('slow');
      bus.on('a', slow.handler);
      bus.on('sync', (event) => void calls.push(`sync${event.payload}`));
      for (const value of [1, 2, 3]) bus.emit('a', value);
      assert.equal(bus.emit('sync', 4), 1, 'it waits');
      bus.emit('a', 5);
      assert.deepEqual(calls, ['slow1', 'slow2']);
      await slow.endOne();
      assert.deepEqual(calls, ['slow1', 'slow2', 'slow3']);
      await slow.endOne();
      assert.deepEqual(calls, ['slow1', 'slow2', 'slow3', 'sync4', 'slow5']);
      assert.equal(bus.stats().total_processed, 3);
      await slow.endOne();
      await slow.endOne();
      assert.equal(bus.stats().total_processed, 5);
      bus.emit('sync', 6);
      assert.deepEqual(calls.at(-1), 'sync6', 'called at once again');
    });

    it('keep their order where a waiting handler emits', async () => {
      bus = open({ workers: 1 });
      const slow = gated('slow');
      bus.on('a', slow.handler);
      bus.on('b', (event) => {
        calls.push(`b${event.payload}`);
        if (event.payload === 1) bus.emit('c', 'from b');
      });
      bus.on('c', (event) => void calls.push(`c ${event.payload}`));
      bus.emit('a', 0);
      bus.emit('b', 1);
      bus.emit('b', 2);
      await slow.endOne();
      assert.deepEqual(calls, ['slow0', 'b1', 'b2', 'c from b']);
    });

    it('are refused past the buffer before any is called, and the rest is untouched', async () => {
      bus = open({ workers: 1, bufferSize: 2 });
      const slow = gated('slow');
      bus.on('a', slow.handler);
      bus.on('two', noting('first'));
      bus.once('two', noting('second'));
      bus.emit('a', 1);
      bus.emit('a', 2);
      assert.throws(() => bus.emit('two', 0), CapacityError);
      await assert.rejects(bus.emitAsync('two', 0), CapacityError);
      bus.emit('a', 3);
      assert.throws(() => bus.emit('a', 4), CapacityError);
      assert.equal(bus.emit('nobody', 0), 0);
      assert.equal(bus.stats().total_emitted, 4);
      for (let ended = 0; ended < 3; ended++) await slow.endOne();
      assert.deepEqual(calls, ['slow1', 'slow2', 'slow3']);
      assert.equal(bus.emit('two', 0), 2, 'the once handler was not used up');
    });

    it('of one event that are more than workers and buffer are refused, synchronous ones are not', async () => {
      bus = open({ workers: 1, bufferSize: 2 });
      for (let index = 0; index < 4; index++) bus.on('async', async () => noting('async')());
      for (let index = 0; index < 9; index++) bus.on('sync', noting('sync'));
      const promising = () => Promise.resolve(noting('promise')());
      for (let index = 0; index < 4; index++) bus.on('promise', promising);
      assert.throws(() => bus.emit('async', 1), CapacityError);
      assert.deepEqual(calls, []);
      assert.equal(bus.emit('sync', 1), 9);
      assert.equal(bus.emit('promise', 1), 4, 'that they return promises is not known yet');
      await clock.settle();
      assert.throws(() => bus.emit('promise', 1), CapacityError);
    });

    it('hand an emitted event to a handler that was removed while it waited', async () => {
      bus = open({ workers: 1 });
      const slow = gated('slow');
      bus.on('a', slow.handler);
      bus.emit('a', 1);
      const remove = bus.on('b', noting('b'));
      bus.emit('b', 1);
      remove();
      await slow.endOne();
      assert.deepEqual(calls, ['slow1', 'b']);
    });
  });

  describe('handlers that fail', () => {
    const failures = [
      ['throws', () => assert.fail('mine')],
      ['rejects', async () => assert.fail('mine')],
      ['throws a string', () => Promise.reject('mine')],
      ['answers a promise that breaks', () => Object.defineProperty({}, 'then', { get: () => assert.fail('mine') })],
    ] as const;
    for (const [what, failing] of failures) {
      it(`stop no other, and are told and logged with the event's name (${what})`, async () => {
        const told: [string, string][] = [];
        bus.onBus('error', (error, where) => told.push([error.message.replace(/.*: /, ''), where.event]));
        bus.on('a', failing);
        bus.on('a', noting('next'));
        assert.equal(bus.emit('a', 1), 2);
        await clock.settle();
        assert.deepEqual(calls, ['next']);
        assert.deepEqual(told, [['mine', 'a']]);
        assert.deepEqual(
          log.map(({ level, fields }) => [level, fields.event]),
          [['error', 'a']],
        );
        const { total_emitted, total_processed, total_failed } = bus.stats();
        assert.deepEqual([total_emitted, total_processed, total_failed], [1, 1, 1]);
      });
    }

    it('harm nothing by a listener that throws', () => {
      bus.onBus('error', () => assert.fail('the listener'));
      bus.on('a', () => assert.fail('the handler'));
      assert.equal(bus.emit('a', 1), 1);
      assert.equal(log.length, 2);
    });

    it("are told apart from the application's event named error", () => {
      bus.on('error', (event) => void calls.push(event.payload));
      bus.onBus('error', noting('bus'));
      bus.emit('error', 'mine');
      assert.deepEqual(calls, ['mine']);
    });
  });

  describe('emitAsync', () => {
    it('resolves with the count when all handlers have settled', async () => {
      const gate = new Gate();
      bus.on('a', () => gate.opened);
      bus.on('a', noting('sync'));
      let count: number | undefined;
      const call = bus.emitAsync('a', 1).then((value) => {
        count = value;
      });
      await clock.settle();
      assert.equal(count, undefined);
      gate.open();
      await call;
      assert.equal(count, 2);
      assert.equal(await bus.emitAsync('nobody', 1), 0);
    });

    it('rejects with all that was thrown, after all have settled', async () => {
      const gate = new Gate();
      bus.on('a', () => assert.fail('first'));
      bus.on('a', () => gate.opened.then(() => assert.fail('second')));
      bus.on('a', () => gate.opened.then(noting('third')));
      const rejected = assert.rejects(bus.emitAsync('a', 1), (error: AggregateError) => {
        assert.ok(error instanceof AggregateError);
        assert.deepEqual(
          error.errors.map((each: Error) => each.message),
          ['first', 'second'],
        );
        return true;
      });
      await clock.settle();
      gate.open();
      await rejected;
      assert.deepEqual(calls, ['third']);
    });

    it('waits for calls that wait themselves', async () => {
      bus = open({ workers: 1 });
      const gate = new Gate();
      bus.on('a', () => gate.opened);
      bus.on('b', noting('b'));
      bus.emit('a', 1);
      const call = bus.emitAsync('b', 1);
      assert.deepEqual(calls, []);
      gate.open();
      assert.equal(await call, 1);
      assert.deepEqual(calls, ['b']);
    });
  });

  it('counts exactly over 100,000 emits', async () => {
    let count = 0;
    bus.on('a', () => void count++);
    bus.on('*', async () => void count++);
    for (let index = 0; index < 100_000; index++) {
      bus.emit('a', index);
      if (index % 4 === 3) await undefined;
    }
    await clock.settle();
    assert.equal(count, 200_000);
    assert.deepEqual(bus.stats(), { total_emitted: 100_000, total_processed: 200_000, total_failed: 0, event_type_count: 2 });
  });

  it('refuses wrong options, all at once', () => {
    assert.throws(
      () => open({ workers: 0, bufferSize: 1.5 }),
      (error) => error instanceof ConfigError && error.issues.length === 2,
    );
  });

  describe('stopping', () => {
    it('refuses what comes after, waits for running and waiting handlers, and is done as soon as they are', async () => {
      bus = open({ workers: 1 });
      const gate = new Gate();
      bus.on('a', () => gate.opened);
      bus.on('b', noting('waiting'));
      bus.emit('a', 1);
      bus.emit('b', 1);
      const stopping = bus.stop();
      assert.throws(() => bus.emit('a', 2), ClosedError);
      await assert.rejects(bus.emitAsync('a', 2), ClosedError);
      assert.throws(() => bus.on('a', () => {}), ClosedError);
      await assert.rejects(bus.start(), ClosedError);
      await clock.advance('4s');
      gate.open();
      await stopping;
      assert.deepEqual(calls, ['waiting']);
    });

    it('waits no longer than graceMs; what waits then is never called, and its emitAsync ends', async () => {
      bus = open({ workers: 1 });
      bus.on('a', () => new Promise(() => {}));
      bus.on('b', noting('waiting'));
      bus.emit('a', 1);
      const rejected = assert.rejects(
        bus.emitAsync('b', 1),
        (error: AggregateError) => error.errors.length === 1 && error.errors[0] instanceof ClosedError,
      );
      let isStopped = false;
      const stopping = bus.stop({ graceMs: 100 }).then(() => {
        isStopped = true;
      });
      await clock.advance(99);
      assert.equal(isStopped, false);
      await clock.advance(1);
      await Promise.all([stopping, rejected]);
      assert.deepEqual(calls, []);
      assert.deepEqual(
        log.map(({ level, fields }) => [level, fields.discarded]),
        [['warn', 1]],
      );
    });

    it('is one, however often it is asked for, and starting before it does nothing', async () => {
      await bus.start();
      assert.equal(bus.stop(), bus.stop());
      await bus.stop();
    });
  });
});

/** mulberry32: the same every time. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** After a full collection, without having been started with a flag for it. */
function heapInUse(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  return process.memoryUsage().heapUsed;
}
