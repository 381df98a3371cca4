import assert from 'node:assert/strict';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import {
  CapacityError,
  ConfigError,
  ConnectionError,
  InvalidNameError,
  PayloadError,
  type QuaysideError,
  TimeoutError,
} from '#src/errors.js';
import type { PubSub, PubSubOptions } from '#src/ports/pubsub.js';
import { createPubSub } from '#src/pubsub/pubsub.js';
import { TestClock } from '#src/time/test-clock.js';
import { FakeBroker, type FakeTransport } from './pubsub/fake-broker.js';
import { Gate, Recorder } from './pubsub/recorder.js';

describe('publishing events', () => {
  let clock: TestClock;
  let broker: FakeBroker;
  let transport: FakeTransport;
  let pubsub: PubSub;

  const open = (options: PubSubOptions = {}) => createPubSub({ transport, clock, options });
  const lines = () => transport.calls.flatMap((frames) => frames.map((frame) => frame.body.split('\n').length));

  /** What a call ends with, watched from the start. */
  const outcome = (call: Promise<unknown>) => {
    const seen: { value?: unknown; error?: QuaysideError } = {};
    call.then(
      (value) => Object.assign(seen, { value }),
      (error: QuaysideError) => Object.assign(seen, { error }),
    );
    return seen;
  };

  beforeEach(() => {
    clock = new TestClock();
    broker = new FakeBroker();
    transport = broker.connect();
    pubsub = open();
  });
  afterEach(async () => {
    const stopped = pubsub.stop({ graceMs: 0 });
    await clock.advance(1);
    await stopped;
    assert.equal(clock.pendingTimers, 0, 'a timer was left behind');
  });

  it('sends what one turn publishes on a channel as one frame, in one call', async () => {
    const heard = new Recorder();
    await pubsub.subscribe('a', heard.take);
    await Promise.all([1, 2, 3].map((value) => pubsub.publish('a', value)));
    await clock.settle();
    assert.deepEqual(heard.payloads, [1, 2, 3]);
    assert.deepEqual(lines(), [3]);
    assert.equal(transport.calls.length, 1);
  });

  it('keeps the order of publishing across channels, for those who hear several', async () => {
    const heard = new Recorder();
    await pubsub.subscribe('state.*', heard.take);
    await Promise.all(['on', 'off', 'on', 'on'].map((state, index) => pubsub.publish(`state.${state}`, index)));
    await clock.settle();
    assert.deepEqual(heard.payloads, [0, 1, 2, 3]);
    assert.deepEqual(lines(), [1, 1, 2]);
  });

  it('begins a new frame where the next event would not fit', async () => {
    transport = broker.connect({ maxFrameBytes: 1_000 });
    pubsub = open();
    const heard = new Recorder();
    await pubsub.subscribe('a', heard.take);
    await Promise.all(Array.from({ length: 8 }, (_, index) => pubsub.publish('a', `${index}${'ü'.repeat(100)}`)));
    await clock.settle();
    assert.equal(heard.events.length, 8);
    const bodies = transport.calls.flat().map((frame) => Buffer.byteLength(frame.body));
    assert.ok(bodies.length > 1 && bodies.every((bytes) => bytes <= 1_000), `frames of ${bodies} bytes`);
  });

  it('answers the id that subscribers get', async () => {
    const heard = new Recorder();
    await pubsub.subscribe('a', heard.take);
    const id = await pubsub.publish('a', null, { headers: { trace: 'ü', empty: '' } });
    await clock.settle();
    assert.deepEqual(heard.events, [{ id, channel: 'a', payload: null, headers: { trace: 'ü', empty: '' }, publishedAt: clock.now() }]);
  });

  it('resolves only when the server has confirmed', async () => {
    const gate = new Gate();
    transport.confirmation = gate.opened;
    const call = outcome(pubsub.publish('a', 1));
    await clock.settle();
    assert.deepEqual(call, {});
    assert.equal(pubsub.stats().total_published, 0);
    gate.open();
    await clock.settle();
    assert.equal(typeof call.value, 'string');
    assert.equal(pubsub.stats().total_published, 1);
  });

  it('gathers what is published while a call is under way, and has one call under way at a time', async () => {
    const gate = new Gate();
    transport.confirmation = gate.opened;
    const first = pubsub.publish('a', 1);
    await clock.settle();
    const others = [pubsub.publish('a', 2), pubsub.publish('a', 3)];
    await clock.settle();
    assert.deepEqual(lines(), [1]);
    gate.open();
    await Promise.all([first, ...others]);
    assert.deepEqual(lines(), [1, 2]);
  });

  it('reads the payload before the call returns', async () => {
    const heard = new Recorder();
    await pubsub.subscribe('a', heard.take);
    const payload = { value: 1 };
    const call = pubsub.publish('a', payload);
    payload.value = 2;
    await call;
    await clock.settle();
    assert.deepEqual(heard.payloads, [{ value: 1 }]);
  });

  for (const [what, channel] of [
    ['an empty channel', ''],
    ['an empty token', 'a..b'],
    ['a pattern', 'a.*'],
    ['an open pattern', '>'],
    ['a space', 'a b'],
  ]) {
    it(`refuses ${what} to publish on`, async () => {
      await assert.rejects(pubsub.publish(channel as string, 1), InvalidNameError);
    });
  }

  for (const [what, payload] of [
    ['undefined', undefined],
    ['a function', () => {}],
    ['a BigInt', 1n],
    ['a Date', { at: new Date(0) }],
  ] as const) {
    it(`refuses ${what} as payload before anything is sent`, async () => {
      await assert.rejects(pubsub.publish('a', payload), PayloadError);
      await clock.settle();
      assert.equal(transport.calls.length, 0);
    });
  }

  it('refuses headers that are not text, or more than 8 kB', async () => {
    await assert.rejects(pubsub.publish('a', 1, { headers: { n: 1 as unknown as string } }), PayloadError);
    await assert.rejects(pubsub.publish('a', 1, { headers: { long: 'x'.repeat(8 * 1024) } }), PayloadError);
  });

  it('refuses a payload over maxPayloadBytes, counted as encoded', async () => {
    pubsub = open({ maxPayloadBytes: 10 });
    await pubsub.publish('a', '12345678');
    await assert.rejects(pubsub.publish('a', '123456789'), PayloadError);
    await assert.rejects(pubsub.publish('a', 'üüüüü'), PayloadError);
  });

  it('refuses what does not fit in a frame of the backend with its envelope', async () => {
    transport = broker.connect({ maxFrameBytes: 200 });
    pubsub = open();
    await pubsub.publish('a', 'x'.repeat(50));
    await assert.rejects(pubsub.publish('a', 'x'.repeat(190)), /envelope; the backend takes 200/);
  });

  it('lets one bad event fail none of its neighbours', async () => {
    const settled = await Promise.allSettled([pubsub.publish('a', 1), pubsub.publish('a', undefined), pubsub.publish('a', 2)]);
    assert.deepEqual(
      settled.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    assert.deepEqual(lines(), [2]);
  });

  it('refuses wrong options, all at once', () => {
    assert.throws(
      () => open({ bufferSize: 0, concurrency: 1.5, publishTimeout: 'soon' }),
      (error) => error instanceof ConfigError && error.issues.length === 3,
    );
  });

  describe('without a connection', () => {
    beforeEach(() => transport.become('disconnected'));

    it('waits, and sends when the connection is back', async () => {
      const call = outcome(pubsub.publish('a', 1));
      await clock.advance('4s');
      assert.deepEqual(call, {});
      assert.equal(transport.calls.length, 0);
      transport.become('connected');
      await clock.settle();
      assert.equal(typeof call.value, 'string');
      assert.equal(clock.pendingTimers, 0);
    });

    it('rejects at the timeout with the id and not-published, and sends nothing later', async () => {
      const call = outcome(pubsub.publish('a', 1));
      const quick = outcome(pubsub.publish('a', 2, { timeout: '1s' }));
      await clock.advance('1s');
      assert.ok(quick.error instanceof ConnectionError);
      assert.deepEqual(call, {});
      await clock.advance('4s');
      assert.ok(call.error instanceof ConnectionError);
      assert.equal(call.error.outcome, 'not-published');
      assert.equal(call.error.ids?.length, 1);
      transport.become('connected');
      await clock.settle();
      assert.equal(transport.calls.length, 0);
      assert.equal(clock.pendingTimers, 0);
    });

    it('keeps publishBuffer events at the most', async () => {
      pubsub = open({ publishBuffer: 2 });
      const calls = [1, 2, 3].map((value) => outcome(pubsub.publish('a', value)));
      await clock.settle();
      assert.ok(calls[2]?.error instanceof CapacityError);
      assert.equal(calls[2]?.error.outcome, 'not-published');
      transport.become('connected');
      await clock.settle();
      assert.ok(calls[0]?.value !== undefined && calls[1]?.value !== undefined);
    });

    it('rejects at once where the connection will not come back', async () => {
      const waiting = outcome(pubsub.publish('a', 1));
      transport.become('closed');
      const late = outcome(pubsub.publish('a', 2));
      await clock.settle();
      for (const { error } of [waiting, late]) {
        assert.ok(error instanceof ConnectionError);
        assert.equal(error.outcome, 'not-published');
      }
      assert.equal(clock.pendingTimers, 0);
    });
  });

  describe('under faults of the connection', () => {
    it('tries again what was not published, in order and without a hole in the sequence', async () => {
      const heard = new Recorder();
      const gaps: unknown[] = [];
      await pubsub.subscribe('a', heard.take, { onGap: (gap) => gaps.push(gap) });
      await pubsub.publish('a', 0);
      const gate = new Gate();
      transport.confirmation = gate.opened;
      transport.publishFaults.push('not-published', 'not-published');
      const calls = Promise.all([pubsub.publish('a', 1), pubsub.publish('a', 2)]);
      await clock.settle();
      const late = pubsub.publish('a', 3);
      await clock.settle();
      gate.open();
      await clock.advance('300ms');
      await Promise.all([calls, late]);
      await clock.settle();
      assert.deepEqual(heard.payloads, [0, 1, 2, 3]);
      assert.deepEqual(gaps, []);
      assert.ok(transport.calls.length >= 3);
    });

    it('gives up at the timeout what the backend keeps refusing', async () => {
      transport.publishFaults.push(...Array.from({ length: 100 }, () => 'not-published' as const));
      const call = outcome(pubsub.publish('a', 1, { timeout: 4_950 }));
      await clock.advance(4_950);
      assert.ok(call.error instanceof TimeoutError);
      assert.equal(call.error.outcome, 'not-published');
      assert.ok(transport.calls.length > 10 && transport.calls.length <= 60, `${transport.calls.length} tries`);
    });

    for (const fault of ['lost-reply', 'lost-call', 'cut', 'throw'] as const) {
      it(`never sends again what may have arrived (${fault})`, async () => {
        transport.publishFaults.push(fault);
        const heard = new Recorder();
        await pubsub.subscribe('a', heard.take);
        const call = outcome(pubsub.publish('a', 1));
        await clock.advance('10s');
        assert.ok(call.error instanceof ConnectionError);
        assert.equal(call.error.outcome, 'unknown');
        assert.equal(call.error.ids?.length, 1);
        assert.equal(transport.calls.length, 1);
        assert.equal(heard.events.length, fault === 'lost-reply' ? 1 : 0);
      });
    }

    it('ends a call that is never answered by its own deadline, aborts it, and goes on', async () => {
      transport.publishFaults.push('hang');
      const [first, second] = [outcome(pubsub.publish('a', 1, { timeout: '1s' })), outcome(pubsub.publish('a', 2))];
      await clock.settle();
      const waiting = outcome(pubsub.publish('a', 3, { timeout: '10s' }));
      const impatient = outcome(pubsub.publish('a', 4, { timeout: '2s' }));
      await clock.advance('1s');
      assert.ok(first.error instanceof TimeoutError);
      assert.equal(first.error.outcome, 'unknown');
      assert.equal(transport.aborted.length, 0, 'the second event still may be confirmed');
      await clock.advance('1s');
      assert.ok(impatient.error instanceof TimeoutError);
      assert.equal(impatient.error.outcome, 'not-published');
      await clock.advance('3s');
      assert.equal(second.error?.outcome, 'unknown');
      assert.equal(transport.aborted.length, 1);
      assert.equal(typeof waiting.value, 'string');
      assert.equal(clock.pendingTimers, 0);
    });
  });

  describe('with declared channels', () => {
    const schema = (validate: (value: unknown) => unknown): StandardSchemaV1 => ({
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: validate as StandardSchemaV1['~standard']['validate'],
      },
    });
    const declare = (byType: Record<string, StandardSchemaV1>) =>
      createPubSub<Record<string, unknown>>({
        transport,
        clock,
        definitions: { byType: new Map(Object.entries(byType).map(([type, each]) => [type, { schema: each }])) },
      });

    it('refuses what fails the schema, with its issues, before anything is sent', async () => {
      pubsub = declare({
        a: schema((value) => (typeof value === 'number' ? { value } : { issues: [{ message: 'a number', path: ['x'] }] })),
      });
      await pubsub.publish('a', 1);
      await assert.rejects(pubsub.publish('a', 'one'), (error) => error instanceof PayloadError && error.issues[0]?.path === 'payload.x');
      assert.equal(transport.calls.length, 1);
    });

    it('keeps the order of the calls whatever time an asynchronous schema takes', async () => {
      const gates = [new Gate(), new Gate()];
      const answer = async (value: unknown) => {
        await gates[value as number]?.opened;
        return { value };
      };
      pubsub = declare({ a: schema(answer) });
      const heard = new Recorder();
      const subscribed = declare({});
      await subscribed.subscribe('a', heard.take);
      const calls = [0, 1, 2].map((value) => pubsub.publish('a', value));
      gates[1]?.open();
      await clock.settle();
      gates[0]?.open();
      await Promise.all(calls);
      await clock.settle();
      assert.deepEqual(heard.payloads, [0, 1, 2]);
      await subscribed.stop();
    });

    it('keeps the order where a schema answers at once for some payloads only', async () => {
      const gate = new Gate();
      pubsub = declare({ a: schema((value) => (value === 0 ? gate.opened.then(() => ({ value })) : { value })) });
      const heard = new Recorder();
      const subscribed = declare({});
      await subscribed.subscribe('a', heard.take);
      const calls = [0, 1].map((value) => pubsub.publish('a', value));
      await clock.settle();
      gate.open();
      await Promise.all(calls);
      await clock.settle();
      assert.deepEqual(heard.payloads, [0, 1]);
      await subscribed.stop();
    });

    it('bounds a schema that never answers by the timeout, and lets later events pass then', async () => {
      pubsub = declare({ a: schema((value) => (value === 0 ? new Promise(() => {}) : Promise.resolve({ value }))) });
      const stuck = outcome(pubsub.publish('a', 0, { timeout: '1s' }));
      const next = outcome(pubsub.publish('a', 1));
      await clock.advance('1s');
      assert.ok(stuck.error instanceof TimeoutError);
      assert.equal(stuck.error.outcome, 'not-published');
      assert.equal(typeof next.value, 'string');
    });
  });
});
