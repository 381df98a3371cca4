import assert from 'node:assert/strict';
import { ClosedError, type QuaysideError } from '#src/errors.js';
import type { PubSub } from '#src/ports/pubsub.js';
import { createPubSub } from '#src/pubsub/pubsub.js';
import { TestClock } from '#src/time/test-clock.js';
import { FakeBroker, type FakeTransport } from './pubsub/fake-broker.js';
import { Gate, Recorder } from './pubsub/recorder.js';

describe('stopping a pub/sub', () => {
  let clock: TestClock;
  let broker: FakeBroker;
  let transport: FakeTransport;
  let pubsub: PubSub;

  beforeEach(() => {
    clock = new TestClock();
    broker = new FakeBroker();
    transport = broker.connect();
    pubsub = createPubSub({ transport, clock });
  });
  afterEach(() => assert.equal(clock.pendingTimers, 0, 'a timer was left behind'));

  const watch = (call: Promise<unknown>) => {
    const seen = { isSettled: false };
    const settled = () => {
      seen.isSettled = true;
    };
    call.then(settled, settled);
    return seen;
  };

  it('refuses every call afterwards, leaves nothing on the server, and takes no more events', async () => {
    const heard = new Recorder();
    const subscription = await pubsub.subscribe('a', heard.take);
    await pubsub.stop();
    await assert.rejects(pubsub.publish('a', 1), ClosedError);
    await assert.rejects(
      pubsub.subscribe('a', () => {}),
      ClosedError,
    );
    broker.deliver({ channel: 'a', body: '1' });
    await clock.settle();
    assert.deepEqual(heard.events, []);
    assert.equal(broker.held.size, 0);
    assert.equal(transport.listenerCount, 0);
    await subscription.unsubscribe();
  });

  it('is done when the server holds no subscription any more', async () => {
    const gate = new Gate();
    transport.closing = gate.opened;
    await pubsub.subscribe('a', () => {});
    const stopping = pubsub.stop();
    const seen = watch(stopping);
    await clock.settle();
    assert.equal(seen.isSettled, false);
    gate.open();
    await stopping;
    assert.equal(broker.held.size, 0);
  });

  it('leaves the transport open, which is not its own', async () => {
    await pubsub.stop();
    assert.equal(transport.state, 'connected');
  });

  it('sends what was published before', async () => {
    const other = createPubSub({ transport: broker.connect(), clock });
    const heard = new Recorder();
    await other.subscribe('a', heard.take);
    const call = pubsub.publish('a', 1);
    await pubsub.stop();
    await call;
    await clock.settle();
    assert.deepEqual(heard.payloads, [1]);
    await other.stop();
  });

  it('waits for a running handler, starts no other, and is done as soon as it is', async () => {
    const gate = new Gate();
    const heard = new Recorder();
    await pubsub.subscribe('a', async (event) => {
      heard.take(event);
      await gate.opened;
    });
    await Promise.all([pubsub.publish('a', 1), pubsub.publish('a', 2)]);
    await clock.settle();
    const stopping = pubsub.stop();
    const seen = watch(stopping);
    await clock.advance('4s');
    assert.equal(seen.isSettled, false);
    gate.open();
    await stopping;
    assert.deepEqual(heard.payloads, [1]);
  });

  it('waits no longer than graceMs', async () => {
    await pubsub.subscribe('a', () => new Promise(() => {}));
    await pubsub.publish('a', 1);
    await clock.settle();
    const seen = watch(pubsub.stop({ graceMs: 100 }));
    await clock.advance(99);
    assert.equal(seen.isSettled, false);
    await clock.advance(1);
    assert.equal(seen.isSettled, true);
  });

  it('ends what is still unsent, or unanswered, with what is known of it', async () => {
    transport.publishFaults.push('hang');
    const fates: (readonly [string | undefined, number | undefined])[] = [];
    const note = (error: QuaysideError) => {
      assert.ok(error instanceof ClosedError);
      fates.push([error.outcome, error.ids?.length]);
    };
    pubsub.publish('a', 1).catch(note);
    await clock.settle();
    pubsub.publish('a', 2).catch(note);
    const stopping = pubsub.stop({ graceMs: 1_000 });
    await clock.advance('1s');
    await stopping;
    assert.deepEqual(fates.sort(), [
      ['not-published', 1],
      ['unknown', 1],
    ]);
    assert.equal(transport.aborted.length, 1);
  });

  it('settles within graceMs and a second where nothing answers any more', async () => {
    transport.closeFault = 'hang';
    await pubsub.subscribe('a', () => {});
    transport.publishFaults.push('hang');
    pubsub.publish('a', 1).catch(() => {});
    await clock.settle();
    transport.become('disconnected');
    const seen = watch(pubsub.stop({ graceMs: 2_000 }));
    await clock.advance('3s');
    assert.equal(seen.isSettled, true);
  });

  it('ends a subscribe that is under way', async () => {
    transport.become('disconnected');
    const opening = assert.rejects(
      pubsub.subscribe('a', () => {}),
      ClosedError,
    );
    await pubsub.stop();
    await opening;
  });

  it('is one, however often it is asked for', async () => {
    const stops = Array.from({ length: 10 }, () => pubsub.stop());
    assert.equal(new Set(stops).size, 1);
    await Promise.all(stops);
  });
});
