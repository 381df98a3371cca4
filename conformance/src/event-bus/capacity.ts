import assert from 'node:assert/strict';
import { CapacityError, ConfigError } from '@quayside/core';
import { type BusCase, onEachBus } from './bus-case.js';

/** How many run at once, how many wait, and what becomes of the rest. */
export const capacityCases: readonly BusCase[] = onEachBus([
  {
    id: 'E-06',
    title: 'at most `workers` asynchronous handlers run at once, the others wait, in order',
    async run(context) {
      const bus = await context.bus({ workers: 2, bufferSize: 100 });
      const gate = context.gate();
      const seen = context.recorder(() => gate.opened);
      bus.on('job', seen.handle);
      for (let index = 1; index <= 10; index++) assert.equal(bus.emit('job', index), 1);
      await context.eventually(() => seen.running === 2, 'two run');
      await context.settle();
      assert.deepEqual(seen.payloads, [1, 2]);
      gate.open();
      await context.eventually(() => seen.ended === 10, 'all have run');
      assert.equal(seen.mostAtOnce, 2);
      assert.deepEqual(seen.payloads, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    },
  },
  {
    id: 'E-06',
    title: 'past `bufferSize` waiting, emit throws CapacityError and calls nobody; what waits is untouched',
    async run(context) {
      const bus = await context.bus({ workers: 2, bufferSize: 3 });
      const gate = context.gate();
      const seen = context.recorder(() => gate.opened);
      bus.on('job', seen.handle);
      for (let index = 1; index <= 5; index++) bus.emit('job', index);
      await context.eventually(() => seen.running === 2, 'two run, three wait');
      assert.throws(() => bus.emit('job', 'too many'), CapacityError);
      await assert.rejects(bus.emitAsync('job', 'too many'), CapacityError);
      gate.open();
      await context.eventually(() => seen.ended === 5, 'those that waited run');
      assert.equal(bus.emit('job', 'marker'), 1);
      await context.eventually(() => seen.ended === 6, 'the marker runs');
      assert.deepEqual(seen.payloads, [1, 2, 3, 4, 5, 'marker']);
    },
  },
  {
    id: 'E-06',
    title: 'an event whose handlers find place for some only calls none of them',
    async run(context) {
      const bus = await context.bus({ workers: 1, bufferSize: 2 });
      const gate = context.gate();
      const holding = context.recorder(() => gate.opened);
      const seen = [context.recorder(), context.recorder()] as const;
      bus.on('hold', holding.handle);
      for (const { handle } of seen) bus.on('pair', handle);
      bus.emit('hold', 1);
      bus.emit('hold', 2);
      await context.eventually(() => holding.running === 1, 'one runs, one waits: one place is left');
      assert.throws(() => bus.emit('pair', 'too many'), CapacityError);
      gate.open();
      await context.eventually(() => holding.ended === 2, 'the place is free again');
      assert.equal(bus.emit('pair', 'marker'), 2);
      await context.eventually(() => seen.every(({ ended }) => ended === 1), 'both run');
      for (const { payloads } of seen) assert.deepEqual(payloads, ['marker']);
    },
  },
  {
    id: 'E-06',
    title: 'synchronous handlers take no place, however many one event has and however often it comes',
    async run(context) {
      const bus = await context.bus({ workers: 1, bufferSize: 1 });
      const seen = Array.from({ length: 10 }, () => context.recorder());
      for (const { note } of seen) bus.on('job', note);
      for (let index = 0; index < 100; index++) assert.equal(bus.emit('job', index), 10);
      for (const { events } of seen) assert.equal(events.length, 100);
    },
  },
  {
    id: 'E-06',
    title: 'a handler that returned a promise before is reckoned with as one that needs a worker',
    async run(context) {
      const bus = await context.bus({ workers: 1, bufferSize: 1 });
      const gate = context.gate();
      const seen = [context.recorder(() => gate.opened), context.recorder(() => gate.opened), context.recorder(() => gate.opened)];
      for (const { handle } of seen) bus.on('job', (event) => handle(event));
      assert.equal(bus.emit('job', 'not known yet'), 3);
      gate.open();
      await context.eventually(() => seen.every(({ ended }) => ended === 1), 'all have run');
      await context.settle();
      assert.throws(() => bus.emit('job', 'known now'), CapacityError);
      for (const { payloads } of seen) assert.deepEqual(payloads, ['not known yet']);
    },
  },
  {
    id: 'E-06',
    title: 'workers or bufferSize that are no whole numbers from 1 are refused with ConfigError',
    async run(context) {
      for (const wrong of [0, -1, 1.5, Number.NaN]) {
        await assert.rejects(context.bus({ workers: wrong }), ConfigError, `workers ${wrong}`);
        await assert.rejects(context.bus({ bufferSize: wrong }), ConfigError, `bufferSize ${wrong}`);
      }
    },
  },
]);
