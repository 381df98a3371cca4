import assert from 'node:assert/strict';
import { type BusCase, onEachBus } from './bus-case.js';

/** Handlers that go wrong. */
export const failingCases: readonly BusCase[] = onEachBus([
  {
    id: 'E-04',
    title: "a handler that throws, at once or later, stops no other, and is told with the event's name",
    async run(context) {
      const bus = await context.bus();
      const errors = context.errorsOf(bus);
      const seen = [context.recorder(), context.recorder(), context.recorder()] as const;
      const [atOnce, later] = [new Error('at once'), new Error('later')];
      bus.on('loaded', seen[0].note);
      bus.on('loaded', () => {
        throw atOnce;
      });
      bus.on('loaded', seen[1].note);
      bus.on('*', async () => {
        await context.settle();
        throw later;
      });
      bus.on('loaded', seen[2].note);
      assert.equal(bus.emit('loaded', 1), 5);
      await context.eventually(() => errors.length === 2, 'both failures are told');
      for (const { payloads } of seen) assert.deepEqual(payloads, [1]);
      assert.deepEqual(errors, [
        { error: atOnce, event: 'loaded' },
        { error: later, event: 'loaded' },
      ]);
    },
  },
  {
    id: 'E-04',
    title: 'emitAsync rejects with an AggregateError of all that was thrown, after all handlers have settled',
    async run(context) {
      const bus = await context.bus();
      const errors = context.errorsOf(bus);
      const gate = context.gate();
      const slow = context.recorder(() => gate.opened);
      const [atOnce, later] = [new Error('at once'), new Error('later')];
      bus.on('loaded', () => {
        throw atOnce;
      });
      bus.on('loaded', async () => Promise.reject(later));
      bus.on('loaded', slow.handle);
      const caught: AggregateError[] = [];
      const emitted = bus.emitAsync('loaded', 1).catch((error: AggregateError) => void caught.push(error));
      await context.eventually(() => slow.running === 1 && errors.length === 2, 'two have failed, one still runs');
      await context.settle();
      assert.equal(caught.length, 0);
      gate.open();
      await emitted;
      assert.equal(slow.ended, 1);
      const [error] = caught;
      assert.ok(error instanceof AggregateError);
      assert.deepEqual(new Set(error.errors), new Set([atOnce, later]));
      assert.equal(error.errors.length, 2);
    },
  },
  {
    id: 'E-04',
    title: 'whatever a handler throws is told as an Error; a listener that throws harms nothing',
    async run(context) {
      const bus = await context.bus();
      bus.onBus('error', () => {
        throw new Error('a listener of errors throws');
      });
      const errors = context.errorsOf(bus);
      const seen = context.recorder();
      const thrown: readonly unknown[] = ['text', undefined, null, 7, Object.freeze({ code: 'X' })];
      bus.on('loaded', ({ payload }) => {
        throw thrown[payload as number];
      });
      bus.on('loaded', seen.note);
      for (const index of thrown.keys()) assert.equal(bus.emit('loaded', index), 2);
      await context.eventually(() => errors.length === 5, 'each is told');
      assert.deepEqual(seen.payloads, [0, 1, 2, 3, 4]);
      assert.ok(errors.every(({ error }) => error instanceof Error));
      assert.match(errors[0]?.error.message ?? '', /text/);
    },
  },
]);
