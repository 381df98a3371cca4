import assert from 'node:assert/strict';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { CancelledError, ConfigError, ConnectionError, InvalidNameError, PayloadError, UnsupportedFeatureError } from '#src/errors.js';
import { type Codec, jsonCodec } from '#src/message/codec.js';
import type { ChannelEvent, Gap, PubSub, PubSubOptions } from '#src/ports/pubsub.js';
import { createPubSub } from '#src/pubsub/pubsub.js';
import { TestClock } from '#src/time/test-clock.js';
import { countListeners } from './pubsub/count-listeners.js';
import { FakeBroker, type FakeTransport } from './pubsub/fake-broker.js';
import { Gate, type LogLine, Recorder, recordingLogger } from './pubsub/recorder.js';

describe('subscribing to events', () => {
  let clock: TestClock;
  let broker: FakeBroker;
  let transport: FakeTransport;
  let pubsub: PubSub;
  let log: LogLine[];
  let errors: { readonly error: Error; readonly channel?: string; readonly id?: string }[];

  const open = (options: PubSubOptions = {}) => {
    const made = createPubSub({ transport, clock, options, logger: recordingLogger(log) });
    made.on('error', (error, where) => errors.push({ error, ...where }));
    return made;
  };
  const publishAll = async (channel: string, values: readonly unknown[]) => {
    await Promise.all(values.map((value) => pubsub.publish(channel, value)));
    await clock.settle();
  };

  beforeEach(() => {
    clock = new TestClock();
    broker = new FakeBroker();
    transport = broker.connect();
    log = [];
    errors = [];
    pubsub = open();
  });
  afterEach(async () => {
    const stopped = pubsub.stop({ graceMs: 0 });
    await clock.advance('1s');
    await stopped;
    assert.equal(clock.pendingTimers, 0, 'a timer was left behind');
  });

  describe('who gets what', () => {
    it('gives every subscriber of the channel each event, and no other channel any', async () => {
      const heard = [new Recorder(), new Recorder(), new Recorder()];
      await pubsub.subscribe('a', (heard[0] as Recorder).take);
      await pubsub.subscribe('a', (heard[1] as Recorder).take);
      await pubsub.subscribe('a.b', (heard[2] as Recorder).take);
      await publishAll('a', [1, 2]);
      assert.deepEqual(
        heard.map((each) => each.payloads),
        [[1, 2], [1, 2], []],
      );
      assert.deepEqual(pubsub.stats(), { total_published: 2, total_received: 4, total_dropped: 0, total_missed: 0, channel_count: 2 });
    });

    it('opens one subscription of the transport for each filter, and closes it with the last that shares it', async () => {
      const first = await pubsub.subscribe('a', () => {});
      const [second] = await Promise.all([pubsub.subscribe('a', () => {}), pubsub.subscribe('a.*', () => {})]);
      assert.equal(broker.held.size, 2);
      await first.unsubscribe();
      assert.equal(broker.held.size, 2);
      await second.unsubscribe();
      assert.equal(broker.held.size, 1);
      assert.equal(pubsub.stats().channel_count, 1);
    });

    it('calls a handler twice that was subscribed twice', async () => {
      const heard = new Recorder();
      await pubsub.subscribe('a', heard.take);
      await pubsub.subscribe('a', heard.take);
      await publishAll('a', [1]);
      assert.deepEqual(heard.payloads, [1, 1]);
    });

    it('gives an exact and a pattern subscription one event each', async () => {
      const [exact, pattern] = [new Recorder(), new Recorder()];
      await pubsub.subscribe('a.b', exact.take);
      await pubsub.subscribe('a.*', pattern.take);
      await publishAll('a.b', [1]);
      assert.deepEqual([exact.payloads, pattern.payloads], [[1], [1]]);
    });

    it('holds to the truth of a pattern where the backend hands over more', async () => {
      transport = broker.connect({ patterns: 'superset' });
      pubsub = open();
      const heard = new Recorder();
      await pubsub.subscribe('a.*', heard.take);
      await publishAll('a.b.c', [1]);
      await publishAll('a.b', [2]);
      assert.deepEqual(heard.payloads, [2]);
      assert.equal(pubsub.stats().total_received, 1);
    });

    it('gives an event to one member of a group', async () => {
      const members = [new Recorder(), new Recorder()];
      const outsider = new Recorder();
      for (const member of members) await pubsub.subscribe('a', member.take, { group: 'g' });
      await pubsub.subscribe('a', outsider.take);
      await publishAll('a', [1, 2, 3, 4]);
      assert.deepEqual(members.flatMap((member) => member.payloads).sort(), [1, 2, 3, 4]);
      assert.ok(members.every((member) => member.events.length === 2));
      assert.deepEqual(outsider.payloads, [1, 2, 3, 4]);
    });

    it('takes what other members of a group got for no gap', async () => {
      const gaps: Gap[] = [];
      const heard = new Recorder();
      await pubsub.subscribe('a', heard.take, { group: 'g', onGap: (gap) => gaps.push(gap) });
      await publishAll('a', [1]);
      transport.losesFrames = true;
      await publishAll('a', [2]);
      transport.losesFrames = false;
      await publishAll('a', [3]);
      assert.deepEqual(heard.payloads, [1, 3]);
      assert.deepEqual(gaps, []);
    });

    it('refuses at the call what the backend can not do, all of it', async () => {
      transport = broker.connect({ patterns: 'none', groups: false });
      pubsub = open();
      for (const options of [{ group: 'g' }, { durable: 'd' }]) {
        await assert.rejects(
          pubsub.subscribe('a.*', () => {}, options),
          (error) => error instanceof UnsupportedFeatureError && error.features.length === 2,
        );
      }
      assert.equal(transport.subscribeCalls, 0);
    });

    it('refuses wrong names and options', async () => {
      await assert.rejects(
        pubsub.subscribe('a..b', () => {}),
        InvalidNameError,
      );
      await assert.rejects(
        pubsub.subscribe('a', () => {}, { group: 'not a name' }),
        InvalidNameError,
      );
      await assert.rejects(
        pubsub.subscribe('a', undefined as never, { concurrency: 0, bufferSize: 1.5 }),
        (error) => error instanceof ConfigError && error.issues.length === 3,
      );
      assert.equal(pubsub.stats().channel_count, 0);
    });
  });

  describe('handlers', () => {
    it('sees events in order at concurrency 1, and one at a time', async () => {
      const begun: unknown[] = [];
      const gates = [new Gate(), new Gate()];
      await pubsub.subscribe('a', async (event) => {
        begun.push(event.payload);
        await gates[event.payload as number]?.opened;
      });
      await publishAll('a', [0, 1]);
      assert.deepEqual(begun, [0]);
      gates[0]?.open();
      await clock.settle();
      assert.deepEqual(begun, [0, 1]);
      gates[1]?.open();
    });

    it('runs as many at once as its concurrency says, and no more', async () => {
      let running = 0;
      let most = 0;
      const gate = new Gate();
      const handler = async () => {
        running++;
        most = Math.max(most, running);
        await gate.opened;
        running--;
      };
      await pubsub.subscribe('a', handler, { concurrency: 3 });
      await publishAll('a', [1, 2, 3, 4, 5]);
      assert.equal(running, 3);
      gate.open();
      await clock.settle();
      assert.deepEqual([running, most], [0, 3]);
    });

    it('delays nobody else by a handler that never ends', async () => {
      const heard = new Recorder();
      await pubsub.subscribe('a', () => new Promise(() => {}));
      await pubsub.subscribe('a', heard.take);
      await publishAll('a', [1, 2, 3]);
      assert.deepEqual(heard.payloads, [1, 2, 3]);
    });

    for (const [what, thrower] of [
      ['throws', () => assert.fail('mine')],
      ['rejects', async () => assert.fail('mine')],
      ['throws undefined', () => Promise.reject()],
    ] as const) {
      it(`tells with channel and id of a handler that ${what}, and goes on with it and the others`, async () => {
        const heard = new Recorder();
        let calls = 0;
        await pubsub.subscribe('a', () => {
          calls++;
          return thrower();
        });
        await pubsub.subscribe('a', heard.take);
        await publishAll('a', [1, 2]);
        assert.equal(calls, 2);
        assert.deepEqual(heard.payloads, [1, 2]);
        assert.deepEqual(
          errors.map(({ channel, id }) => ({ channel, id })),
          heard.events.map(({ id }) => ({ channel: 'a', id })),
        );
        assert.ok(errors.every(({ error }) => error instanceof Error));
        assert.equal(log.filter(({ level }) => level === 'error').length, 2);
      });
    }

    it('survives a listener that throws, and logs it', async () => {
      pubsub.on('error', () => assert.fail('the listener'));
      await pubsub.subscribe('a', () => assert.fail('the handler'));
      await publishAll('a', [1, 2]);
      assert.equal(errors.length, 2);
      assert.equal(log.filter(({ message }) => message === 'a listener threw').length, 2);
    });

    it('gives each handler payload and headers of its own', async () => {
      const seen: unknown[] = [];
      const spoil = (event: { payload: unknown; headers: object }) => {
        seen.push(structuredClone([event.payload, event.headers]));
        (event.payload as { list: number[] }).list.push(9);
        Object.assign(event.headers, { spoilt: 'yes' });
      };
      const payload = { list: [1] };
      for (let index = 0; index < 3; index++) await pubsub.subscribe('a', spoil);
      await pubsub.subscribe('>', spoil);
      await pubsub.publish('a', payload, { headers: { k: 'v' } });
      await clock.settle();
      assert.deepEqual(seen, Array(4).fill([{ list: [1] }, { k: 'v' }]));
      assert.deepEqual(payload, { list: [1] });
    });

    it('is never called before the caller has the subscription in hand', async () => {
      let isInHand = false;
      const seen: boolean[] = [];
      const subscribing = pubsub.subscribe('a', () => seen.push(isInHand));
      await Promise.resolve();
      while (broker.held.size === 0) await Promise.resolve();
      broker.deliver({ channel: 'a', body: '1' });
      await subscribing;
      isInHand = true;
      await clock.settle();
      assert.deepEqual(seen, [true]);
    });
  });

  describe('the buffer', () => {
    it('loses nothing of a burst beyond its size where the handler keeps up', async () => {
      let count = 0;
      await pubsub.subscribe('a', async () => void count++, { bufferSize: 1 });
      await publishAll(
        'a',
        Array.from({ length: 5_000 }, (_, index) => index),
      );
      assert.equal(count, 5_000);
      assert.equal(pubsub.stats().total_dropped, 0);
    });

    it('drops the oldest past its size, counts them, and tells one gap of them', async () => {
      const gate = new Gate();
      const heard = new Recorder();
      const own: Gap[] = [];
      const all: Gap[] = [];
      pubsub.on('gap', (gap) => all.push(gap));
      const handler = async (event: ChannelEvent) => {
        heard.take(event);
        await gate.opened;
      };
      await pubsub.subscribe('a', handler, { bufferSize: 3, onGap: (gap) => own.push(gap) });
      const other = new Recorder();
      await pubsub.subscribe('a', other.take);
      await publishAll('a', [1, 2, 3, 4, 5, 6, 7, 8]);
      const expected = [{ channel: 'a', missed: 4, from: 2, to: 5, cause: 'buffer-full' }];
      assert.deepEqual(own, expected);
      assert.deepEqual(all, expected);
      gate.open();
      await clock.settle();
      assert.deepEqual(heard.payloads, [1, 6, 7, 8]);
      assert.equal(other.events.length, 8);
      const { total_dropped, total_received, total_missed } = pubsub.stats();
      assert.deepEqual({ total_dropped, total_received, total_missed }, { total_dropped: 4, total_received: 16, total_missed: 0 });
    });

    it('tells of the drops on each channel apart', async () => {
      const own: Gap[] = [];
      await pubsub.subscribe('>', () => new Promise(() => {}), { bufferSize: 1, onGap: (gap) => own.push(gap) });
      await Promise.all(['x', 'a', 'b', 'a', 'b'].map((channel) => pubsub.publish(channel, channel)));
      await clock.settle();
      assert.deepEqual(own, [
        { channel: 'a', missed: 2, from: 1, to: 2, cause: 'buffer-full' },
        { channel: 'b', missed: 1, from: 1, to: 1, cause: 'buffer-full' },
      ]);
    });

    it('survives an onGap that throws', async () => {
      await pubsub.subscribe('a', () => new Promise(() => {}), { bufferSize: 1, onGap: () => assert.fail('mine') });
      await publishAll('a', [1, 2, 3]);
      assert.equal(pubsub.stats().total_dropped, 1);
      assert.equal(log.filter(({ level }) => level === 'error').length, 1);
    });
  });

  describe('ending a subscription', () => {
    it('starts no further call once unsubscribe resolved, and discards what waits', async () => {
      const gate = new Gate();
      const heard = new Recorder();
      const handler = async (event: ChannelEvent) => {
        heard.take(event);
        await gate.opened;
      };
      const subscription = await pubsub.subscribe('a', handler);
      await publishAll('a', [1, 2]);
      await subscription.unsubscribe();
      gate.open();
      await publishAll('a', [3]);
      assert.deepEqual(heard.payloads, [1]);
      assert.equal(broker.held.size, 0);
      await subscription.unsubscribe();
    });

    it('can be awaited inside of the handler', async () => {
      const heard = new Recorder();
      let isEnded = false;
      const subscription = await pubsub.subscribe('a', async (event) => {
        heard.take(event);
        await subscription.unsubscribe();
        isEnded = true;
      });
      await publishAll('a', [1, 2]);
      assert.equal(isEnded, true);
      assert.deepEqual(heard.payloads, [1]);
    });

    it('ends by an AbortSignal, which it forgets', async () => {
      const heard = new Recorder();
      const controller = new AbortController();
      const listened = countListeners(controller.signal);
      await pubsub.subscribe('a', heard.take, { signal: controller.signal });
      const kept = await pubsub.subscribe('a', () => {}, { signal: controller.signal });
      await kept.unsubscribe();
      await publishAll('a', [1]);
      controller.abort();
      await publishAll('a', [2]);
      assert.deepEqual(heard.payloads, [1]);
      assert.equal(broker.held.size, 0);
      assert.equal(listened.count, 0);
    });

    it('refuses a signal that is aborted before the subscription is open', async () => {
      await assert.rejects(
        pubsub.subscribe('a', () => {}, { signal: AbortSignal.abort() }),
        CancelledError,
      );
      assert.equal(transport.subscribeCalls, 0);
      const controller = new AbortController();
      transport.subscribeFaults.push('hang');
      const opening = assert.rejects(
        pubsub.subscribe('a', () => {}, { signal: controller.signal }),
        CancelledError,
      );
      await clock.settle();
      controller.abort();
      await opening;
      assert.equal(pubsub.stats().channel_count, 0);
    });

    it('is refused by an abort also where others wait for the same opening, who get it', async () => {
      transport.become('disconnected');
      const controller = new AbortController();
      const aborted = assert.rejects(
        pubsub.subscribe('a', () => {}, { signal: controller.signal }),
        CancelledError,
      );
      const kept = pubsub.subscribe('a', () => {});
      controller.abort();
      transport.become('connected');
      await Promise.all([aborted, kept]);
      assert.equal(broker.held.size, 1);
    });

    it('reads nothing more that arrives while the server is told', async () => {
      const gate = new Gate();
      transport.closing = gate.opened;
      const subscription = await pubsub.subscribe('a', () => {});
      const ending = subscription.unsubscribe();
      broker.deliver({ channel: 'a', body: 'no JSON' });
      gate.open();
      await ending;
      assert.deepEqual(errors, []);
    });

    it('tells no gap of what it discards', async () => {
      const gaps: Gap[] = [];
      const subscription = await pubsub.subscribe('a', () => new Promise(() => {}), { bufferSize: 1, onGap: (gap) => gaps.push(gap) });
      await clock.settle();
      broker.deliver({ channel: 'a', body: '1\n2\n3\n4' });
      await subscription.unsubscribe();
      await clock.settle();
      assert.deepEqual(gaps, []);
      assert.equal(pubsub.stats().total_dropped, 0);
    });

    it('resolves in its bound where the transport never answers, and tells where it fails', async () => {
      transport.closeFault = 'hang';
      const hanging = await pubsub.subscribe('a', () => {});
      let isEnded = false;
      const ending = hanging.unsubscribe().then(() => {
        isEnded = true;
      });
      await clock.advance('1s');
      assert.equal(isEnded, true);
      await ending;
      transport.closeFault = 'throw';
      const failing = await pubsub.subscribe('b', () => {});
      await failing.unsubscribe();
      assert.deepEqual(
        errors.map(({ channel }) => channel),
        ['a', 'b'],
      );
    });
  });

  describe('opening', () => {
    it('waits for the connection, at most publishTimeout, and leaves nothing behind', async () => {
      transport.become('disconnected');
      const failed = assert.rejects(
        pubsub.subscribe('a', () => {}),
        ConnectionError,
      );
      await clock.advance('5s');
      await failed;
      assert.equal(pubsub.stats().channel_count, 0);
      const heard = new Recorder();
      const late = pubsub.subscribe('a', heard.take);
      await clock.advance('4s');
      transport.become('connected');
      await late;
      await publishAll('a', [1]);
      assert.deepEqual(heard.payloads, [1]);
      assert.equal(broker.held.size, 1);
    });

    it('tries again where the connection is cut meanwhile', async () => {
      transport.subscribeFaults.push('cut', 'cut');
      const opening = pubsub.subscribe('a', () => {});
      await clock.advance('1s');
      await opening;
      assert.equal(broker.held.size, 1);
      assert.equal(transport.subscribeCalls, 3);
    });

    it('rejects with what the backend refuses it for, at once, and can be tried again', async () => {
      transport.subscribeFaults.push('refuse');
      await assert.rejects(
        pubsub.subscribe('a', () => {}),
        /the server refuses/,
      );
      assert.equal(pubsub.stats().channel_count, 0);
      await pubsub.subscribe('a', () => {});
      assert.equal(broker.held.size, 1);
    });

    for (const fault of ['hang', 'hang-deaf'] as const) {
      it(`ends an opening that is never answered, and what comes of it too late (${fault})`, async () => {
        transport.subscribeFaults.push(fault);
        const failed = assert.rejects(
          pubsub.subscribe('a', () => {}),
          ConnectionError,
        );
        await clock.advance('5s');
        await failed;
        await clock.settle();
        assert.equal(broker.held.size, 0);
        assert.equal(pubsub.stats().channel_count, 0);
      });
    }

    it('gives each who waits for the same opening a bound of his own', async () => {
      transport.become('disconnected');
      const first = assert.rejects(
        pubsub.subscribe('a', () => {}),
        ConnectionError,
      );
      await clock.advance('3s');
      const second = pubsub.subscribe('a', () => {});
      await clock.advance('3s');
      await first;
      transport.become('connected');
      await second;
      assert.equal(broker.held.size, 1);
    });

    it('opens again behind a close of the same channel that is under way', async () => {
      const gate = new Gate();
      transport.closing = gate.opened;
      const first = await pubsub.subscribe('a', () => {});
      const ending = first.unsubscribe();
      const heard = new Recorder();
      const opening = pubsub.subscribe('a', heard.take);
      await clock.settle();
      assert.equal(transport.subscribeCalls, 1);
      gate.open();
      await Promise.all([ending, opening]);
      await publishAll('a', [1]);
      assert.deepEqual(heard.payloads, [1]);
    });
  });

  describe('what strangers send', () => {
    it('hands on a line of JSON as an event without headers, with an id made here', async () => {
      const heard = new Recorder();
      await pubsub.subscribe('a', heard.take);
      broker.deliver({ channel: 'a', body: '{"n":1}\n"text"\nnull\n' });
      await clock.settle();
      assert.deepEqual(heard.payloads, [{ n: 1 }, 'text', null]);
      assert.deepEqual(errors, []);
      for (const { id, headers, publishedAt } of heard.events) {
        assert.equal(id.length, 16);
        assert.deepEqual(headers, {});
        assert.equal(publishedAt, clock.now());
      }
    });

    for (const [what, body] of [
      ['is no JSON', 'hello'],
      ['a later version wrote', '{"q":2,"i":"x","e":"y","s":1,"p":1}'],
    ] as const) {
      it(`tells of a line that ${what}, and reads the next`, async () => {
        const heard = new Recorder();
        await pubsub.subscribe('a', heard.take);
        broker.deliver({ channel: 'a', body: `${body}\n2` });
        await clock.settle();
        assert.deepEqual(heard.payloads, [2]);
        assert.deepEqual(
          errors.map(({ channel }) => channel),
          ['a'],
        );
      });
    }

    it('takes what only looks like an envelope for a payload', async () => {
      const heard = new Recorder();
      await pubsub.subscribe('a', heard.take);
      const strange = [
        { q: 1, i: 'x', e: 'y' },
        { q: 1, i: 'x', e: 'y', s: 1, h: { n: 1 } },
      ];
      broker.deliver({ channel: 'a', body: strange.map((each) => JSON.stringify(each)).join('\n') });
      await clock.settle();
      assert.deepEqual(heard.payloads, strange);
    });

    it('keeps __proto__ as plain data', async () => {
      const heard = new Recorder();
      await pubsub.subscribe('a', heard.take);
      await pubsub.publish('a', JSON.parse('{"__proto__":{"polluted":1}}'), { headers: JSON.parse('{"__proto__":"h"}') });
      await clock.settle();
      assert.equal(JSON.stringify(heard.payloads[0]), '{"__proto__":{"polluted":1}}');
      assert.equal(JSON.stringify(heard.events[0]?.headers), '{"__proto__":"h"}');
      assert.equal(({} as { polluted?: number }).polluted, undefined);
    });
  });

  describe('codecs and declared channels', () => {
    it('carries what another codec makes, lines and all', async () => {
      const codec: Codec = {
        encode: (value) => `dates:\n${JSON.stringify((value as Date).getTime())}`,
        decode: (text) => new Date(JSON.parse(text.slice(7)) as number),
      };
      pubsub = createPubSub({ transport, clock, codec });
      const heard = [new Recorder(), new Recorder()];
      for (const each of heard) await pubsub.subscribe('a', each.take);
      await publishAll('a', [new Date(5)]);
      assert.deepEqual(heard[0]?.payloads, [new Date(5)]);
      assert.notEqual(heard[0]?.payloads[0], heard[1]?.payloads[0]);
    });

    it('tells of a payload that the codec can not read', async () => {
      const codec: Codec = {
        encode: jsonCodec.encode,
        decode: () => assert.fail('unreadable'),
      };
      pubsub = createPubSub({ transport, clock, codec });
      pubsub.on('error', (error, where) => errors.push({ error, ...where }));
      const heard = new Recorder();
      await pubsub.subscribe('a', heard.take);
      const id = await pubsub.publish('a', 1);
      await clock.settle();
      assert.deepEqual(heard.events, []);
      assert.deepEqual([errors[0]?.channel, errors[0]?.id, errors[0]?.error.message], ['a', id, 'unreadable']);
    });

    const number: StandardSchemaV1<number, number> = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: async (value) => (typeof value === 'number' ? { value } : { issues: [{ message: 'not a number' }] }),
      },
    };

    it('checks the schema again at delivery, also for a pattern', async () => {
      pubsub = createPubSub<Record<string, unknown>>({ transport, clock, definitions: { byType: new Map([['a', { schema: number }]]) } });
      pubsub.on('error', (error, where) => errors.push({ error, ...where }));
      const heard = new Recorder();
      await pubsub.subscribe('>', heard.take);
      broker.deliver({ channel: 'a', body: '"one"' });
      broker.deliver({ channel: 'a', body: '1' });
      await clock.settle();
      assert.deepEqual(heard.payloads, [1]);
      assert.ok(errors[0]?.error instanceof PayloadError);
    });

    it('does not call a handler whose subscription ended while the schema was at work', async () => {
      const gate = new Gate();
      const slow: StandardSchemaV1 = {
        '~standard': { version: 1, vendor: 'test', validate: (value) => gate.opened.then(() => ({ value })) },
      };
      pubsub = createPubSub<Record<string, unknown>>({ transport, clock, definitions: { byType: new Map([['a', { schema: slow }]]) } });
      const heard = new Recorder();
      const subscription = await pubsub.subscribe('a', heard.take);
      broker.deliver({ channel: 'a', body: '1' });
      await clock.settle();
      await subscription.unsubscribe();
      gate.open();
      await clock.settle();
      assert.deepEqual(heard.events, []);
    });

    it('brings an older version up, and tells of a newer one without handing it on', async () => {
      const declare = (version: number, upcast = {}) =>
        createPubSub<Record<string, unknown>>({
          transport,
          clock,
          definitions: { byType: new Map([['a', { schema: number, version, upcast }]]) },
        });
      const [first, second, third] = [declare(1), declare(2, { 1: (old: number) => old * 10 }), declare(3)];
      second.on('error', (error, where) => errors.push({ error, ...where }));
      const heard = new Recorder();
      await second.subscribe('a', heard.take);
      await first.publish('a', 1);
      await second.publish('a', 2);
      await third.publish('a', 3);
      await clock.settle();
      assert.deepEqual(heard.payloads, [10, 2]);
      assert.match(errors[0]?.error.message ?? '', /newer than its declared type/);
      await Promise.all([first.stop(), second.stop(), third.stop()]);
    });
  });
});
