import assert from 'node:assert/strict';
import { ConnectionError } from '#src/errors.js';
import { Listeners } from '#src/listeners.js';
import { silentLogger } from '#src/logger.js';
import type { Gap, PubSub } from '#src/ports/pubsub.js';
import { Connection } from '#src/pubsub/connection.js';
import { SequenceReader } from '#src/pubsub/gaps.js';
import { createPubSub } from '#src/pubsub/pubsub.js';
import { Stamps } from '#src/pubsub/stamps.js';
import { TestClock } from '#src/time/test-clock.js';
import { countListeners } from './pubsub/count-listeners.js';
import { FakeBroker, type FakeTransport } from './pubsub/fake-broker.js';
import { Recorder } from './pubsub/recorder.js';

describe('a connection that comes and goes', () => {
  let clock: TestClock;
  let broker: FakeBroker;
  let mine: FakeTransport;
  let theirs: FakeTransport;
  let subscriber: PubSub;
  let publisher: PubSub;
  let heard: Recorder;
  let gaps: Gap[];

  beforeEach(async () => {
    clock = new TestClock();
    broker = new FakeBroker();
    mine = broker.connect();
    theirs = broker.connect();
    subscriber = createPubSub({ transport: mine, clock });
    publisher = createPubSub({ transport: theirs, clock });
    heard = new Recorder();
    gaps = [];
    await subscriber.subscribe('a', heard.take, { onGap: (gap) => gaps.push(gap) });
  });
  afterEach(() => Promise.all([subscriber.stop(), publisher.stop()]));

  const publishAll = async (channel: string, values: readonly unknown[]) => {
    await Promise.all(values.map((value) => publisher.publish(channel, value)));
    await clock.settle();
  };

  it('is told as disconnected and reconnected, once each', () => {
    const told: string[] = [];
    subscriber.on('disconnected', () => told.push('disconnected'));
    subscriber.on('reconnected', () => told.push('reconnected'));
    mine.become('connected');
    mine.become('disconnected');
    mine.become('disconnected');
    mine.become('connected');
    assert.deepEqual(told, ['disconnected', 'reconnected']);
  });

  it('is told as an error where it will not come back', async () => {
    const errors: Error[] = [];
    subscriber.on('error', (error) => errors.push(error));
    mine.become('closed');
    assert.ok(errors[0] instanceof ConnectionError);
    await assert.rejects(
      subscriber.subscribe('b', () => {}),
      ConnectionError,
    );
  });

  it('leaves nothing behind with those who waited for it', async () => {
    mine.become('disconnected');
    const connection = new Connection(mine, new Listeners(silentLogger));
    const controller = new AbortController();
    const listened = countListeners(controller.signal);
    const waiting = connection.whenConnected(controller.signal);
    assert.equal(listened.count, 1);
    mine.become('connected');
    await waiting;
    assert.equal(listened.count, 0);
    connection.release();
  });

  it('brings no gap where nothing was missed', async () => {
    await publishAll('a', [1]);
    mine.become('disconnected');
    mine.become('connected');
    await publishAll('a', [2]);
    assert.deepEqual(heard.payloads, [1, 2]);
    assert.deepEqual(gaps, []);
  });

  it('brings a gap with what was missed meanwhile, before the next event', async () => {
    await publishAll('a', [1]);
    mine.become('disconnected');
    await publishAll('a', [2, 3, 4]);
    mine.become('connected');
    const gapFirst: number[] = [];
    subscriber.on('gap', () => gapFirst.push(heard.events.length));
    await publishAll('a', [5]);
    assert.deepEqual(heard.payloads, [1, 5]);
    assert.deepEqual(gaps, [{ channel: 'a', missed: 3, from: 2, to: 4, cause: 'connection' }]);
    assert.deepEqual(gapFirst, [1]);
    const { total_missed, total_dropped } = subscriber.stats();
    assert.deepEqual({ total_missed, total_dropped }, { total_missed: 3, total_dropped: 0 });
  });

  it('is counted for each publisher and channel apart', async () => {
    const other = createPubSub({ transport: broker.connect(), clock });
    await subscriber.subscribe('*', () => {}, { onGap: (gap) => gaps.push(gap) });
    await publishAll('a', [1]);
    await publishAll('b', [1, 2]);
    await other.publish('a', 1);
    mine.become('disconnected');
    await publishAll('b', [3]);
    mine.become('connected');
    await publishAll('a', [2]);
    await other.publish('a', 2);
    await clock.settle();
    assert.deepEqual(gaps, []);
    await publishAll('b', [4]);
    assert.deepEqual(gaps, [{ channel: 'b', missed: 1, from: 3, to: 3, cause: 'connection' }]);
    await other.stop();
  });

  it('lets a new subscriber miss nothing of what was before', async () => {
    await publishAll('b', [1, 2, 3]);
    await subscriber.subscribe('b', () => {}, { onGap: (gap) => gaps.push(gap) });
    await publishAll('b', [4, 5]);
    assert.deepEqual(gaps, []);
  });

  it('tells the gap that an event of unknown fate left, and none for one that was not published', async () => {
    await publishAll('a', [1]);
    theirs.publishFaults.push('lost-call');
    await assert.rejects(publisher.publish('a', 2), (error: ConnectionError) => error.outcome === 'unknown');
    theirs.become('disconnected');
    const failed = assert.rejects(publisher.publish('a', 3), (error: ConnectionError) => error.outcome === 'not-published');
    await clock.advance('5s');
    await failed;
    theirs.become('connected');
    await publishAll('a', [4]);
    assert.deepEqual(heard.payloads, [1, 4]);
    assert.deepEqual(gaps, [{ channel: 'a', missed: 1, from: 2, to: 2, cause: 'connection' }]);
  });

  it('gives a stamp back that a refused call had used', async () => {
    await publishAll('a', [1]);
    theirs.publishFaults.push('not-published');
    const gone = assert.rejects(publisher.publish('a', 2, { timeout: 50 }));
    await clock.settle();
    theirs.become('disconnected');
    await clock.advance('1s');
    await gone;
    theirs.become('connected');
    await publishAll('a', [3]);
    assert.deepEqual(heard.payloads, [1, 3]);
    assert.deepEqual(gaps, []);
  });
});

describe('sequences', () => {
  it('are counted from 1 on each channel, and taken back', () => {
    const stamps = new Stamps(() => 'epoch');
    assert.deepEqual([stamps.next('a'), stamps.next('a'), stamps.next('b')], [1, 2, 1]);
    stamps.takeBack('a');
    assert.equal(stamps.next('a'), 2);
  });

  it('begin anew under a new epoch when there are too many channels to count', () => {
    let epochs = 0;
    const stamps = new Stamps(() => `epoch ${++epochs}`);
    for (let index = 0; index < 50_000; index++) stamps.next(`channel ${index}`);
    stamps.next('channel 0');
    assert.equal(stamps.epoch, 'epoch 1');
    stamps.trim();
    assert.equal(stamps.epoch, 'epoch 2');
    assert.equal(stamps.next('channel 0'), 1);
  });

  it('say how many are missing', () => {
    const reader = new SequenceReader();
    const missing = [5, 6, 9, 9, 7, 10].map((sequence) => reader.read('epoch', 'a', sequence));
    assert.deepEqual(missing, [0, 0, 2, 0, 0, 0]);
  });

  it('of publishers long unheard are forgotten, of the others not', () => {
    const reader = new SequenceReader(10);
    reader.read('forgotten', 'a', 1);
    for (let round = 0; round < 5; round++) {
      reader.read('kept', 'a', 10 * round + 1);
      for (let index = 0; index < 10; index++) reader.read(`epoch ${round} ${index}`, 'a', 1);
      assert.equal(reader.read('kept', 'a', 10 * round + 5), 3, `round ${round}`);
    }
    assert.equal(reader.read('forgotten', 'a', 3), 0);
  });
});
