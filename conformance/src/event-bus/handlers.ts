import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { type BusCase, onEachBus } from './bus-case.js';

/** Who is called: adding and removing handlers. */
export const handlerCases: readonly BusCase[] = onEachBus([
  {
    id: 'E-02',
    title: 'once runs once, also when the handler emits the same event',
    async run(context) {
      const bus = await context.bus();
      const seen = context.recorder(() => bus.emit('loaded', 'again'));
      const steady = context.recorder();
      bus.once('loaded', seen.note);
      bus.on('loaded', steady.note);
      assert.equal(bus.emit('loaded', 'first'), 2);
      assert.equal(bus.emit('loaded', 'later'), 1);
      assert.deepEqual(seen.payloads, ['first']);
      assert.deepEqual(new Set(steady.payloads), new Set(['first', 'again', 'later']));
      assert.equal(steady.events.length, 3);
    },
  },
  {
    id: 'E-02',
    title: 'once runs once where a handler before it emits the same event, and gets the inner one',
    async run(context) {
      const bus = await context.bus();
      const seen = context.recorder();
      let isOuter = true;
      bus.on('loaded', () => {
        if (isOuter) {
          isOuter = false;
          assert.equal(bus.emit('loaded', 'inner'), 2);
        }
      });
      bus.once('loaded', seen.note);
      assert.equal(bus.emit('loaded', 'outer'), 1);
      assert.deepEqual(seen.payloads, ['inner']);
      assert.equal(bus.stats().total_failed, 0);
    },
  },
  {
    id: 'E-02',
    title: 'once of a pattern runs once, whichever event comes first',
    async run(context) {
      const bus = await context.bus();
      const seen = context.recorder();
      bus.once('model.*', seen.note);
      assert.deepEqual([bus.emit('model.loaded', 1), bus.emit('model.unloaded', 2)], [1, 0]);
      assert.deepEqual(seen.payloads, [1]);
    },
  },
  {
    id: 'E-02',
    title: 'off removes what on and once added, under that name only; an unknown handler is no error',
    async run(context) {
      const bus = await context.bus();
      const seen = context.recorder();
      bus.on('loaded', seen.note);
      bus.once('started', seen.note);
      bus.on('model.*', seen.note);
      bus.off('loaded', () => undefined);
      bus.off('never.added', seen.note);
      assert.equal(bus.emit('loaded', 1), 1);
      bus.off('loaded', seen.note);
      bus.off('started', seen.note);
      assert.deepEqual([bus.emit('loaded', 2), bus.emit('started', 2), bus.emit('model.x', 3)], [0, 0, 1]);
      bus.off('model.*', seen.note);
      assert.equal(bus.emit('model.x', 4), 0);
      assert.deepEqual(seen.payloads, [1, 3]);
    },
  },
  {
    id: 'E-02',
    title: 'the function that on answers removes that one registration, once',
    async run(context) {
      const bus = await context.bus();
      const seen = context.recorder();
      const removeFirst = bus.on('loaded', seen.note);
      const removeSecond = bus.on('loaded', seen.note);
      assert.equal(bus.emit('loaded', 1), 2);
      removeFirst();
      removeFirst();
      assert.equal(bus.emit('loaded', 2), 1);
      removeSecond();
      assert.equal(bus.emit('loaded', 3), 0);
      assert.deepEqual(seen.payloads, [1, 1, 2]);
    },
  },
  {
    id: 'E-02',
    title: 'a handler added twice is called twice, and off takes the latest of the two',
    async run(context) {
      const bus = await context.bus();
      const order: string[] = [];
      const twice = () => void order.push('twice');
      bus.on('loaded', twice);
      bus.on('loaded', () => void order.push('between'));
      bus.on('loaded', twice);
      bus.emit('loaded', 1);
      bus.off('loaded', twice);
      bus.emit('loaded', 2);
      bus.off('loaded', twice);
      bus.emit('loaded', 3);
      assert.deepEqual(order, ['twice', 'between', 'twice', 'twice', 'between', 'between']);
    },
  },
  {
    id: 'E-02',
    title: 'an AbortSignal removes the handler; one aborted before adds none',
    async run(context) {
      const bus = await context.bus();
      const controller = new AbortController();
      const seen = context.recorder();
      bus.on('loaded', seen.note, { signal: controller.signal });
      bus.once('started', seen.note, { signal: controller.signal });
      bus.on('loaded', seen.note, { signal: AbortSignal.abort() });
      assert.equal(bus.emit('loaded', 1), 1);
      controller.abort();
      assert.deepEqual([bus.emit('loaded', 2), bus.emit('started', 2)], [0, 0]);
      assert.deepEqual(seen.payloads, [1]);
      assert.equal(bus.stats().event_type_count, 0);
    },
  },
  {
    id: 'E-03',
    title: '* is exactly one token, > at the end one or more',
    async run(context) {
      const bus = await context.bus();
      const handled: string[] = [];
      for (const pattern of ['*', 'a.*', '*.b', 'a.*.c', 'a.>', '>']) bus.on(pattern, () => void handled.push(pattern));
      const matchedBy = (name: string) => {
        handled.length = 0;
        assert.equal(bus.emit(name, 1), handled.length);
        return [...handled];
      };
      assert.deepEqual(matchedBy('a'), ['*', '>']);
      assert.deepEqual(matchedBy('a.b'), ['a.*', '*.b', 'a.>', '>']);
      assert.deepEqual(matchedBy('a.b.c'), ['a.*.c', 'a.>', '>']);
      assert.deepEqual(matchedBy('a.b.d'), ['a.>', '>']);
      assert.deepEqual(matchedBy('ab'), ['*', '>']);
      assert.deepEqual(matchedBy('b.b.b'), ['>']);
    },
  },
  {
    id: 'E-03',
    title: 'exact and wildcard handlers of one event run in the order of their registration',
    async run(context) {
      const bus = await context.bus();
      const order: number[] = [];
      for (const [index, name] of ['>', 'm.x', 'm.*', 'm.x', 'm.>', 'm.x'].entries()) bus.on(name, () => void order.push(index));
      bus.emit('m.x', 1);
      assert.deepEqual(order, [0, 1, 2, 3, 4, 5]);
    },
  },
  {
    id: 'E-05',
    title: 'a handler added or removed inside a handler changes the next emit, and not this one',
    async run(context) {
      const bus = await context.bus();
      const [added, removed] = [context.recorder(), context.recorder()];
      const stopChanging = bus.on('loaded', () => {
        bus.on('loaded', added.note);
        bus.on('*', added.note);
        bus.off('loaded', removed.note);
        stopChanging();
      });
      bus.on('loaded', removed.note);
      assert.equal(bus.emit('loaded', 1), 2);
      assert.deepEqual([added.payloads, removed.payloads], [[], [1]]);
      assert.equal(bus.emit('loaded', 2), 2);
      assert.deepEqual([added.payloads, removed.payloads], [[2, 2], [1]]);
    },
  },
  {
    id: 'E-09',
    title: 'the figures are exact, and event_type_count falls when the last handler of a name or pattern goes',
    async run(context) {
      const bus = await context.bus();
      const figures = () => bus.stats();
      assert.deepEqual({ ...figures() }, { total_emitted: 0, total_processed: 0, total_failed: 0, event_type_count: 0 });
      const [first, second] = [bus.on('a', () => undefined), bus.on('a', () => undefined)];
      const failing = bus.on('b.*', () => {
        throw new Error('expected');
      });
      const rejecting = bus.on('b.x', async () => Promise.reject(new Error('expected')));
      bus.once('c', () => undefined);
      assert.equal(figures().event_type_count, 4);
      bus.emit('a', 1);
      bus.emit('b.x', 2);
      bus.emit('c', 3);
      bus.emit('nobody', 4);
      await context.eventually(() => figures().total_failed === 2, 'both failures are counted');
      assert.deepEqual({ ...figures() }, { total_emitted: 4, total_processed: 3, total_failed: 2, event_type_count: 3 });
      first();
      assert.equal(figures().event_type_count, 3);
      for (const remove of [second, failing, rejecting]) remove();
      assert.equal(figures().event_type_count, 0);
    },
  },
  {
    id: 'E-09',
    title: '100,000 times on and off leave nothing: no handler, no name, no listener on the signal',
    isAlone: true,
    async run(context) {
      const bus = await context.bus();
      const { signal } = new AbortController();
      const seen = context.recorder();
      for (let index = 0; index < 100_000; index++) {
        const name = `name.${index % 1000}`;
        if (index % 3 === 0) bus.on(name, seen.note)();
        else if (index % 3 === 1) bus.on(name, seen.note, { signal })();
        else {
          bus.once(name, seen.note, { signal });
          bus.off(name, seen.note);
        }
      }
      bus.once('last', seen.note, { signal });
      assert.equal(bus.emit('last', 'marker'), 1);
      assert.equal(bus.stats().event_type_count, 0);
      assert.equal(getEventListeners(signal, 'abort').length, 0);
      for (let index = 0; index < 1000; index++) assert.equal(bus.emit(`name.${index}`, index), 0);
      assert.deepEqual(seen.payloads, ['marker']);
    },
  },
]);
