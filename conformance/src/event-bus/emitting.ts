import assert from 'node:assert/strict';
import { InvalidNameError } from '@quayside/core';
import { type BusCase, onEachBus } from './bus-case.js';

/** What emit does, and which names it takes. */
export const emittingCases: readonly BusCase[] = onEachBus([
  {
    id: 'E-01',
    title: 'handlers run in order of registration with what was emitted; emit returns how many were called',
    async run(context) {
      const bus = await context.bus();
      const calls: string[] = [];
      const seen = context.recorder();
      bus.on('loaded', () => void calls.push('first'));
      bus.on('loaded', seen.note);
      bus.on('loaded', () => void calls.push('third'));
      bus.on('unloaded', () => void calls.push('other event'));
      const before = context.now();
      assert.equal(bus.emit('loaded', { model: 'whisper' }), 3);
      assert.deepEqual(calls, ['first', 'third']);
      const [event] = seen.events;
      assert.ok(event !== undefined);
      const { emittedAt, ...rest } = event;
      assert.deepEqual(rest, { name: 'loaded', payload: { model: 'whisper' } });
      assert.ok(emittedAt >= before && emittedAt <= context.now(), `emitted at ${emittedAt}`);
    },
  },
  {
    id: 'E-01',
    title: 'emitAsync resolves with the number of handlers when the last of them has settled',
    async run(context) {
      const bus = await context.bus();
      const gate = context.gate();
      const [slow, quick] = [context.recorder(() => gate.opened), context.recorder()];
      bus.on('loaded', slow.handle);
      bus.on('loaded', quick.handle);
      let answer: number | undefined;
      const emitted = bus.emitAsync('loaded', 1).then((count) => {
        answer = count;
      });
      await context.eventually(() => quick.ended === 1 && slow.running === 1, 'one handler ends, one runs');
      await context.settle();
      assert.equal(answer, undefined);
      gate.open();
      await emitted;
      assert.deepEqual([answer, slow.ended], [2, 1]);
    },
  },
  {
    id: 'E-07',
    title: '100,000 emits: every count is exact',
    timeoutMs: 60_000,
    isAlone: true,
    async run(context) {
      const bus = await context.bus({}, { publishBuffer: 200_000 });
      const counts = { even: 0, all: 0 };
      bus.on('tick.even', () => void counts.even++);
      bus.on('tick.*', () => void counts.all++);
      let called = 0;
      for (let index = 0; index < 100_000; index++) {
        called += bus.emit(index % 2 === 0 ? 'tick.even' : 'tick.odd', index);
        if (index % 5000 === 4999) await context.settle();
      }
      assert.equal(called, 150_000);
      assert.deepEqual(counts, { even: 50_000, all: 100_000 });
      const { total_emitted, total_processed, total_failed } = bus.stats();
      assert.deepEqual(
        { total_emitted, total_processed, total_failed },
        { total_emitted: 100_000, total_processed: 150_000, total_failed: 0 },
      );
    },
  },
  {
    id: 'E-07',
    title: "an emit that nobody handles answers 0 and is no error, not even one named 'error'",
    async run(context) {
      const bus = await context.bus();
      for (const name of ['nobody', 'error']) {
        assert.equal(bus.emit(name, new Error('not for the bus').message), 0);
        assert.equal(await bus.emitAsync(name, 1), 0);
      }
      assert.equal(bus.stats().total_emitted, 4);
      assert.equal(bus.stats().total_processed, 0);
    },
  },
  {
    id: 'E-12',
    title: 'names that JavaScript or Node give a meaning are like any other',
    async run(context) {
      const bus = await context.bus();
      const names = [
        '__proto__',
        'constructor',
        'prototype',
        'toString',
        'hasOwnProperty',
        'error',
        'newListener',
        'removeListener',
        'valueOf',
      ];
      for (const name of names) assert.equal(bus.emit(name, 0), 0, `'${name}' has no handler yet`);
      const seen = new Map(names.map((name) => [name, context.recorder()]));
      for (const [name, { note }] of seen) bus.on(name, note);
      assert.equal(bus.stats().event_type_count, names.length);
      for (const name of names) assert.equal(bus.emit(name, name), 1, name);
      for (const [name, { payloads }] of seen) assert.deepEqual(payloads, [name]);
      for (const [name, { note }] of seen) bus.off(name, note);
      assert.equal(bus.stats().event_type_count, 0);
      for (const name of names) assert.equal(bus.emit(name, 0), 0, name);
    },
  },
  {
    id: 'E-12',
    title: 'an empty name, an empty token, a wildcard in emit, and what is no text are refused with InvalidNameError',
    async run(context) {
      const bus = await context.bus();
      const refused: readonly unknown[] = ['', 'a..b', '.a', 'a.', 'a b', 'x'.repeat(201), 'é', undefined, null, 7, Symbol('s')];
      for (const name of [...refused, 'a.*', '>'] as string[]) {
        assert.throws(() => bus.emit(name, 1), InvalidNameError, String(name));
        await assert.rejects(bus.emitAsync(name, 1), InvalidNameError, String(name));
      }
      for (const name of [...refused, 'a.>.b', 'a*'] as string[]) {
        assert.throws(() => bus.on(name, () => undefined), InvalidNameError, String(name));
        assert.throws(() => bus.once(name, () => undefined), InvalidNameError, String(name));
      }
      assert.deepEqual([bus.stats().total_emitted, bus.stats().event_type_count], [0, 0]);
    },
  },
]);
