import assert from 'node:assert/strict';
import { type NatsServer, startNats } from '@quayside/conformance/servers';
import {
  type AdapterContext,
  CapacityError,
  ConfigError,
  type ConnectionError,
  createPubSub,
  type Logger,
  type PublishFate,
  type PubSub,
  silentLogger,
  systemClock,
  UnsupportedFeatureError,
} from '@quayside/core';
import { connect, type JetStreamManager, type NatsConnection, RetentionPolicy } from 'nats';
import { adapter, type NatsOptions } from '#src/index.js';
import { until } from './until.js';

describe('durable subscriptions on JetStream', () => {
  const cleanUps: (() => unknown)[] = [];
  let server: NatsServer;
  /** Looks past the library. */
  let client: NatsConnection;
  let manager: JetStreamManager;
  let namespaces = 0;
  let namespace = '';

  const contextOf = (logger: Logger = silentLogger): AdapterContext => ({ clock: systemClock, logger, namespace });

  async function open(jetStream: NatsOptions['jetStream'] = true, options: NatsOptions = {}, publishTimeout = 5_000): Promise<PubSub> {
    const login = { user: 'all', password: 'any' };
    const backend = await adapter.open({ servers: server.url, ...login, jetStream, ...options }, contextOf());
    const pubsub = createPubSub({ transport: backend.pubSubTransport('channels'), options: { publishTimeout } });
    cleanUps.push(async () => {
      await pubsub.stop({ graceMs: 0 });
      await backend.close();
    });
    return pubsub;
  }

  const stream = () => `${namespace}-channels`;
  const kept = async () => (await manager.streams.info(stream())).state.messages;
  const rejectsWith = (kind: typeof CapacityError | typeof ConnectionError, fate: PublishFate) => (error: unknown) =>
    error instanceof kind && error.outcome === fate;

  before(async () => {
    const narrow = '{ user: narrow, password: any, permissions: { publish: ["$JS.API.>", "*.channels.allowed"], subscribe: ">" } }';
    const mute = '{ user: mute, password: any, permissions: { publish: "*.channels.>", subscribe: ">" } }';
    const reader = '{ user: reader, password: any, permissions: { publish: "$JS.API.STREAM.INFO.>", subscribe: ">" } }';
    const users = `{ user: all, password: any }, ${narrow}, ${mute}, ${reader}`;
    server = await startNats({ jetStream: true, config: [`authorization { users: [ ${users} ] }`] });
    client = await connect({ servers: server.url, user: 'all', pass: 'any' });
    manager = await client.jetstreamManager();
  });

  after(async () => {
    await client.close();
    await server.stop();
  });

  beforeEach(() => {
    namespace = `space${++namespaces}`;
  });

  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  });

  describe('the stream', () => {
    it('is refused where the server has no JetStream, and no connection is left', async () => {
      const plain = await startNats({ config: [] });
      cleanUps.push(() => plain.stop());
      await assert.rejects(
        adapter.open({ servers: plain.url, jetStream: true }, contextOf()),
        (error) => error instanceof UnsupportedFeatureError && /JetStream/.test(error.message),
      );
      // The server hears of the end a moment later.
      await until(async () => {
        const { num_connections } = (await (await fetch(`${plain.monitorUrl}/connz`)).json()) as { readonly num_connections: number };
        return num_connections === 0;
      });
    });

    it('is made by the first, with its limits, and left as it is by those who come later', async () => {
      await open({ maxAge: '1h', maxBytes: 1_000_000 });
      await open({ maxAge: '2h', maxBytes: 2_000_000 });
      const { config } = await manager.streams.info(stream());
      assert.deepEqual([config.max_age, config.max_bytes, config.num_replicas], [3_600e9, 1_000_000, 1]);
      assert.deepEqual([config.retention, config.subjects], ['interest', [`${namespace}.channels.>`]]);
    });

    it('that is there and is none of ours is a ConfigError, also one that keeps the same subjects under another name', async () => {
      await manager.streams.add({ name: stream(), subjects: [`${namespace}.channels.>`], retention: RetentionPolicy.Workqueue });
      await assert.rejects(open(), ConfigError);
      await manager.streams.delete(stream());
      await manager.streams.add({ name: `${namespace}-other`, subjects: [`${namespace}.channels.a`] });
      await assert.rejects(open(), ConfigError);
    });

    it('with more copies than there are servers is a ConfigError', async () => {
      await assert.rejects(open({ replicas: 3 }), ConfigError);
    });

    it('needs a permission to be made, and one to be read durably, but none to be found', async () => {
      await assert.rejects(open(true, { user: 'mute' }), CapacityError);
      await assert.rejects(open(true, { user: 'reader' }), CapacityError);
      await open();
      const found = await open(true, { user: 'reader' });
      await assert.rejects(
        found.subscribe('news', () => undefined, { durable: 'reader' }),
        CapacityError,
      );
    });

    it('keeps nothing where nobody reads durably, and of what is read only what is not handled yet', async () => {
      const pubsub = await open();
      await pubsub.publish('news', 1);
      assert.equal(await kept(), 0);
      const heard: unknown[] = [];
      await pubsub.subscribe('news', ({ payload }) => void heard.push(payload), { durable: 'reader' });
      await pubsub.publish('other', 1);
      await pubsub.publish('news', 2);
      await until(() => heard.length === 1);
      await until(async () => (await kept()) === 0);
    });

    it('keeps no event of the event bus', async () => {
      const backend = await adapter.open({ servers: server.url, user: 'all', password: 'any', jetStream: true }, contextOf());
      cleanUps.push(() => backend.close());
      assert.equal(backend.pubSubTransport('events').capabilities.durable, false);
      assert.equal(backend.pubSubTransport('channels').capabilities.durable, true);
    });
  });

  describe('publish', () => {
    it('resolves when the stream has the event', async () => {
      const pubsub = await open();
      const subscription = await pubsub.subscribe('a.*', () => undefined, { durable: 'reader' });
      await subscription.unsubscribe();
      for (const payload of [1, 2, 3]) {
        await pubsub.publish(`a.${payload}`, payload);
        assert.equal(await kept(), payload);
      }
    });

    it('past maxBytes rejects with CapacityError, and what was confirmed before is kept', async () => {
      const pubsub = await open({ maxBytes: 3_000 });
      const heard: unknown[] = [];
      const subscription = await pubsub.subscribe('news', () => undefined, { durable: 'reader' });
      await subscription.unsubscribe();
      const payload = 'x'.repeat(1_000);
      const outcomes = await Promise.allSettled([1, 2, 3, 4].map((id) => pubsub.publish('news', `${id}${payload}`)));
      assert.ok(
        outcomes.every((outcome) => outcome.status === 'rejected'),
        'in one frame it is refused as a whole',
      );
      await pubsub.publish('news', `1${payload}`);
      await pubsub.publish('news', `2${payload}`);
      await assert.rejects(pubsub.publish('news', `3${payload}`), rejectsWith(CapacityError, 'unknown'));
      await pubsub.subscribe('news', (event) => void heard.push(String(event.payload).slice(0, 1)), { durable: 'reader' });
      await until(() => heard.length === 2);
      assert.deepEqual(heard, ['1', '2']);
    });

    it('that the permissions forbid rejects with CapacityError, not-published', async () => {
      await open();
      const narrow = await open(true, { user: 'narrow' });
      await narrow.publish('allowed', 1);
      await assert.rejects(narrow.publish('forbidden', 1), rejectsWith(CapacityError, 'not-published'));
    });

    it('without its stream waits, and rejects not-published where nobody at all can have heard it', async () => {
      const pubsub = await open(true, {}, 300);
      await manager.streams.delete(stream());
      await assert.rejects(pubsub.publish('news', 1), (error) => (error as ConnectionError).outcome === 'not-published');
    });
  });

  describe('subscribe', () => {
    it('made anew after its reader was deleted behind its back, it hears what is published from then on', async () => {
      const pubsub = await open();
      const heard: unknown[] = [];
      await pubsub.subscribe('news', ({ payload }) => void heard.push(payload), { durable: 'reader' });
      await pubsub.publish('news', 'before');
      await until(() => heard.length === 1);
      assert.equal(await pubsub.deleteDurable('news', 'reader'), true);
      await until(async () => (await manager.consumers.list(stream()).next()).length === 1);
      await pubsub.publish('news', 'after');
      await until(() => heard.length === 2);
    });

    it('takes names that JetStream would not, and keeps them apart', async () => {
      const pubsub = await open();
      const names = ['a.b', 'a_b', 'a/b', 'a:b', 'n'.repeat(200), `${'n'.repeat(199)}m`];
      for (const name of names) await (await pubsub.subscribe('news', () => undefined, { durable: name })).unsubscribe();
      assert.equal((await manager.consumers.list(stream()).next()).length, names.length);
    });

    it('reads strangers too: what they publish is kept as any event is', async () => {
      const pubsub = await open();
      const heard: unknown[] = [];
      await (await pubsub.subscribe('news', () => undefined, { durable: 'reader' })).unsubscribe();
      client.publish(`${namespace}.channels.news`, '{"from":"a stranger"}');
      await client.flush();
      await pubsub.subscribe('news', ({ payload }) => void heard.push(payload), { durable: 'reader' });
      await until(() => heard.length === 1);
      assert.deepEqual(heard, [{ from: 'a stranger' }]);
    });
  });
});
