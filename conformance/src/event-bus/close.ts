import assert from 'node:assert/strict';
import { ClosedError } from '@quayside/core';
import { type BusCase, onEachBus } from './bus-case.js';

/** How a bus ends. */
export const closeCases: readonly BusCase[] = onEachBus([
  {
    id: 'E-11',
    title: 'stop waits for running handlers, and refuses emits from its call on',
    async run(context) {
      const bus = await context.bus();
      const gate = context.gate();
      const seen = context.recorder(() => gate.opened);
      bus.on('job', seen.handle);
      bus.emit('job', 1);
      await context.eventually(() => seen.running === 1, 'the handler runs');
      let isStopped = false;
      const stopped = bus.stop().then(() => {
        isStopped = true;
      });
      assert.throws(() => bus.emit('job', 2), ClosedError);
      await assert.rejects(bus.emitAsync('job', 2), ClosedError);
      await context.settle();
      assert.equal(isStopped, false);
      gate.open();
      await context.settles('2s', stopped, 'stop resolves');
      assert.equal(seen.ended, 1);
      assert.throws(() => bus.on('job', seen.handle), ClosedError);
      assert.throws(() => bus.once('job', seen.handle), ClosedError);
      assert.throws(() => bus.emit('job', 3), ClosedError);
      assert.deepEqual(seen.payloads, [1]);
    },
  },
  {
    id: 'E-11',
    title: 'what waits for a worker still runs within the grace; what then still waits is discarded, and its emitAsync rejects',
    async run(context) {
      const bus = await context.bus({ workers: 1 });
      const gates = [context.gate(), context.gate(), context.gate()] as const;
      const seen = context.recorder(({ payload }) => gates[payload as 0 | 1 | 2].opened);
      bus.on('job', seen.handle);
      bus.emit('job', 0);
      bus.emit('job', 1);
      const discarded = assert.rejects(bus.emitAsync('job', 2), (error) => {
        assert.ok(error instanceof AggregateError && error.errors.every((each) => each instanceof ClosedError));
        return true;
      });
      await context.eventually(() => seen.running === 1, 'the first runs');
      const stopped = bus.stop({ graceMs: 500 });
      gates[0].open();
      await context.eventually(() => seen.has(1), 'the second runs during stop');
      await context.settles('3s', stopped, 'stop resolves');
      await context.settles('1s', discarded, 'the emitAsync of the third rejects');
      gates[1].open();
      await context.eventually(() => seen.running === 0, 'the second ends');
      assert.deepEqual(seen.payloads, [0, 1]);
    },
  },
  {
    id: 'E-11',
    title: 'a handler that does not end holds stop for the grace only; stops at once and again are one',
    async run(context) {
      const bus = await context.bus();
      const seen = context.recorder(() => context.gate().opened);
      bus.on('job', seen.handle);
      bus.emit('job', 1);
      await context.eventually(() => seen.running === 1, 'the handler runs');
      const begun = context.now();
      await context.settles('3s', Promise.all([bus.stop({ graceMs: 500 }), bus.stop({ graceMs: 500 })]), 'both stops resolve');
      const tookMs = context.now() - begun;
      assert.ok(tookMs >= 490 && tookMs <= 1500, `stop took ${tookMs} ms`);
      await bus.stop();
    },
  },
]);
