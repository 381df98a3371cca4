import assert from 'node:assert/strict';
import { type RedisServer, startRedis, TcpProxy } from '@quayside/conformance/servers';
import { CapacityError, ClosedError, ConnectionError, type ConnectionState, silentLogger } from '@quayside/core';
import { Redis } from 'ioredis';
import { lineOptions } from '#src/line.js';
import { Subscriber } from '#src/subscriber.js';
import { until } from './until.js';

describe('Subscriber', () => {
  let server: RedisServer;
  let proxy: TcpProxy;
  let subscriber: Subscriber;
  /** Another client of the server, past the proxy. */
  let other: Redis;
  let states: ConnectionState[];
  let dials: number;
  const ignore = () => undefined;
  const dial = () => new Redis({ host: '127.0.0.1', port: proxy.port, ...lineOptions });
  const subscribersOf = async (...channels: string[]) =>
    (await other.pubsub('NUMSUB', ...channels)).filter((each) => typeof each === 'number');

  before(async () => {
    server = await startRedis({ config: ['user narrow on nopass ~* +@all resetchannels &allowed*'] });
    other = new Redis({ host: server.host, port: server.port });
  });

  after(async () => {
    other.disconnect();
    await server.stop();
  });

  beforeEach(async () => {
    proxy = await TcpProxy.start(server);
    states = [];
    dials = 0;
    const counted = () => {
      dials++;
      return dial();
    };
    subscriber = new Subscriber({ dial: counted, logger: silentLogger });
    await subscriber.connect();
    subscriber.onState((state) => void states.push(state));
  });

  afterEach(async () => {
    subscriber.close();
    await proxy.stop();
  });

  it('receives from a channel and a pattern what is published after they were confirmed, and keeps them apart', async () => {
    const [exact, pattern]: [string[], string[][]] = [[], []];
    await subscriber.subscribe('a*b', (body) => void exact.push(body));
    await subscriber.psubscribe('a*b', (channel, body) => void pattern.push([channel, body]));
    await other.publish('axb', '1');
    await other.publish('a*b', '2');
    await until(() => exact.length === 1);
    assert.deepEqual(
      [exact, pattern],
      [
        ['2'],
        [
          ['axb', '1'],
          ['a*b', '2'],
        ],
      ],
    );
  });

  it('shares one subscription of the server among all who want it, and ends it with the last', async () => {
    const seen: string[] = [];
    const first = await subscriber.subscribe('news', (body) => void seen.push(`first ${body}`));
    const second = await subscriber.subscribe('news', (body) => void seen.push(`second ${body}`));
    await first.close();
    await first.close();
    assert.equal(await other.publish('news', '1'), 1);
    await until(() => seen.length === 1);
    await second.close();
    assert.equal(await other.publish('news', '2'), 0);
    assert.deepEqual(seen, ['second 1']);
  });

  it('a subscription that is ended and made again in one turn is live', async () => {
    const seen: string[] = [];
    const first = await subscriber.subscribe('news', ignore);
    const ended = first.close();
    await subscriber.subscribe('news', (body) => void seen.push(body));
    await ended;
    await other.publish('news', '1');
    await until(() => seen.length === 1);
  });

  it('a receiver that throws keeps nobody else from receiving', async () => {
    const seen: string[] = [];
    await subscriber.subscribe('news', () => {
      throw new Error('a bug');
    });
    await subscriber.subscribe('news', (body) => void seen.push(body));
    await other.publish('news', '1');
    await until(() => seen.length === 1);
  });

  it('is connected again only when all of many subscriptions are restored and confirmed', async () => {
    const channels = Array.from({ length: 2_500 }, (_, index) => `channel-${index}`);
    await Promise.all(channels.map((channel) => subscriber.subscribe(channel, ignore)));
    await subscriber.psubscribe('pattern-*', ignore);
    proxy.resetAll();
    await until(() => states.length === 3);
    assert.deepEqual(states, ['connected', 'disconnected', 'connected']);
    assert.deepEqual(new Set(await subscribersOf(...channels)), new Set([1]));
    assert.equal(await other.publish('pattern-1', ''), 1);
  });

  it('comes back however often it is cut, and restores nothing that was ended meanwhile', async () => {
    const seen: string[] = [];
    await subscriber.subscribe('kept', (body) => void seen.push(body));
    const ended = await subscriber.subscribe('ended', ignore);
    proxy.cut();
    await until(() => states.at(-1) === 'disconnected');
    await ended.close();
    await assert.rejects(subscriber.subscribe('refused', ignore), ConnectionError);
    proxy.heal();
    await until(() => states.at(-1) === 'connected');
    for (let round = 1; round <= 5; round++) {
      proxy.resetAll();
      await until(() => states.length === 3 + 2 * round && states.at(-1) === 'connected');
    }
    await other.publish('kept', '1');
    await until(() => seen.length === 1);
    assert.deepEqual(await subscribersOf('kept', 'ended', 'refused'), [1, 0, 0]);
  });

  it('a subscription that was not confirmed when the connection was cut is rejected, and leaves nothing behind', async () => {
    const lost = proxy.loseReply((request) => request.includes('news'));
    await assert.rejects(subscriber.subscribe('news', ignore), ConnectionError);
    await lost;
    await until(() => states.at(-1) === 'connected');
    assert.deepEqual(await subscribersOf('news'), [0]);
  });

  it('what the server refuses is a CapacityError with its words, leaves nothing behind, and harms no other', async () => {
    const narrow = new Subscriber({
      dial: () => new Redis({ host: server.host, port: server.port, username: 'narrow', password: 'any', ...lineOptions }),
      logger: silentLogger,
    });
    await narrow.connect();
    const seen: string[] = [];
    await narrow.subscribe('allowed', (body) => void seen.push(body));
    await assert.rejects(narrow.subscribe('forbidden', ignore), (error) => error instanceof CapacityError && /NOPERM/.test(error.message));
    await other.publish('allowed', '1');
    await until(() => seen.length === 1);
    assert.equal(narrow.state, 'connected');
    narrow.close();
  });

  it('tells a silent server within 5 s, and comes back when it talks again', async () => {
    proxy.silence();
    const begun = performance.now();
    await until(() => states.at(-1) === 'disconnected');
    assert.ok(performance.now() - begun < 5_000);
    proxy.heal();
    await until(() => states.at(-1) === 'connected');
  });

  it('does not connect where nobody listens, and is closed then', async () => {
    subscriber.close();
    await proxy.stop();
    const lonely = new Subscriber({ dial: () => new Redis({ host: '127.0.0.1', port: 1, ...lineOptions }), logger: silentLogger });
    await assert.rejects(lonely.connect(), ConnectionError);
    assert.equal(lonely.state, 'closed');
  });

  it('closed, with the server silent too, it ends at once, says so, receives nothing and takes nothing', async () => {
    const seen: string[] = [];
    const held = await subscriber.subscribe('news', (body) => void seen.push(body));
    proxy.silence();
    const pending = subscriber.subscribe('more', ignore).then(
      () => assert.fail(),
      (error: Error) => error,
    );
    subscriber.close();
    subscriber.close();
    await held.close();
    assert.ok((await pending) instanceof ConnectionError);
    assert.deepEqual(states, ['connected', 'closed']);
    await assert.rejects(subscriber.subscribe('more', ignore), ClosedError);
    proxy.heal();
    await until(async () => (await other.publish('news', '1')) === 0);
    assert.deepEqual(seen, []);
  });

  it('closed while it tries to come back, it tries no more', async () => {
    const marker = new Subscriber({ dial, logger: silentLogger });
    await marker.connect();
    proxy.cut();
    await until(() => states.at(-1) === 'disconnected' && marker.state === 'disconnected');
    subscriber.close();
    const dialled = dials;
    proxy.heal();
    for (let round = 0; round < 3; round++) {
      await until(() => marker.state === 'connected');
      proxy.resetAll();
      await until(() => marker.state === 'disconnected');
    }
    await until(() => marker.state === 'connected');
    assert.deepEqual([dials, states.at(-1)], [dialled, 'closed']);
    marker.close();
  });
});
