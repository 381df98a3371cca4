import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import {
  type NatsServer,
  type NatsServerOptions,
  startNats,
  startNatsCluster,
  startRedisCluster,
  talkToRedis,
} from '#src/servers/index.js';

/** What the server says of itself when someone comes. */
async function greetingOf({ port }: NatsServer): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const [data] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return data.toString();
}

/** Which of three nodes holds the key: the one that does not point to another. */
async function holderOf(addresses: readonly { readonly host: string; readonly port: number }[], key: string): Promise<number> {
  const answers = await Promise.all(addresses.map((address) => talkToRedis(address, `GET ${key}`)));
  assert.equal(answers.filter((answer) => answer.startsWith('-MOVED')).length, 2);
  return answers.findIndex((answer) => !answer.startsWith('-MOVED'));
}

describe('servers: clusters and NATS', () => {
  it('three Redis masters share the slots, and serve them again after all were killed', async () => {
    const cluster = await startRedisCluster({ server: { appendFsync: 'no' } });
    const holder = await holderOf(cluster.addresses, 'key');
    await talkToRedis(cluster.nodes[holder] ?? assert.fail(), 'SET key 1');
    await Promise.all(cluster.nodes.map((node) => node.control?.kill()));
    await Promise.all(cluster.nodes.map((node) => node.control?.restart()));
    await cluster.whenReady();
    assert.equal(await talkToRedis(cluster.nodes[holder] ?? assert.fail(), 'GET key'), '1');
    await cluster.stop();
  });

  it('a proxied Redis Cluster sends its clients through the proxies', async () => {
    const cluster = await startRedisCluster({ proxied: true });
    const [first] = cluster.addresses;
    const moved = await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((key) => talkToRedis(first ?? assert.fail(), `GET ${key}`)));
    const named = moved.filter((answer) => answer.startsWith('-MOVED')).map((answer) => Number(answer.split(':').at(-1)));
    assert.ok(named.length > 0);
    for (const port of named) assert.ok(cluster.proxies.some((proxy) => proxy.port === port));
    await cluster.stop();
  });

  it('a NATS server answers when start resolves, has its port again after a restart, and asks for what its options say', async () => {
    const plain = await startNats({ jetStream: true });
    assert.match(await greetingOf(plain), /^INFO .*"jetstream":true/);
    await plain.control?.kill();
    await plain.control?.restart();
    assert.match(await greetingOf(plain), /^INFO /);
    await plain.stop();
    const guarded: readonly NatsServerOptions[] = [
      { token: 'secret' },
      { user: { name: 'worker', password: 'se"cret' } },
      { nkey: 'UD3KWH7HEFQZW3PHANP47HTP5VUGBFXGOFGUDQEOK7WNLQXPXVX6EYYV' },
    ];
    for (const options of guarded) {
      const server = await startNats(options);
      assert.match(await greetingOf(server), /"auth_required":true/);
      await server.stop();
    }
    const secure = await startNats({ tls: true });
    assert.match(await greetingOf(secure), /"tls_required":true/);
    assert.match(secure.ca ?? '', /BEGIN CERTIFICATE/);
    await secure.stop();
  });

  it('three NATS servers find each other, also after one was away', async () => {
    const cluster = await startNatsCluster({ jetStream: true });
    await cluster.nodes[0]?.control?.kill();
    await cluster.nodes[0]?.control?.restart();
    await cluster.whenReady();
    await cluster.stop();
  });
});
