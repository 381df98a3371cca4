import assert from 'node:assert/strict';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { ClosedError, ConfigError, InvalidNameError, TimeoutError, UnsupportedFeatureError } from '#src/errors.js';
import type { FrameOutcome, PubSub } from '#src/ports/pubsub.js';
import { createPubSub, type PubSubParts } from '#src/pubsub/pubsub.js';
import { TestClock } from '#src/time/test-clock.js';
import { FakeBroker, type FakeTransport } from './pubsub/fake-broker.js';
import { Gate, Recorder } from './pubsub/recorder.js';

describe('durable subscriptions', () => {
  let clock: TestClock;
  let broker: FakeBroker;
  let transport: FakeTransport;
  let pubsub: PubSub;
  let errors: string[];

  const open = (parts: Partial<PubSubParts<Record<string, unknown>>> = {}) => {
    const made = createPubSub<Record<string, unknown>>({ transport, clock, ...parts });
    made.on('error', ({ message }) => errors.push(message));
    return made;
  };
  const line = (id: number, payload: unknown = id) => {
    return JSON.stringify({ q: 1, i: `--------------${String(id).padStart(2, '-')}`, e: 'epoch', s: id, p: payload });
  };
  /** What the one subscription says of a frame that the server hands it. */
  const hand = async (ids: readonly number[], delivery = 1): Promise<FrameOutcome> => {
    const [held] = broker.held;
    const outcome = held?.receive('a', ids.map((id) => line(id)).join('\n'), delivery);
    await clock.settle();
    assert.ok(outcome, 'a durable subscription answers');
    return outcome;
  };
  const handled: FrameOutcome = { outcome: 'handled' };
  const again = (delayMs: number): FrameOutcome => ({ outcome: 'again', delayMs });

  beforeEach(() => {
    clock = new TestClock();
    broker = new FakeBroker();
    transport = broker.connect({ durable: true });
    errors = [];
    pubsub = open();
  });
  afterEach(async () => {
    const stopped = pubsub.stop({ graceMs: 0 });
    await clock.advance('1s');
    await stopped;
    assert.equal(clock.pendingTimers, 0, 'a timer was left behind');
  });

  it('says that a frame was handled once all its handlers have returned, not before', async () => {
    const gate = new Gate();
    await pubsub.subscribe('a', () => gate.opened, { durable: 'd' });
    let outcome: FrameOutcome | undefined;
    const answer = hand([1, 2]).then((said) => {
      outcome = said;
    });
    await clock.settle();
    assert.equal(outcome, undefined);
    gate.open();
    await answer;
    assert.deepEqual(outcome, handled);
  });

  it('asks for a frame again where a handler throws or rejects, twice as long each time up to a minute', async () => {
    await pubsub.subscribe('a', ({ payload }) => (payload === 1 ? Promise.reject(new Error('rejected')) : fail()), { durable: 'd' });
    const delays: FrameOutcome[] = [];
    for (const delivery of [1, 2, 3, 7, 1_000]) delays.push(await hand([1], delivery));
    assert.deepEqual(delays, [again(1_000), again(2_000), again(4_000), again(60_000), again(60_000)]);
    assert.deepEqual(await hand([2]), again(1_000));
    assert.deepEqual(errors.slice(-2), ['rejected', 'thrown']);
    function fail(): never {
      throw new Error('thrown');
    }
  });

  it('does not handle again what it has handled of a frame that comes again', async () => {
    const heard = new Recorder();
    let failures = 1;
    const handle = (event: Parameters<typeof heard.take>[0]) => {
      heard.take(event);
      if (event.payload === 2 && failures-- > 0) throw new Error('failed');
    };
    await pubsub.subscribe('a', handle, { durable: 'd' });
    assert.deepEqual(await hand([1, 2, 3]), again(1_000));
    assert.deepEqual(await hand([1, 2, 3], 2), handled);
    assert.deepEqual(await hand([1, 2, 3], 3), handled);
    assert.deepEqual(heard.payloads, [1, 2, 3, 2]);
  });

  it('handles an event once that comes again while its handler runs, and answers both', async () => {
    const gate = new Gate();
    const heard = new Recorder();
    const handle = (event: Parameters<typeof heard.take>[0]) => {
      heard.take(event);
      return gate.opened;
    };
    await pubsub.subscribe('a', handle, { durable: 'd', concurrency: 2 });
    const answers = Promise.all([hand([1]), hand([1], 2)]);
    await clock.settle();
    gate.open();
    assert.deepEqual(await answers, [handled, handled]);
    assert.deepEqual(heard.payloads, [1]);
  });

  it('gives back what waits when the subscription ends, and answers what is under way when that ends', async () => {
    const gate = new Gate();
    const subscription = await pubsub.subscribe('a', () => gate.opened, { durable: 'd' });
    const [held] = broker.held;
    const answers = Promise.all([hand([1]), hand([2])]);
    await clock.settle();
    await subscription.unsubscribe();
    assert.deepEqual(await held?.receive('a', line(3), 1), again(0));
    gate.open();
    assert.deepEqual(await answers, [handled, again(0)]);
  });

  it('gives back an event whose schema was at work when the subscription ended', async () => {
    const gate = new Gate();
    const schema: StandardSchemaV1 = {
      '~standard': { version: 1, vendor: 'test', validate: async (value) => gate.opened.then(() => ({ value })) },
    };
    pubsub = open({ definitions: { byType: new Map([['a', { schema }]]) } });
    const heard = new Recorder();
    const subscription = await pubsub.subscribe('a', heard.take, { durable: 'd' });
    const answer = hand([1]);
    await clock.settle();
    await subscription.unsubscribe();
    gate.open();
    assert.deepEqual(await answer, again(0));
    assert.deepEqual(heard.payloads, []);
  });

  it('tells of a line that nobody can read, and is done with it; leaves one of a later version to others', async () => {
    const heard = new Recorder();
    await pubsub.subscribe('a', heard.take, { durable: 'd' });
    const [held] = broker.held;
    assert.deepEqual(await held?.receive('a', `no JSON\n${line(1)}\n`, 1), handled);
    const newer = line(2).replace('"q":1', '"q":2');
    assert.deepEqual(await held?.receive('a', `${newer}\n${line(3)}`, 1), again(1_000));
    await clock.settle();
    assert.deepEqual(heard.payloads, [1, 3]);
    assert.equal(errors.length, 2);
  });

  it('drops nothing and tells no gap, whatever it is handed', async () => {
    const gate = new Gate();
    const heard = new Recorder();
    const handle = (event: Parameters<typeof heard.take>[0]) => {
      heard.take(event);
      return gate.opened;
    };
    pubsub.on('gap', () => assert.fail('a gap was told'));
    await pubsub.subscribe('a', handle, { durable: 'd', bufferSize: 1 });
    const answers = Promise.all([hand([1, 2, 3]), hand([7, 9])]);
    await clock.settle();
    gate.open();
    await answers;
    assert.deepEqual(heard.payloads, [1, 2, 3, 7, 9]);
    assert.equal(pubsub.stats().total_dropped, 0);
  });

  it('opens one subscription of the transport for each, with the room that it has', async () => {
    await pubsub.subscribe('a', () => {}, { durable: 'd' });
    await pubsub.subscribe('a', () => {}, { durable: 'd', bufferSize: 7 });
    assert.deepEqual(
      [...broker.held].map(({ options }) => options.durable),
      [
        { name: 'd', most: 100 },
        { name: 'd', most: 7 },
      ],
    );
    assert.equal(pubsub.stats().channel_count, 1);
  });

  it('refuses a group beside the name, and a wrong name', async () => {
    await assert.rejects(
      pubsub.subscribe('a', () => {}, { durable: 'd', group: 'g' }),
      ConfigError,
    );
    await assert.rejects(
      pubsub.subscribe('a', () => {}, { durable: 'not a name' }),
      InvalidNameError,
    );
    assert.equal(transport.subscribeCalls, 0);
  });

  describe('deleteDurable', () => {
    it('answers as the transport does', async () => {
      assert.equal(await pubsub.deleteDurable('a.*', 'd'), true);
      assert.deepEqual(transport.deletions, ['a.* d']);
    });

    it('ends in its time with a server that does not answer, or none', async () => {
      transport.deletion = 'hang';
      const silent = assert.rejects(pubsub.deleteDurable('a', 'd'), TimeoutError);
      await clock.advance('5s');
      await silent;
      transport.become('disconnected');
      const away = assert.rejects(pubsub.deleteDurable('a', 'd'), TimeoutError);
      await clock.advance('5s');
      await away;
      assert.equal(transport.deletions.length, 1);
    });

    it('is refused where the backend is not durable, for a wrong name, and after stop', async () => {
      await assert.rejects(pubsub.deleteDurable('a..b', 'd'), InvalidNameError);
      await assert.rejects(pubsub.deleteDurable('a', ''), InvalidNameError);
      await assert.rejects(createPubSub({ transport: broker.connect(), clock }).deleteDurable('a', 'd'), UnsupportedFeatureError);
      await pubsub.stop({ graceMs: 0 });
      await assert.rejects(pubsub.deleteDurable('a', 'd'), ClosedError);
    });
  });
});
