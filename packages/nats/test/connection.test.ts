import assert from 'node:assert/strict';
import { type NatsServer, startNats, startNatsCluster, TcpProxy } from '@quayside/conformance/servers';
import { CapacityError, ClosedError, ConnectionError, type ConnectionState, silentLogger } from '@quayside/core';
import { Connection } from '#src/connection.js';
import { parseServers } from '#src/server-address.js';
import { ServerList } from '#src/server-list.js';
import type { Topic } from '#src/subscriptions.js';
import { FakeServer } from './fake-server.js';
import { until } from './until.js';

const never = new AbortController().signal;

describe('Connection', () => {
  const cleanUps: (() => unknown)[] = [];
  let server: NatsServer;
  let proxy: TcpProxy;

  function make(servers: string): Connection {
    const list = new ServerList(parseServers(servers) ?? [], () => 0);
    const settings = { name: 'test', dialTimeoutMs: 1_000, login: undefined, tls: undefined };
    const connection = new Connection({ servers: list, settings, logger: silentLogger, random: () => 0 });
    cleanUps.push(() => connection.close());
    return connection;
  }

  async function open(servers = `127.0.0.1:${proxy.port}`): Promise<Connection> {
    const connection = make(servers);
    await connection.connect();
    return connection;
  }

  /** What it tells of itself, from now on; the present state is left out. */
  function statesOf(connection: Connection): readonly ConnectionState[] {
    const states: ConnectionState[] = [];
    connection.onState((state) => void states.push(state));
    states.shift();
    return states;
  }

  function topicOf(subject: string, seen: string[] = []): Topic {
    return { subject, queue: undefined, receive: (_subject, body) => void seen.push(body) };
  }

  async function publish(connection: Connection, subject: string, body: string): Promise<void> {
    connection.line?.publish(subject, Buffer.from(body));
    await connection.line?.confirm();
  }

  async function fake(greeting?: string): Promise<FakeServer> {
    const faked = await FakeServer.start(greeting);
    cleanUps.push(() => faked.stop());
    return faked;
  }

  const subscriptionsOn = async ({ monitorUrl }: NatsServer) => {
    const { connections } = (await (await fetch(`${monitorUrl}/connz?subs=1`)).json()) as {
      readonly connections: readonly { readonly subscriptions_list?: readonly string[] }[];
    };
    return connections.flatMap((client) => client.subscriptions_list ?? []);
  };

  before(async () => {
    server = await startNats({ config: ['max_subscriptions: 20'] });
  });

  after(() => server.stop());

  beforeEach(async () => {
    proxy = await TcpProxy.start(server);
    cleanUps.push(() => proxy.stop());
  });

  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  });

  it('tells the present state first, and nobody anything after it was closed', async () => {
    const connection = await open();
    const told: ConnectionState[] = [];
    connection.onState((state) => void told.push(state));
    const unwatch = connection.onState((state) => assert.equal(state, 'connected'));
    unwatch();
    connection.close();
    connection.close();
    connection.onState((state) => void told.push(state));
    assert.deepEqual(told, ['connected', 'closed', 'closed']);
    await assert.rejects(connection.subscribe(topicOf('a'), never), ClosedError);
    await until(() => proxy.connectionCount === 0);
  });

  describe('connecting', () => {
    it('tries each server until one is ready', async () => {
      const silent = await fake('');
      const connection = await open(`127.0.0.1:1,127.0.0.1:${silent.port},127.0.0.1:${proxy.port}`);
      assert.equal(connection.line?.address, `127.0.0.1:${proxy.port}`);
      await until(() => silent.connectionCount === 0);
    });

    it('rejects with the reason of each server, and is closed then', async () => {
      const silent = await fake('');
      const connection = make(`127.0.0.1:1,127.0.0.1:${silent.port}`);
      await assert.rejects(connection.connect(), (error) => {
        return error instanceof ConnectionError && /ECONNREFUSED.*; .*no answer in time/.test(error.message);
      });
      assert.equal(connection.state, 'closed');
      await until(() => silent.connectionCount === 0);
    });

    it('is given up at once when its signal is aborted, also before', async () => {
      const silent = await fake('');
      const abort = new AbortController();
      const connecting = make(`127.0.0.1:${silent.port}`).connect(abort.signal);
      await until(() => silent.connectionCount > 0);
      abort.abort(new Error('enough'));
      await assert.rejects(connecting, (error) => error instanceof ConnectionError && (error.cause as Error).message === 'enough');
      await assert.rejects(make(`127.0.0.1:${silent.port}`).connect(abort.signal), ConnectionError);
      await until(() => silent.connectionCount === 0);
    });

    it('a signal that is aborted later changes nothing', async () => {
      const abort = new AbortController();
      const connection = make(`127.0.0.1:${proxy.port}`);
      await connection.connect(abort.signal);
      abort.abort();
      assert.equal(connection.state, 'connected');
    });
  });

  describe('after a loss', () => {
    it('is connected only when every subscription is restored and confirmed', async () => {
      const server = await fake();
      const connection = await open(`127.0.0.1:${server.port}`);
      const states = statesOf(connection);
      for (const subject of ['a', 'b']) await connection.subscribe(topicOf(subject), never);
      await (await connection.subscribe(topicOf('c'), never)).close();
      server.said.length = 0;
      server.answers = 1;
      server.hangUp();
      await until(() => server.said.filter((line) => line === 'PING').length === 2);
      assert.deepEqual(
        server.said.filter((line) => !line.startsWith('CONNECT')),
        ['PING', 'SUB a 1', 'SUB b 2', 'PING'],
      );
      assert.deepEqual([states, connection.line], [['disconnected'], undefined]);
      server.say('PONG\r\n');
      await until(() => connection.state === 'connected');
      assert.deepEqual(states, ['disconnected', 'connected']);
    });

    it('is dialled anew where the server does not confirm the restored subscriptions', async () => {
      const server = await fake();
      const connection = await open(`127.0.0.1:${server.port}`);
      const states = statesOf(connection);
      await connection.subscribe(topicOf('a'), never);
      server.answers = 1;
      server.hangUp();
      await until(() => server.said.filter((line) => line.startsWith('SUB')).length === 2);
      server.answers = Number.POSITIVE_INFINITY;
      server.hangUp();
      await until(() => connection.state === 'connected');
      assert.deepEqual(states, ['disconnected', 'connected']);
    });

    it('what was subscribed to is received again, once, and what was ended meanwhile is not', async () => {
      const [connection, other] = [await open(), await open(server.url)];
      const states = statesOf(connection);
      const [kept, ended]: [string[], string[]] = [[], []];
      await connection.subscribe(topicOf('kept', kept), never);
      const subscription = await connection.subscribe(topicOf('ended', ended), never);
      proxy.cut();
      await until(() => connection.state === 'disconnected');
      await subscription.close();
      await subscription.close();
      proxy.heal();
      await until(() => connection.state === 'connected');
      for (const subject of ['ended', 'kept']) await publish(other, subject, '1');
      await until(() => kept.length > 0);
      assert.deepEqual([kept, ended, states], [['1'], [], ['disconnected', 'connected']]);
      assert.deepEqual(await subscriptionsOn(server), ['kept']);
      assert.equal(connection.reconnects, 1);
    });

    it('is told within 5 s when the server falls silent behind an open socket, and what waits for it fails', async () => {
      const connection = await open();
      const states = statesOf(connection);
      proxy.silence();
      const begun = performance.now();
      await assert.rejects(connection.line?.confirm() ?? Promise.resolve(), ConnectionError);
      assert.deepEqual(states, ['disconnected']);
      assert.ok(performance.now() - begun < 5_000);
      proxy.heal();
      await until(() => connection.state === 'connected');
    });

    it('is told within 5 s also where more was sent than the socket takes', async () => {
      const connection = await open();
      await server.control?.pause();
      cleanUps.push(() => server.control?.resume());
      const chunk = Buffer.alloc(1024 * 1024);
      for (let index = 0; index < 32; index++) connection.line?.publish('a', chunk);
      const begun = performance.now();
      await until(() => connection.state === 'disconnected');
      assert.ok(performance.now() - begun < 5_000);
      await server.control?.resume();
      await until(() => connection.state === 'connected');
    });

    it('is none while the server is only slow', async () => {
      const connection = await open();
      const states = statesOf(connection);
      proxy.delay(1_200);
      for (let turn = 0; turn < 2; turn++) await connection.line?.confirm();
      assert.deepEqual(states, []);
    });

    it('is none while messages come in, whatever becomes of the pings', async () => {
      const server = await fake();
      const connection = await open(`127.0.0.1:${server.port}`);
      const states = statesOf(connection);
      const seen: string[] = [];
      await connection.subscribe(topicOf('a', seen), never);
      server.answers = 0;
      const talking = setInterval(() => server.say('MSG a 1 1\r\nx\r\n'), 300);
      cleanUps.push(() => clearInterval(talking));
      await until(() => seen.length === 18);
      assert.deepEqual(states, []);
    });

    it('goes to a server of which it was told meanwhile', async () => {
      const [first, second] = [await fake(), await fake()];
      const connection = await open(`127.0.0.1:${first.port}`);
      first.say(`INFO ${JSON.stringify({ server_id: 'fake', max_payload: 1024, connect_urls: [`127.0.0.1:${second.port}`] })}\r\n`);
      await connection.line?.confirm();
      await first.stop();
      await until(() => connection.line?.address === `127.0.0.1:${second.port}`);
    });

    it('goes to another server of the cluster, of which it was told by the first', async () => {
      const cluster = await startNatsCluster();
      cleanUps.push(() => cluster.stop());
      const [first] = cluster.nodes;
      assert.ok(first !== undefined);
      const connection = await open(first.url);
      const seen: string[] = [];
      await connection.subscribe(topicOf('a', seen), never);
      await first.control?.kill();
      await until(() => connection.state === 'disconnected');
      await until(() => connection.state === 'connected');
      assert.notEqual(connection.line?.address, `127.0.0.1:${first.port}`);
      await publish(connection, 'a', 'after');
      await until(() => seen.length > 0);
    });
  });

  describe('a subscription', () => {
    it('without a connection is refused at once', async () => {
      const connection = await open();
      proxy.cut();
      await until(() => connection.state === 'disconnected');
      await assert.rejects(connection.subscribe(topicOf('a'), never), ConnectionError);
      assert.equal(connection.subscriptionCount, 0);
    });

    it('cut before it was confirmed is refused, and does not come back', async () => {
      const server = await fake();
      const connection = await open(`127.0.0.1:${server.port}`);
      server.answers = 0;
      const subscribing = assert.rejects(connection.subscribe(topicOf('a'), never), ConnectionError);
      await until(() => server.said.includes('SUB a 1'));
      server.answers = Number.POSITIVE_INFINITY;
      server.said.length = 0;
      server.hangUp();
      await subscribing;
      await until(() => connection.state === 'connected');
      assert.deepEqual(
        server.said.filter((line) => line.startsWith('SUB')),
        [],
      );
    });

    it('aborted before it was confirmed is refused, and taken back', async () => {
      const server = await fake();
      const connection = await open(`127.0.0.1:${server.port}`);
      server.answers = 0;
      const abort = new AbortController();
      const subscribing = assert.rejects(connection.subscribe(topicOf('a'), abort.signal), ConnectionError);
      await until(() => server.said.includes('SUB a 1'));
      abort.abort();
      await subscribing;
      await until(() => server.said.includes('UNSUB 1'));
      assert.equal(connection.subscriptionCount, 0);
    });

    it('that the permissions forbid is a CapacityError, and disturbs no other', async () => {
      const server = await fake();
      const connection = await open(`127.0.0.1:${server.port}`);
      const states = statesOf(connection);
      await connection.subscribe(topicOf('good'), never);
      server.answers = 0;
      const [bad, fine] = [connection.subscribe(topicOf('bad'), never), connection.subscribe(topicOf('fine'), never)];
      const refused = assert.rejects(bad, (error) => error instanceof CapacityError && /'bad'/.test(error.message));
      await until(() => server.said.includes('SUB fine 3'));
      server.say(`-ERR 'Permissions Violation for Subscription to "bad"'\r\nPONG\r\nPONG\r\n`);
      await Promise.all([refused, fine]);
      assert.deepEqual([states, connection.subscriptionCount], [[], 2]);
    });

    it('that the permissions forbid is no loss of another one on the same subject', async () => {
      const server = await fake();
      const connection = await open(`127.0.0.1:${server.port}`);
      const states = statesOf(connection);
      await connection.subscribe({ ...topicOf('a'), queue: 'good' }, never);
      server.answers = 0;
      const refused = assert.rejects(connection.subscribe({ ...topicOf('a'), queue: 'bad' }, never), CapacityError);
      await until(() => server.said.includes('SUB a bad 2'));
      server.say(`-ERR 'Permissions Violation for Subscription to "a" using queue "bad"'\r\nPONG\r\n`);
      await refused;
      assert.deepEqual([states, connection.subscriptionCount], [[], 1]);
    });

    it('too many for the server is a CapacityError', async () => {
      const connection = await open();
      for (let index = 0; index < 20; index++) await connection.subscribe(topicOf(`a.${index}`), never);
      await assert.rejects(connection.subscribe(topicOf('a.20'), never), CapacityError);
      assert.equal((await subscriptionsOn(server)).length, 20);
    });

    it('that the server takes away later is a loss, and so for as long as it refuses to give it back', async () => {
      const server = await fake();
      const connection = await open(`127.0.0.1:${server.port}`);
      const states = statesOf(connection);
      await connection.subscribe(topicOf('a'), never);
      server.answers = 1;
      server.say(`-ERR 'Permissions Violation for Subscription to "a" (sid "1")'\r\n`);
      await until(() => server.said.filter((line) => line.startsWith('SUB')).length === 2);
      server.answers = Number.POSITIVE_INFINITY;
      server.say(`-ERR 'Permissions Violation for Subscription to "a"'\r\nPONG\r\n`);
      await until(() => server.said.filter((line) => line.startsWith('SUB')).length === 3);
      assert.equal(states[0], 'disconnected');
      await until(() => connection.state === 'connected');
      assert.deepEqual(states, ['disconnected', 'connected']);
    });

    it('on one server of a cluster gets what is published on another at once', async () => {
      const cluster = await startNatsCluster();
      cleanUps.push(() => cluster.stop());
      const [here, there] = [await open(cluster.nodes[0]?.url), await open(cluster.nodes[1]?.url)];
      const seen: string[] = [];
      for (let index = 0; index < 20; index++) {
        await here.subscribe(topicOf(`a.${index}`, seen), never);
        await publish(there, `a.${index}`, `${index}`);
      }
      await until(() => seen.length === 20);
    });

    it('cut or aborted while the other servers of a cluster hear of it is refused', async () => {
      const server = await fake(`INFO ${JSON.stringify({ server_id: 'fake', version: '2.9.10', max_payload: 1024, cluster: 'c' })}\r\n`);
      const connection = await open(`127.0.0.1:${server.port}`);
      await assert.rejects(connection.line?.confirm(AbortSignal.abort()) ?? Promise.resolve(), ConnectionError);
      for (const how of ['abort', 'cut']) {
        const abort = new AbortController();
        [server.answers, server.said.length] = [1, 0];
        const refused = assert.rejects(connection.subscribe(topicOf('a'), abort.signal), ConnectionError);
        await until(() => server.said.filter((line) => line === 'PING').length === 2);
        if (how === 'abort') abort.abort();
        else server.hangUp();
        await refused;
        assert.equal(connection.subscriptionCount, 0);
      }
    });

    it('ends within a second with the server silent, and receives nothing any more', async () => {
      const connection = await open();
      const subscription = await connection.subscribe(topicOf('a'), never);
      proxy.silence();
      const begun = performance.now();
      await subscription.close();
      assert.ok(performance.now() - begun < 1_000);
      assert.equal(connection.subscriptionCount, 0);
    });
  });

  describe('closing', () => {
    it('is done at once with the server silent, and ends what waits', async () => {
      const connection = await open();
      proxy.silence();
      const waiting = assert.rejects(connection.line?.confirm() ?? Promise.resolve(), ConnectionError);
      const subscribing = assert.rejects(connection.subscribe(topicOf('a'), never), ConnectionError);
      connection.close();
      await Promise.all([waiting, subscribing]);
      proxy.heal();
      await until(() => proxy.connectionCount === 0);
    });

    it('while it dials anew leaves nothing open', async () => {
      const server = await fake();
      const connection = await open(`127.0.0.1:${server.port}`);
      server.answers = 0;
      server.hangUp();
      await until(() => connection.state === 'disconnected' && server.connectionCount === 1);
      connection.close();
      await until(() => server.connectionCount === 0);
    });

    it('while it restores its subscriptions leaves nothing open', async () => {
      const server = await fake();
      const connection = await open(`127.0.0.1:${server.port}`);
      await connection.subscribe(topicOf('a'), never);
      server.said.length = 0;
      server.answers = 1;
      server.hangUp();
      await until(() => server.said.some((line) => line.startsWith('SUB')));
      connection.close();
      await until(() => server.connectionCount === 0);
      assert.equal(connection.state, 'closed');
    });
  });
});
