import assert from 'node:assert/strict';
import { ConfigError, ConnectionError, UnsupportedFeatureError, UnsupportedPortError } from '#src/errors.js';
import { QueueManager } from '#src/manager/manager.js';
import type { Codec } from '#src/message/codec.js';
import { TestClock } from '#src/time/test-clock.js';
import { type Fake, fakeAdapter } from './manager-fake.js';

const all = { message_queue: { type: 'fake' }, event_bus: { type: 'fake' }, task_scheduler: {}, task_dispatcher: {} };

function create(config: object, ...adapters: Fake[]): Promise<QueueManager> {
  return QueueManager.create(config, { env: {}, adapters });
}

describe('manager: create', () => {
  it('opens one backend for all sections of one type and options, another where the options differ', async () => {
    const fake = fakeAdapter();
    await using _one = await create({ ...all, backends: { fake: { url: 'a' } } }, fake);
    assert.deepEqual(fake.opened, [{ url: 'a' }]);
    await using _two = await create({ ...all, task_scheduler: { type: 'fake', connection: { url: 'b' } } }, fake);
    assert.deepEqual(fake.opened.slice(1), [{}, { url: 'b' }]);
  });

  it('hands the adapter clock, namespace and a logger', async () => {
    const fake = fakeAdapter();
    const clock = new TestClock();
    await using _ = await QueueManager.create(
      { message_queue: { type: 'fake' }, namespace: 'staging' },
      { env: {}, adapters: [fake], clock },
    );
    assert.equal(fake.contexts[0]?.clock, clock);
    assert.equal(fake.contexts[0]?.namespace, 'staging');
    assert.equal(typeof fake.contexts[0]?.logger.info, 'function');
  });

  it("tells every issue at once: the config's, unknown types, and what adapters say of their options, with secrets masked", async () => {
    const fake = fakeAdapter({ refuses: { db: 'got redis://u:geheim@h and hunter2', missing: 'is missing' } });
    const config = {
      message_queue: { type: 'fake', workers: 0, connection: { db: 1 } },
      event_bus: { type: 'reddis' },
      backends: { fake: { missing: 1, password: 'hunter2' } },
    };
    await assert.rejects(create(config, fake), (error: unknown) => {
      assert(error instanceof ConfigError);
      assert.deepEqual(error.issues.map(({ path }) => path).sort(), [
        'backends.fake.missing',
        'event_bus.type',
        'message_queue.connection.db',
        'message_queue.workers',
      ]);
      assert.doesNotMatch(JSON.stringify(error), /geheim|hunter2/);
      return true;
    });
    assert.equal(fake.opened.length, 0);
  });

  it('reads a variable as a number where an adapter wants one', async () => {
    const fake = fakeAdapter();
    const wantsNumber = {
      '~standard': {
        version: 1 as const,
        vendor: 'test',
        validate: (value: unknown) =>
          typeof (value as { db: unknown }).db === 'number'
            ? { value: value as Record<string, unknown> }
            : { issues: [{ path: ['db'], message: 'a number' }] },
      },
    };
    const env = { DB: '7' };
    const config = { message_queue: { type: 'fake' }, backends: { fake: { db: '$' + '{DB}', password: '$' + '{DB}' } } };
    await using _ = await QueueManager.create(config, { env, adapters: [{ ...fake, configSchema: wantsNumber }] });
    assert.deepEqual(fake.opened, [{ db: 7, password: '7' }]);
  });

  it('where one backend fails, the others are closed, the signal is aborted, and the error is rethrown as it was', async () => {
    const refused = new ConnectionError('refused');
    const good = fakeAdapter({ type: 'good' });
    const bad = fakeAdapter({
      type: 'bad',
      open: async () => {
        throw refused;
      },
    });
    await assert.rejects(create({ message_queue: { type: 'good' }, event_bus: { type: 'bad' } }, good, bad), (error) => error === refused);
    assert.equal(good.closed, good.opened.length);
    assert.equal(good.contexts[0]?.signal?.aborted, true);
  });

  it('is bounded by connect_timeout; a backend that opens later is closed then', async () => {
    const clock = new TestClock();
    let connect = () => {};
    const slow = fakeAdapter({ open: () => new Promise((resolve) => (connect = resolve)) });
    const creating = QueueManager.create({ message_queue: { type: 'fake' }, connect_timeout: 3 }, { env: {}, adapters: [slow], clock });
    const outcome = assert.rejects(
      creating,
      (error) => error instanceof ConnectionError && /type 'fake' did not connect within 3000 ms/.test(error.message),
    );
    await clock.advance(2_999);
    assert.equal(slow.contexts[0]?.signal?.aborted, false);
    await clock.advance(1);
    assert.equal(slow.contexts[0]?.signal?.aborted, true);
    await clock.advance(1_000);
    await outcome;
    assert.equal(slow.closed, 0);
    connect();
    await clock.settle();
    assert.equal(slow.closed, 1);
  });

  it('refuses a backend without the port, names the types that have it, and closes it', async () => {
    const noQueue = fakeAdapter({ queue: false });
    await assert.rejects(create({ message_queue: { type: 'fake' } }, noQueue), (error: unknown) => {
      assert(error instanceof UnsupportedPortError);
      assert.equal(error.message, "type 'fake' has no Queue; these types have it: memory, redis, bullmq");
      return true;
    });
    assert.equal(noQueue.closed, 1);
    const noRecords = fakeAdapter({ records: false });
    await assert.rejects(create({ task_scheduler: { type: 'fake' } }, noRecords), /type 'fake' has no Scheduler/);
    const noPubSub = fakeAdapter({ type: 'deaf', pubsub: false });
    const asked = create({ message_queue: { type: 'fake' }, event_bus: { type: 'deaf' } }, fakeAdapter(), noPubSub);
    await assert.rejects(asked, /type 'deaf' has no EventBus; these types have it: fake, memory, redis, bullmq, nats/);
  });

  it('pub/sub that nobody named is refused only when it is asked for', async () => {
    await using manager = await create({ message_queue: { type: 'fake' } }, fakeAdapter({ pubsub: false }));
    assert.throws(() => manager.pubsub(), UnsupportedPortError);
    await assert.rejects(create({ message_queue: { type: 'fake' }, pubsub: {} }, fakeAdapter({ pubsub: false })), UnsupportedPortError);
  });

  it('lists every option that a backend can not honour, with the limit, and closes it', async () => {
    const small = fakeAdapter({
      queue: { maxPayloadBytes: 100, testClock: false, payload: 'json' },
      pubsub: { maxFrameBytes: 50, patterns: 'none' },
    });
    const codec: Codec = { encode: String, decode: String };
    const config = {
      message_queue: { type: 'fake', max_payload_bytes: 101 },
      pubsub: { type: 'fake', max_payload_bytes: 51 },
      event_bus: { type: 'fake' },
    };
    await assert.rejects(QueueManager.create(config, { env: {}, adapters: [small], codec, clock: new TestClock() }), (error: unknown) => {
      assert(error instanceof UnsupportedFeatureError);
      assert.deepEqual(
        error.features.map((feature) => feature.replace(/ \(.*/, '')),
        [
          'message_queue.max_payload_bytes: 101',
          'options.clock: a clock that a test moves',
          'options.codec: text that is not JSON',
          'pubsub.max_payload_bytes: 51',
          'event_bus: events of all processes',
        ],
      );
      return true;
    });
    assert.equal(small.closed, 1);
  });

  it('takes what a backend can just honour', async () => {
    const small = fakeAdapter({ queue: { maxPayloadBytes: 100, testClock: false, payload: 'json' }, pubsub: { maxFrameBytes: 50 } });
    const config = {
      message_queue: { type: 'fake', max_payload_bytes: 100 },
      pubsub: { max_payload_bytes: 50 },
      event_bus: { type: 'fake' },
    };
    await using manager = await create(config, small);
    assert.equal((await manager.health()).status, 'up');
  });

  it('unsupported: emulate carries a codec’s text in a JSON string where the backend wants JSON', async () => {
    const upside: Codec = { encode: (value) => `<${String(value)}>`, decode: (text) => text.slice(1, -1) };
    const fake = fakeAdapter({ queue: { payload: 'json' } });
    const config = { message_queue: { type: 'fake' }, unsupported: 'emulate' as const };
    await using manager = await QueueManager.create(config, { env: {}, adapters: [fake], codec: upside });
    const queue = manager.queue();
    const received = new Promise<unknown>((resolve) => queue.process('greet', ({ payload }) => resolve(payload)));
    await manager.start();
    await queue.publish('greet', 'hello');
    assert.equal(await received, 'hello');
    assert.equal(fake.published[0]?.payload, '"<hello>"');
  });
});
