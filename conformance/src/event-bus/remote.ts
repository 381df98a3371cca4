import assert from 'node:assert/strict';
import { type Gap, PayloadError, sleep } from '@quayside/core';
import { type BusCase, onRemoteBus } from './bus-case.js';

const numbers = Array.from({ length: 100 }, (_, index) => index);

/** What holds between processes, and what does not cross the border. */
export const remoteCases: readonly BusCase[] = [
  ...onRemoteBus([
    {
      id: 'E-10',
      title: 'every process gets an event once, the emitting one too, with name, payload and time',
      async run(context) {
        const buses = [await context.bus(), await (await context.peer()).bus(), await (await context.peer()).bus()];
        const seen = buses.map((bus) => {
          const recorder = context.recorder();
          bus.on('loaded', recorder.note);
          return recorder;
        });
        assert.ok(buses.every(({ isRemote }) => isRemote));
        const before = context.now();
        for (const [index, bus] of buses.entries()) assert.equal(bus.emit('loaded', { from: index }), 1);
        await context.eventually(() => seen.every(({ events }) => events.length >= 3), 'all get all three');
        await Promise.all(buses.map((bus) => bus.emitAsync('loaded', 'marker')));
        await context.eventually(() => seen.every(({ events }) => events.length >= 6), 'all get the markers');
        for (const { events, payloads } of seen) {
          const froms = payloads.filter((payload) => payload !== 'marker').map((payload) => (payload as { from: number }).from);
          assert.deepEqual(froms.toSorted(), [0, 1, 2]);
          assert.equal(events.length, 6);
          for (const { name, emittedAt } of events) {
            assert.equal(name, 'loaded');
            assert.ok(emittedAt >= before && emittedAt <= context.now(), `emitted at ${emittedAt}`);
          }
        }
        assert.deepEqual(
          buses.map((bus) => bus.stats().total_emitted),
          [2, 2, 2],
        );
        assert.deepEqual(
          buses.map((bus) => bus.stats().total_processed),
          [6, 6, 6],
        );
      },
    },
    {
      id: 'E-10',
      title: "another process sees one emitter's events in order, by patterns and by once too",
      async run(context) {
        const [here, there] = [await context.bus(), await (await context.peer()).bus()];
        const [all, some, first, other] = [context.recorder(), context.recorder(), context.recorder(), context.recorder()];
        there.on('>', all.note);
        there.on('tick.*', some.note);
        there.once('tick.a', first.note);
        there.on('tock', other.note);
        for (const number of numbers) here.emit('tick.a', number);
        here.emit('tock', 'marker');
        await context.eventually(() => other.has('marker'), 'the marker arrives');
        assert.deepEqual([all.payloads, some.payloads, first.payloads], [[...numbers, 'marker'], numbers, [0]]);
      },
    },
    {
      id: 'E-10',
      title: 'when emitAsync resolves the server has the event: whoever is there gets it, who comes later does not',
      async run(context) {
        const [here, there] = [await context.bus(), await (await context.peer()).bus()];
        const [early, late] = [context.recorder(), context.recorder()];
        there.on('loaded', early.note);
        assert.equal(await here.emitAsync('loaded', 'before'), 0);
        await context.eventually(() => early.has('before'), 'who is there gets it');
        const third = await (await context.peer()).bus();
        third.on('loaded', late.note);
        await here.emitAsync('loaded', 'after');
        await context.eventually(() => early.has('after') && late.has('after'), 'both get the second');
        assert.deepEqual([early.payloads, late.payloads], [['before', 'after'], ['after']]);
      },
    },
    {
      id: 'E-10',
      title: 'a payload that cannot be carried is refused by emit with PayloadError, before any handler is called',
      async run(context) {
        const bus = await context.bus();
        const seen = context.recorder();
        bus.on('loaded', seen.note);
        assert.throws(() => bus.emit('loaded', 1n), PayloadError);
        await assert.rejects(
          bus.emitAsync('loaded', () => 1),
          PayloadError,
        );
        assert.equal(bus.emit('loaded', 'marker'), 1);
        assert.deepEqual(seen.payloads, ['marker']);
      },
    },
    {
      id: 'E-08',
      title: 'no handler, in this process or another, sees what another handler or the emitter changes',
      async run(context) {
        const [here, there] = [await context.bus(), await (await context.peer()).bus()];
        const change = ({ payload }: { payload: unknown }) => void (payload as number[]).push(99);
        const seen = { here: context.recorder(), there: context.recorder() };
        here.on('list', change);
        here.on('list', seen.here.note);
        there.on('list', change);
        there.on('list', seen.there.note);
        const emitted = [1];
        here.emit('list', emitted);
        emitted.push(2);
        await context.eventually(() => seen.there.events.length === 1, 'the event arrives');
        assert.deepEqual([emitted, seen.here.payloads, seen.there.payloads], [[1, 2], [[1]], [[1]]]);
      },
    },
    {
      id: 'E-10',
      title: "events of other processes wait for a worker like one's own; past bufferSize the oldest are missed and told, none is refused",
      async run(context) {
        const [here, there] = [await context.bus(), await (await context.peer()).bus({ workers: 2, bufferSize: 5 })];
        const gate = context.gate();
        const seen = context.recorder(() => gate.opened);
        const errors = context.errorsOf(there);
        const gaps: Gap[] = [];
        there.onBus('gap', (gap) => void gaps.push(gap));
        there.on('job', seen.handle);
        for (let index = 0; index < 20; index++) await here.emitAsync('job', index);
        const emitted = context.now();
        const missed = () => gaps.reduce((sum, gap) => sum + gap.missed, 0);
        await context.eventually(() => seen.running === 2 && missed() === 13, 'two run, five wait, and the others are told');
        await context.settles('1s', sleep(context.scope.time.clock, 50), 'time passes');
        gate.open();
        await context.eventually(() => seen.ended === 7, 'those that waited run');
        await here.emitAsync('job', 'marker');
        await context.eventually(() => seen.has('marker'), 'the marker arrives');
        assert.equal(seen.mostAtOnce, 2);
        assert.deepEqual(seen.payloads, [0, 1, 15, 16, 17, 18, 19, 'marker']);
        assert.ok(gaps.every(({ channel, cause }) => channel === 'job' && cause === 'buffer-full'));
        assert.deepEqual(errors, []);
        for (const { emittedAt } of seen.events.slice(0, 7)) assert.ok(emittedAt <= emitted, "emittedAt is the emitter's time");
      },
    },
  ]),
  {
    id: 'E-08',
    title: 'local: handlers share the very object that was emitted, as the port says',
    async run(context) {
      const bus = await context.bus();
      const seen = context.recorder();
      bus.on('list', seen.note);
      bus.on('list', seen.note);
      const emitted = Object.freeze([1]);
      bus.emit('list', emitted);
      assert.deepEqual(
        seen.payloads.map((payload) => payload === emitted),
        [true, true],
      );
      assert.equal(bus.isRemote, false);
    },
  },
  {
    id: 'E-10',
    title: 'local: an event stays in its process',
    async run(context) {
      const [here, there] = [await context.bus(), await (await context.peer()).bus()];
      const [seen, unseen] = [context.recorder(), context.recorder()];
      here.on('loaded', seen.note);
      there.on('loaded', unseen.note);
      assert.equal(await here.emitAsync('loaded', 1), 1);
      assert.equal(await there.emitAsync('loaded', 'marker'), 1);
      assert.deepEqual([seen.payloads, unseen.payloads], [[1], ['marker']]);
    },
  },
];
