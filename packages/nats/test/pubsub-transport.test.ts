import assert from 'node:assert/strict';
import { type NatsServer, startNats, TcpProxy } from '@quayside/conformance/servers';
import {
  CapacityError,
  ClosedError,
  ConnectionError,
  type ConnectionState,
  type PublishFate,
  parseChannelFilter,
  silentLogger,
} from '@quayside/core';
import { connect, type NatsConnection } from 'nats';
import { Connection } from '#src/connection.js';
import { NatsPubSubTransport } from '#src/pubsub-transport.js';
import { parseServers } from '#src/server-address.js';
import { ServerList } from '#src/server-list.js';
import { FakeServer } from './fake-server.js';
import { until } from './until.js';

const never = new AbortController().signal;
const filter = (text: string) => parseChannelFilter('channel', text);
const ignore = () => undefined;

describe('NatsPubSubTransport', () => {
  const cleanUps: (() => unknown)[] = [];
  let server: NatsServer;
  let proxy: TcpProxy;
  let connection: Connection;
  /** A client of the server that knows nothing of Quayside, past the proxy. */
  let stranger: NatsConnection;

  async function open(servers: string): Promise<Connection> {
    const list = new ServerList(parseServers(servers) ?? [], () => 0);
    const settings = { name: 'test', dialTimeoutMs: 1_000, login: undefined, tls: undefined };
    const opened = new Connection({ servers: list, settings, logger: silentLogger, random: () => 0 });
    cleanUps.push(() => opened.close());
    await opened.connect();
    return opened;
  }

  const make = (namespace = 'space', scope = 'channels', over = connection) =>
    new NatsPubSubTransport({ namespace, scope, connection: over, logger: silentLogger });

  /** The bodies that a stranger gets. */
  async function listen(subject: string): Promise<readonly string[]> {
    const bodies: string[] = [];
    const subscription = stranger.subscribe(subject, { callback: (_error, message) => void bodies.push(message.string()) });
    cleanUps.push(() => subscription.unsubscribe());
    await stranger.flush();
    return bodies;
  }

  const rejectsWith = (fate: PublishFate, call: Promise<void>) =>
    assert.rejects(call, (error) => error instanceof ConnectionError && error.outcome === fate);

  before(async () => {
    const narrow = '{ user: narrow, password: any, permissions: { publish: "space.channels.allowed.>" } }';
    const config = [`authorization { users: [ { user: all, password: any }, ${narrow} ] }`, 'max_payload: 100000'];
    server = await startNats({ config });
    stranger = await connect({ servers: server.url, user: 'all', pass: 'any' });
  });

  after(async () => {
    await stranger.close();
    await server.stop();
  });

  beforeEach(async () => {
    proxy = await TcpProxy.start(server);
    cleanUps.push(() => proxy.stop());
    connection = await open(`all:any@127.0.0.1:${proxy.port}`);
  });

  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  });

  describe('publish', () => {
    it('resolves when the server has all frames, each one message, in their order', async () => {
      const bodies = await listen('space.channels.a.b');
      const frames = Array.from({ length: 1_000 }, (_, index) => ({ channel: 'a.b', body: `${index}\né\u0000` }));
      await make().publish(frames, never);
      await stranger.flush();
      assert.deepEqual(
        bodies,
        frames.map(({ body }) => body),
      );
    });

    it('asks the server once a call, whatever it holds', async () => {
      const fake = await FakeServer.start();
      cleanUps.push(() => fake.stop());
      const transport = make('space', 'channels', await open(`127.0.0.1:${fake.port}`));
      fake.said.length = 0;
      await transport.publish([{ channel: 'a', body: '1' }], never);
      await transport.publish(
        ['b', 'c', 'b'].map((channel) => ({ channel, body: '2' })),
        never,
      );
      assert.deepEqual(
        fake.said.map((line) => line.replace('space.channels.', '')),
        ['PUB a 1', '1', 'PING', 'PUB b 1', '2', 'PUB c 1', '2', 'PUB b 1', '2', 'PING'],
      );
    });

    it('disconnected it rejects at once with not-published, and nothing is sent later', async () => {
      const [transport, bodies] = [make(), await listen('space.channels.a')];
      proxy.cut();
      await until(() => connection.state === 'disconnected');
      await rejectsWith('not-published', transport.publish([{ channel: 'a', body: '1' }], never));
      proxy.heal();
      await until(() => connection.state === 'connected');
      await transport.publish([{ channel: 'a', body: '2' }], never);
      await stranger.flush();
      assert.deepEqual(bodies, ['2']);
    });

    it('cut before the confirmation it rejects with unknown, and is not sent again', async () => {
      const [transport, bodies] = [make(), await listen('space.channels.a')];
      const lost = proxy.loseReply((request) => request.includes('PUB space'));
      const frames = ['1', '2'].map((body) => ({ channel: 'a', body }));
      await rejectsWith('unknown', transport.publish(frames, never));
      await lost;
      await until(() => connection.state === 'connected');
      await transport.publish([{ channel: 'a', body: '3' }], never);
      await stranger.flush();
      assert.deepEqual(bodies, ['1', '2', '3']);
    });

    it('aborted in flight it rejects at once with unknown, aborted before with not-published', async () => {
      const transport = make();
      const abort = new AbortController();
      await rejectsWith('not-published', transport.publish([{ channel: 'a', body: '1' }], AbortSignal.abort()));
      proxy.silence();
      const publishing = transport.publish([{ channel: 'a', body: '1' }], abort.signal);
      abort.abort();
      await rejectsWith('unknown', publishing);
    });

    it('of a frame that the server would not take sends none: CapacityError, not-published', async () => {
      const [transport, bodies] = [make(), await listen('space.channels.>')];
      const { maxFrameBytes } = transport.capabilities;
      assert.equal(maxFrameBytes, 100_000);
      const [most, more] = ['é'.repeat(50_000), 'é'.repeat(50_001)];
      const tooMuch = transport.publish(
        [
          { channel: 'a', body: '1' },
          { channel: 'a', body: more },
        ],
        never,
      );
      await assert.rejects(tooMuch, (error) => error instanceof CapacityError && error.outcome === 'not-published');
      // The longest name there is costs nothing of it.
      await transport.publish([{ channel: 'x'.repeat(200), body: most }], never);
      await stranger.flush();
      assert.deepEqual(bodies, [most]);
    });

    it('what the permissions forbid is a CapacityError: not-published where all of it, unknown where a part', async () => {
      const transport = make('space', 'channels', await open(`narrow:any@127.0.0.1:${server.port}`));
      const bodies = await listen('space.channels.>');
      const [good, bad] = [
        { channel: 'allowed.x', body: 'good' },
        { channel: 'forbidden', body: 'bad' },
      ];
      for (const [frames, outcome] of [
        [[bad, bad], 'not-published'],
        [[good, bad], 'unknown'],
      ] as const) {
        await assert.rejects(transport.publish(frames, never), (error) => error instanceof CapacityError && error.outcome === outcome);
      }
      await transport.publish([good], never);
      await stranger.flush();
      assert.deepEqual(bodies, ['good', 'good']);
    });
  });

  describe('subscribe', () => {
    it('keeps namespaces and scopes apart, also where their names run into one another', async () => {
      const seen: string[] = [];
      const spaces = [
        ['a', 'channels'],
        ['a.channels', 'channels'],
        ['a', 'events'],
        ['a:b/c-_', 'channels'],
        ['.', 'channels'],
      ] as const;
      const transports = spaces.map(([namespace, scope]) => make(namespace, scope));
      for (const [index, transport] of transports.entries()) {
        for (const text of ['>', '*.y', 'x.y']) {
          await transport.subscribe(filter(text), (channel) => void seen.push(`${index} ${channel}`), { signal: never });
        }
      }
      for (const [index, transport] of transports.entries()) {
        seen.length = 0;
        await transport.publish([{ channel: 'x.y', body: '' }], never);
        assert.deepEqual(
          seen,
          Array.from({ length: 3 }, () => `${index} x.y`),
        );
      }
    });

    it('hears strangers too, whatever they send', async () => {
      const seen: string[] = [];
      await make().subscribe(filter('a.*'), (channel, body) => void seen.push(`${channel} ${body}`), { signal: never });
      stranger.publish('space.channels.a.b', 'plain', { reply: 'nowhere' });
      stranger.publish('space.channels.a.c');
      await until(() => seen.length === 2);
      assert.deepEqual(seen, ['a.b plain', 'a.c ']);
    });

    it('a receiver that throws harms no other, and not the connection', async () => {
      const transport = make();
      const seen: string[] = [];
      const failing = () => {
        throw new Error('no');
      };
      await transport.subscribe(filter('a'), failing, { signal: never });
      await transport.subscribe(filter('*'), (_channel, body) => void seen.push(body), { signal: never });
      for (const body of ['1', '2']) await transport.publish([{ channel: 'a', body }], never);
      assert.deepEqual(seen, ['1', '2']);
    });

    it('of a group one member gets a message', async () => {
      const other = await open(`all:any@127.0.0.1:${server.port}`);
      const seen: string[] = [];
      for (const transport of [make(), make('space', 'channels', other)]) {
        await transport.subscribe(filter('a'), (_channel, body) => void seen.push(body), { group: 'g', signal: never });
      }
      const bodies = Array.from({ length: 20 }, (_, index) => `${index}`);
      await make().publish(
        bodies.map((body) => ({ channel: 'a', body })),
        never,
      );
      await other.line?.confirm();
      assert.deepEqual(seen.toSorted(), bodies.toSorted());
    });

    it('aborted before, it rejects and sends nothing', async () => {
      await assert.rejects(make().subscribe(filter('a'), ignore, { signal: AbortSignal.abort() }), ConnectionError);
      assert.equal(connection.subscriptionCount, 0);
    });
  });

  it('tells of its state the present one first, and what follows', async () => {
    const transport = make();
    const states: ConnectionState[] = [];
    transport.onState((state) => void states.push(state));
    const unwatch = transport.onState((state) => assert.equal(state, 'connected'));
    unwatch();
    proxy.resetAll();
    await until(() => states.length === 3);
    assert.deepEqual(states, ['connected', 'disconnected', 'connected']);
  });

  it('knows the largest message of the server that it is connected to', async () => {
    const info = (most: number) => `INFO ${JSON.stringify({ server_id: 'fake', version: '2.9.10', max_payload: most })}\r\n`;
    const [first, second] = [await FakeServer.start(info(1_000)), await FakeServer.start(info(500))];
    cleanUps.push(
      () => first.stop(),
      () => second.stop(),
    );
    const either = await open(`127.0.0.1:${first.port},127.0.0.1:${second.port}`);
    const transport = make('space', 'channels', either);
    assert.equal(transport.capabilities.maxFrameBytes, 1_000);
    first.hangUp();
    await until(() => either.state === 'disconnected');
    assert.equal(transport.capabilities.maxFrameBytes, 1_000);
    await until(() => either.state === 'connected');
    assert.equal(transport.capabilities.maxFrameBytes, 500);
  });

  it('closed, it lets go of its own subscriptions only, receives nothing and takes nothing', async () => {
    const [closed, kept] = [make(), make('space', 'events')];
    const seen: string[] = [];
    const states: ConnectionState[] = [];
    closed.onState((state) => void states.push(state));
    const subscription = await closed.subscribe(filter('a'), () => void seen.push('closed'), { signal: never });
    await closed.subscribe(filter('>'), () => void seen.push('closed'), { signal: never });
    await kept.subscribe(filter('a'), () => void seen.push('kept'), { signal: never });
    await Promise.all([closed.close(), closed.close()]);
    await subscription.close();
    assert.equal(connection.subscriptionCount, 1);
    stranger.publish('space.channels.a');
    stranger.publish('space.events.a');
    await until(() => seen.length > 0);
    await connection.line?.confirm();
    assert.deepEqual([seen, states], [['kept'], ['connected', 'closed']]);
    await assert.rejects(closed.publish([], never), ClosedError);
    await assert.rejects(closed.subscribe(filter('a'), ignore, { signal: never }), ClosedError);
  });

  it('closed while it opens a subscription, it takes that back', async () => {
    const transport = make();
    proxy.delay(50);
    const subscribing = assert.rejects(transport.subscribe(filter('a'), ignore, { signal: never }), ClosedError);
    await transport.close();
    await subscribing;
    assert.equal(connection.subscriptionCount, 0);
  });

  it('closes within a second with the server silent', async () => {
    const transport = make();
    for (const text of ['a', 'b']) await transport.subscribe(filter(text), ignore, { signal: never });
    proxy.silence();
    const begun = performance.now();
    await transport.close();
    assert.ok(performance.now() - begun < 1_000);
  });
});
