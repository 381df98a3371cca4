import assert from 'node:assert/strict';
import { ConnectionError, type Gap } from '@quayside/core';
import { type BusCase, onRemoteBus } from './bus-case.js';

/** What a remote bus does when the way to the other processes is cut or slow. */
export const remoteFaultCases: readonly BusCase[] = onRemoteBus([
  {
    id: 'E-10',
    title: 'an event that did not reach the server is no silent loss: emitAsync rejects, and emit is told as an error',
    async run(context) {
      const bus = await context.bus({}, { publishTimeout: '500ms' });
      const errors = context.errorsOf(bus);
      const seen = context.recorder();
      bus.on('loaded', seen.note);
      context.link(bus).cut();
      assert.equal(bus.emit('loaded', 1), 1);
      const check = assert.rejects(bus.emitAsync('loaded', 2), (error) => {
        assert.ok(error instanceof AggregateError);
        assert.equal(error.errors.length, 1);
        assert.ok(error.errors[0] instanceof ConnectionError && error.errors[0].outcome === 'not-published');
        return true;
      });
      assert.deepEqual(seen.payloads, [1, 2]);
      await context.settles('2s', check, 'emitAsync rejects');
      await context.eventually(() => errors.length > 0, 'the failure of emit is told');
      assert.deepEqual(
        errors.map(({ error, event }) => [error instanceof ConnectionError, event]),
        [[true, 'loaded']],
      );
    },
  },
  {
    id: 'E-10',
    title: 'after a cut the other process hears again, without the application doing anything',
    async run(context) {
      const [here, there] = [await context.bus(), await (await context.peer()).bus()];
      const seen = context.recorder();
      there.on('loaded', seen.note);
      context.link(there).cut();
      context.link(there).heal();
      await here.emitAsync('loaded', 'after');
      await context.eventually(() => seen.has('after'), 'the event arrives');
      assert.deepEqual(seen.payloads, ['after']);
    },
  },
  {
    id: 'E-11',
    title: 'stop waits for what is on its way to the other processes',
    async run(context) {
      const [here, there] = [await context.bus(), await (await context.peer()).bus()];
      const seen = context.recorder();
      there.on('loaded', seen.note);
      context.link(here).freeze();
      here.emit('loaded', 'last');
      let isStopped = false;
      const stopped = here.stop({ graceMs: 2000 }).then(() => {
        isStopped = true;
      });
      await context.settle();
      assert.equal(isStopped, false);
      context.link(here).heal();
      await context.settles('2s', stopped, 'stop resolves');
      await context.eventually(() => seen.has('last'), 'the event arrives');
    },
  },
  {
    id: 'E-10',
    title: 'events of another process that did not arrive are told as a gap',
    async run(context) {
      const process = await context.peer();
      const [here, there, neighbour] = [await context.bus(), await process.bus(), await process.bus()];
      const [seen, witness] = [context.recorder(), context.recorder()];
      const gaps: Gap[] = [];
      there.on('loaded', seen.note);
      neighbour.on('loaded', witness.note);
      there.onBus('gap', (gap) => void gaps.push(gap));
      await here.emitAsync('loaded', 'before');
      await context.eventually(() => seen.has('before'), 'the first arrives');
      context.link(there).cut();
      await here.emitAsync('loaded', 'missed');
      await here.emitAsync('loaded', 'missed too');
      await context.eventually(() => witness.has('missed too'), 'the server has handed them out');
      context.link(there).heal();
      await here.emitAsync('loaded', 'after');
      await context.eventually(() => seen.has('after'), 'the last arrives');
      assert.deepEqual(seen.payloads, ['before', 'after']);
      assert.deepEqual(
        gaps.map(({ channel, missed, cause }) => [channel, missed, cause]),
        [['loaded', 2, 'connection']],
      );
    },
  },
]);
