import assert from 'node:assert/strict';
import { type RedisServer, startRedis, TcpProxy } from '@quayside/conformance/servers';
import {
  CapacityError,
  ClosedError,
  ConnectionError,
  type ConnectionState,
  type PublishFate,
  parseChannelFilter,
  silentLogger,
} from '@quayside/core';
import { Redis } from 'ioredis';
import { lineOptions } from '#src/line.js';
import { RedisPubSubTransport } from '#src/pubsub-transport.js';
import { Subscriber } from '#src/subscriber.js';
import { CommandLine } from './command-line.js';
import { until } from './until.js';

describe('RedisPubSubTransport', () => {
  let server: RedisServer;
  let proxy: TcpProxy;
  let other: Redis;
  let subscriber: Subscriber;
  let commands: CommandLine;
  const never = new AbortController().signal;
  const frames = (...bodies: readonly string[]) => bodies.map((body) => ({ channel: 'a', body }));
  const filter = (text: string) => parseChannelFilter('channel', text);
  const ignore = () => undefined;
  const make = (namespace: string, scope = 'channels') =>
    new RedisPubSubTransport({ namespace, scope, commands, subscriber, logger: silentLogger });

  /** The bodies that any subscriber of the server gets, past the proxy. */
  async function listen(channel: string): Promise<readonly string[]> {
    const listener = other.duplicate();
    const bodies: string[] = [];
    listener.on('message', (_channel, body) => void bodies.push(body));
    await listener.subscribe(channel);
    cleanUps.push(() => listener.disconnect());
    return bodies;
  }
  const cleanUps: (() => unknown)[] = [];

  before(async () => {
    server = await startRedis({ config: ['user narrow on nopass ~* +@all resetchannels &*allowed*'] });
    other = new Redis({ host: server.host, port: server.port });
  });

  after(async () => {
    other.disconnect();
    await server.stop();
  });

  beforeEach(async () => {
    proxy = await TcpProxy.start(server);
    const dial = () => new Redis({ host: '127.0.0.1', port: proxy.port, ...lineOptions });
    [subscriber, commands] = [new Subscriber({ dial, logger: silentLogger }), new CommandLine(dial)];
    await Promise.all([subscriber.connect(), commands.open()]);
  });

  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0)) await cleanUp();
    commands.close();
    subscriber.close();
    await proxy.stop();
  });

  /** The same transport in another process. */
  async function elsewhere(): Promise<RedisPubSubTransport> {
    const dial = () => new Redis({ host: server.host, port: server.port, ...lineOptions });
    const [heard, asks] = [new Subscriber({ dial, logger: silentLogger }), new CommandLine(dial)];
    await Promise.all([heard.connect(), asks.open()]);
    cleanUps.push(
      () => heard.close(),
      () => asks.close(),
    );
    return new RedisPubSubTransport({ namespace: 'space', scope: 'channels', commands: asks, subscriber: heard, logger: silentLogger });
  }

  const rejectsWith = (fate: PublishFate, call: Promise<void>) =>
    assert.rejects(call, (error) => error instanceof ConnectionError && error.outcome === fate);

  it('resolves when the server has all frames, in their order', async () => {
    const bodies = await listen('space:{channels}:a.b');
    const frames = Array.from({ length: 1_000 }, (_, index) => ({ channel: 'a.b', body: `${index}\né\u0000` }));
    await make('space').publish(frames, never);
    await until(() => bodies.length === frames.length);
    assert.deepEqual(
      bodies,
      frames.map(({ body }) => body),
    );
  });

  it('keeps namespaces and scopes apart, also where their names run into one another or hold what a pattern means', async () => {
    const seen: string[] = [];
    const spaces = [
      ['a', 'channels'],
      ['a:channels', 'channels'],
      ['a', 'events'],
      ['*', 'channels'],
      ['?', 'channels'],
      ['[ab]', 'channels'],
      ['\\a', 'channels'],
    ] as const;
    const transports = spaces.map(([namespace, scope]) => make(namespace, scope));
    for (const [index, transport] of transports.entries()) {
      for (const text of ['>', 'x.*', 'x.y'])
        await transport.subscribe(filter(text), (channel) => void seen.push(`${index} ${channel}`), { signal: never });
    }
    for (const [index, transport] of transports.entries()) {
      seen.length = 0;
      await transport.publish([{ channel: 'x.y', body: '' }], never);
      await until(() => seen.length >= 3);
      assert.deepEqual(
        seen,
        Array.from({ length: 3 }, () => `${index} x.y`),
      );
    }
  });

  it('disconnected, publish rejects at once with not-published, and nothing is sent later', async () => {
    const transport = make('space');
    const bodies = await listen('space:{channels}:a');
    commands.close();
    await rejectsWith('not-published', transport.publish([{ channel: 'a', body: '1' }], never));
    await commands.open();
    await transport.publish([{ channel: 'a', body: '2' }], never);
    await until(() => bodies.length > 0);
    assert.deepEqual(bodies, ['2']);
  });

  it('cut before the confirmation, publish rejects with unknown, and is not sent again', async () => {
    const transport = make('space');
    const bodies = await listen('space:{channels}:a');
    // So that the script for several is known to the server.
    await transport.publish(frames('1', '2'), never);
    for (const lost of [['3'], ['4', '5']]) {
      const reply = proxy.loseReply((request) => request.includes('space:{channels}:a'));
      await rejectsWith('unknown', transport.publish(frames(...lost), never));
      await reply;
      await commands.open();
    }
    await transport.publish(frames('6'), never);
    await until(() => bodies.includes('6'));
    assert.deepEqual(bodies, ['1', '2', '3', '4', '5', '6']);
  });

  it('aborted in flight, publish rejects at once with unknown; aborted before, with not-published', async () => {
    const transport = make('space');
    const abort = new AbortController();
    await rejectsWith('not-published', transport.publish([{ channel: 'a', body: '1' }], AbortSignal.abort()));
    proxy.silence();
    const publishing = transport.publish([{ channel: 'a', body: '1' }], abort.signal);
    abort.abort();
    await rejectsWith('unknown', publishing);
  });

  it('what the server refuses is a CapacityError: not-published where it refused all, unknown where it took some', async () => {
    const narrow = new CommandLine(() => new Redis({ port: server.port, username: 'narrow', password: 'any', ...lineOptions }));
    await narrow.open();
    const transport = new RedisPubSubTransport({
      namespace: 'space',
      scope: 'channels',
      commands: narrow,
      subscriber,
      logger: silentLogger,
    });
    const [good, bad] = [
      { channel: 'allowed', body: '' },
      { channel: 'forbidden', body: '' },
    ];
    for (const [frames, outcome] of [
      [[bad, bad], 'not-published'],
      [[good, bad], 'unknown'],
    ] as const) {
      await assert.rejects(transport.publish(frames, never), (error) => error instanceof CapacityError && error.outcome === outcome);
    }
    narrow.close();
  });

  it('a subscription that is aborted rejects at once and leaves nothing behind', async () => {
    const transport = make('space');
    const abort = new AbortController();
    proxy.delay(50);
    const subscribing = transport.subscribe(filter('a'), ignore, { signal: abort.signal });
    abort.abort();
    await assert.rejects(subscribing, ConnectionError);
    await assert.rejects(transport.subscribe(filter('a'), ignore, { signal: abort.signal }), ConnectionError);
    await subscriber.subscribe('marker', ignore);
    await until(async () => (await other.pubsub('CHANNELS', 'space*')).length === 0);
  });

  it('gives each frame of a channel to one member of a group, and keeps its order', async () => {
    const [here, there] = [make('space'), await elsewhere()];
    const members: string[][] = [[], [], []];
    const other: string[] = [];
    for (const [index, transport] of [here, here, there].entries()) {
      await transport.subscribe(filter('jobs'), (_channel, body) => void members[index]?.push(body), { group: 'g', signal: never });
    }
    await there.subscribe(filter('jobs'), (_channel, body) => void other.push(body), { group: 'h', signal: never });
    const bodies = Array.from({ length: 500 }, (_, index) => `${index}`);
    await here.publish(
      bodies.map((body) => ({ channel: 'jobs', body })),
      never,
    );
    await until(() => other.length === 500 && members.flat().length >= 500);
    await here.publish([{ channel: 'jobs', body: 'marker' }], never);
    await until(() => members.flat().includes('marker') && other.includes('marker'));
    const inOrder = (some: readonly string[]) => some.toSorted((one, two) => Number(one) - Number(two));
    assert.deepEqual(inOrder(members.flat().filter((body) => body !== 'marker')), bodies);
    for (const seen of members.map((each) => each.filter((body) => body !== 'marker'))) assert.deepEqual(seen, inOrder(seen));
    assert.deepEqual(other, [...bodies, 'marker']);
  });

  it('a member of a group takes nothing that its pattern only seems to match to Redis', async () => {
    const transport = make('space');
    const [narrow, exact]: [string[], string[]] = [[], []];
    await transport.subscribe(filter('a.*'), (channel) => void narrow.push(channel), { group: 'g', signal: never });
    await transport.subscribe(filter('a.b.c'), (channel) => void exact.push(channel), { group: 'g', signal: never });
    for (let index = 0; index < 20; index++) await transport.publish([{ channel: 'a.b.c', body: `${index}` }], never);
    await transport.publish([{ channel: 'a.b', body: '' }], never);
    await until(() => exact.length === 20 && narrow.length === 1);
    assert.deepEqual(narrow, ['a.b']);
  });

  it('what a member can not claim it does not take, and another does', async () => {
    const [here, there] = [make('space'), await elsewhere()];
    const [mine, others]: [string[], string[]] = [[], []];
    await here.subscribe(filter('jobs'), (_channel, body) => void mine.push(body), { group: 'g', signal: never });
    await there.subscribe(filter('jobs'), (_channel, body) => void others.push(body), { group: 'g', signal: never });
    commands.close();
    for (let index = 0; index < 10; index++) await there.publish([{ channel: 'jobs', body: `unclaimed ${index}` }], never);
    await until(() => others.length === 10);
    assert.deepEqual(mine, []);
  });

  it('is connected only when both of its connections are', async () => {
    const states: ConnectionState[] = [];
    const transport = make('space');
    const unwatch = transport.onState((state) => void states.push(state));
    commands.close();
    proxy.resetAll();
    await until(() => subscriber.state === 'disconnected');
    await until(() => subscriber.state === 'connected');
    assert.deepEqual(states, ['connected', 'disconnected']);
    await commands.open();
    assert.deepEqual(states, ['connected', 'disconnected', 'connected']);
    unwatch();
    await transport.close();
    assert.equal(states.length, 3);
  });

  it('closed, it lets go of its own subscriptions only, receives nothing and takes nothing', async () => {
    const [closed, open] = [make('space'), make('space', 'events')];
    const seen: string[] = [];
    const states: ConnectionState[] = [];
    closed.onState((state) => void states.push(state));
    const subscription = await closed.subscribe(filter('a'), () => void seen.push('closed'), { signal: never });
    await closed.subscribe(filter('>'), () => void seen.push('closed'), { signal: never });
    await open.subscribe(filter('a'), () => void seen.push('open'), { signal: never });
    await Promise.all([closed.close(), closed.close()]);
    await subscription.close();
    assert.equal(await other.publish('space:{channels}:a', ''), 0);
    await open.publish([{ channel: 'a', body: '' }], never);
    await until(() => seen.length > 0);
    assert.deepEqual([seen, states], [['open'], ['connected', 'closed']]);
    await assert.rejects(closed.publish([], never), ClosedError);
    await assert.rejects(closed.subscribe(filter('a'), ignore, { signal: never }), ClosedError);
  });

  it('closes within a second with the server silent', async () => {
    const transport = make('space');
    await transport.subscribe(filter('a'), ignore, { signal: never });
    const opening = transport.subscribe(filter('b'), ignore, { signal: never }).then(
      () => assert.fail(),
      (error: Error) => error,
    );
    proxy.silence();
    const begun = performance.now();
    await transport.close();
    assert.ok(performance.now() - begun < 1_000);
    subscriber.close();
    assert.ok((await opening) instanceof Error);
  });
});
