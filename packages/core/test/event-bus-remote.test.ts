import assert from 'node:assert/strict';
import { CapacityError, ClosedError, ConnectionError, PayloadError } from '#src/errors.js';
import { createRemoteEventBus } from '#src/event-bus/remote.js';
import type { BusEvent, EventBus, EventBusOptions } from '#src/ports/event-bus.js';
import type { PubSub } from '#src/ports/pubsub.js';
import { createPubSub } from '#src/pubsub/pubsub.js';
import { TestClock } from '#src/time/test-clock.js';
import { FakeBroker, type FakeTransport } from './pubsub/fake-broker.js';
import { Gate } from './pubsub/recorder.js';

interface Process {
  readonly transport: FakeTransport;
  readonly pubsub: PubSub;
  readonly bus: EventBus;
  readonly errors: [string, string][];
}

describe('a remote event bus', () => {
  let clock: TestClock;
  let broker: FakeBroker;
  let running: Process[];
  let here: Process;
  let there: Process;

  const start = async (options?: EventBusOptions): Promise<Process> => {
    const transport = broker.connect();
    const pubsub = createPubSub({ transport, clock });
    const bus = createRemoteEventBus({ pubsub, clock, options });
    const errors: [string, string][] = [];
    bus.onBus('error', (error, where) => errors.push([error.constructor.name, where.event]));
    await bus.start();
    const made = { transport, pubsub, bus, errors };
    running.push(made);
    return made;
  };

  beforeEach(async () => {
    clock = new TestClock();
    broker = new FakeBroker();
    running = [];
    here = await start();
    there = await start();
  });
  afterEach(async () => {
    const stops = running.flatMap(({ bus, pubsub }) => [bus.stop({ graceMs: 0 }), pubsub.stop({ graceMs: 0 })]);
    await clock.advance('1s');
    await Promise.all(stops);
    assert.equal(clock.pendingTimers, 0, 'a timer was left behind');
  });

  const listen = ({ bus }: Process, filter: string) => {
    const events: BusEvent[] = [];
    bus.on(filter, (event) => events.push(event));
    return events;
  };

  it('calls the handlers of every process once, its own at once', async () => {
    const third = await start();
    const [mine, theirs, wild] = [listen(here, 'a.b'), listen(there, 'a.b'), listen(third, 'a.*')];
    assert.equal(here.bus.emit('a.b', { n: 1 }), 1);
    const event = { name: 'a.b', payload: { n: 1 }, emittedAt: clock.now() };
    assert.deepEqual(mine, [event]);
    await clock.settle();
    assert.deepEqual([mine, theirs, wild], [[event], [event], [event]]);
    assert.equal(here.bus.isRemote, true);
  });

  it("keeps the emitter's order over different names, also of what its handlers emit", async () => {
    const names: string[] = [];
    there.bus.on('>', ({ name }) => names.push(name));
    here.bus.on('a', () => here.bus.emit('a.inner', 0));
    for (const name of ['a', 'b', 'c', 'b']) here.bus.emit(name, 0);
    await clock.settle();
    assert.deepEqual(names, ['a', 'a.inner', 'b', 'c', 'b']);
  });

  it('gives each handler of each process a payload of its own', async () => {
    const seen: unknown[] = [];
    for (const { bus } of [here, here, there, there]) {
      bus.on('a', ({ payload }) => {
        seen.push(structuredClone(payload));
        (payload as number[]).push(9);
      });
    }
    const payload = [1];
    here.bus.emit('a', payload);
    await clock.settle();
    assert.deepEqual(seen, [[1], [1], [1], [1]]);
    assert.deepEqual(payload, [1]);
  });

  it('refuses what others could not get, before anybody is called', async () => {
    const mine = listen(here, 'a');
    assert.throws(() => here.bus.emit('a', { at: new Date(0) }), PayloadError);
    await assert.rejects(here.bus.emitAsync('a', 1n), PayloadError);
    await clock.settle();
    assert.deepEqual(mine, []);
    assert.equal(here.transport.calls.length, 0);
    assert.equal(here.bus.stats().total_emitted, 0);
  });

  it('sends nothing of an emit that its own process could not take', async () => {
    const busy = await start({ workers: 1, bufferSize: 1 });
    busy.bus.on('a', () => new Promise(() => {}));
    busy.bus.emit('a', 1);
    busy.bus.emit('a', 2);
    assert.throws(() => busy.bus.emit('a', 3), CapacityError);
    await clock.settle();
    assert.equal(busy.pubsub.stats().total_published, 2);
  });

  it('tells of an event that did not reach the others, whose own handlers ran', async () => {
    here.transport.publishFaults.push('lost-call');
    const mine = listen(here, 'a');
    here.bus.emit('a', 1);
    await clock.settle();
    assert.equal(mine.length, 1);
    assert.deepEqual(here.errors, [['ConnectionError', 'a']]);
  });

  it('waits in emitAsync for the server and for its own handlers', async () => {
    const [confirmed, handled] = [new Gate(), new Gate()];
    here.transport.confirmation = confirmed.opened;
    here.bus.on('a', () => handled.opened);
    let count: number | undefined;
    const call = here.bus.emitAsync('a', 1).then((value) => {
      count = value;
    });
    handled.open();
    await clock.settle();
    assert.equal(count, undefined);
    confirmed.open();
    await call;
    assert.equal(count, 1);
  });

  it('rejects emitAsync with why the server does not have it, beside what handlers threw', async () => {
    here.transport.publishFaults.push('lost-call');
    here.bus.on('a', () => assert.fail('mine'));
    await assert.rejects(here.bus.emitAsync('a', 1), (error: AggregateError) => {
      assert.ok(error.errors.some((each) => each instanceof ConnectionError && each.outcome === 'unknown'));
      assert.ok(error.errors.some((each) => each instanceof assert.AssertionError));
      return error.errors.length === 2;
    });
  });

  it('holds events of others back while its own workers are busy, and loses none', async () => {
    const slow = await start({ workers: 2, bufferSize: 10 });
    const gates: Gate[] = [];
    let most = 0;
    let running = 0;
    for (let count = 0; count < 2; count++) {
      slow.bus.on('a', async () => {
        most = Math.max(most, ++running);
        const gate = new Gate();
        gates.push(gate);
        await gate.opened;
        running--;
      });
    }
    for (let index = 0; index < 12; index++) here.bus.emit('a', index);
    await clock.settle();
    for (let ended = 0; ended < 24; ended++) {
      gates.shift()?.open();
      await clock.settle();
    }
    assert.equal(most, 2);
    assert.deepEqual(slow.errors, []);
    assert.equal(slow.bus.stats().total_processed, 24);
  });

  it('tells of a handler that failed on an event of another process, once', async () => {
    there.bus.on('a', async () => assert.fail('mine'));
    const background: Error[] = [];
    there.pubsub.on('error', (error) => background.push(error));
    here.bus.emit('a', 1);
    await clock.settle();
    assert.deepEqual(there.errors, [['AssertionError', 'a']]);
    assert.deepEqual(background, []);
    assert.deepEqual([here.bus.stats().total_failed, there.bus.stats().total_failed], [0, 1]);
  });

  it('tells of events of others that it missed', async () => {
    const gaps: unknown[] = [];
    there.bus.onBus('gap', (gap) => gaps.push(gap));
    here.bus.emit('a', 1);
    await clock.settle();
    there.transport.become('disconnected');
    here.bus.emit('a', 2);
    await clock.settle();
    there.transport.become('connected');
    here.bus.emit('a', 3);
    await clock.settle();
    assert.deepEqual(gaps, [{ channel: 'a', missed: 1, from: 2, to: 2, cause: 'connection' }]);
  });

  it('can be started again where there was no connection, and hears nothing before it', async () => {
    const transport = broker.connect();
    transport.become('disconnected');
    const pubsub = createPubSub({ transport, clock });
    const bus = createRemoteEventBus({ pubsub, clock });
    const events: BusEvent[] = [];
    bus.on('a', (event) => events.push(event));
    const failed = assert.rejects(bus.start(), ConnectionError);
    await clock.advance('5s');
    await failed;
    transport.become('connected');
    here.bus.emit('a', 1);
    await clock.settle();
    assert.equal(events.length, 0);
    await Promise.all([bus.start(), bus.start()]);
    here.bus.emit('a', 2);
    await clock.settle();
    assert.deepEqual(
      events.map(({ payload }) => payload),
      [2],
    );
    await bus.stop();
    await pubsub.stop();
  });

  it('stops: hears no more, waits for what was sent, refuses emits, and leaves the pub/sub running', async () => {
    const gate = new Gate();
    here.transport.confirmation = gate.opened;
    const mine = listen(here, 'a');
    here.bus.emit('b', 1);
    await clock.settle();
    let isStopped = false;
    const stopping = here.bus.stop().then(() => {
      isStopped = true;
    });
    there.bus.emit('a', 1);
    await clock.settle();
    assert.equal(isStopped, false);
    gate.open();
    await stopping;
    assert.deepEqual(mine, []);
    assert.throws(() => here.bus.emit('a', 1), ClosedError);
    await assert.rejects(here.bus.start(), ClosedError);
    await here.pubsub.publish('still.there', 1);
    assert.equal(here.pubsub.stats().channel_count, 0);
  });

  it('ends a start that is under way when it stops', async () => {
    const transport = broker.connect();
    transport.become('disconnected');
    const pubsub = createPubSub({ transport, clock });
    const bus = createRemoteEventBus({ pubsub, clock });
    const starting = assert.rejects(bus.start(), ClosedError);
    await bus.stop();
    await starting;
    await pubsub.stop();
  });
});
