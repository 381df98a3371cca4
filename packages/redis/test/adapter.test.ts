import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { startRedis, startRedisCluster, startRedisReplication } from '@quayside/conformance/servers';
import {
  CancelledError,
  ConfigError,
  ConnectionError,
  createQueue,
  type Logger,
  QuaysideError,
  silentLogger,
  systemClock,
} from '@quayside/core';
import { Redis } from 'ioredis';
import { adapter } from '#src/adapter.js';
import type { RedisOptions } from '#src/options.js';
import { checkServer } from '#src/server-check.js';
import { asking, call, message } from './messages-for-tests.js';
import { Opened } from './opened.js';
import { until } from './until.js';

describe('adapter.open', () => {
  let opened: Opened;

  before(async () => {
    opened = await Opened.start();
  });

  after(() => opened.stop());

  beforeEach(() => opened.begin());

  function refusal(options: RedisOptions, signal?: AbortSignal): Promise<Error> {
    return adapter.open(options, { clock: systemClock, logger: silentLogger, namespace: opened.namespace, signal }).then(
      async (backend) => {
        await backend.close();
        return assert.fail('it opened');
      },
      (error: Error) => error,
    );
  }

  const connectionsHere = async () => String(await opened.admin.client('LIST')).split(`name=${opened.namespace} `).length - 1;

  it('rejects where nobody listens, with a ConnectionError, without the password', async () => {
    const error = await refusal({ url: 'redis://user:hunter2@127.0.0.1:1' });
    assert.ok(error instanceof ConnectionError);
    assert.match(error.message, /ECONNREFUSED/);
    assert.doesNotMatch(`${error.stack} ${JSON.stringify(error)}`, /hunter2/);
  });

  it('rejects in its bound where something else answers, or nothing', async () => {
    for (const greeting of ['HTTP/1.1 400 Bad Request\r\n\r\n', '']) {
      const stranger = createServer((socket) => void socket.on('error', () => undefined).on('data', () => void socket.write(greeting)));
      await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
      const { port } = stranger.address() as { readonly port: number };
      assert.ok((await refusal({ host: '127.0.0.1', port })) instanceof ConnectionError);
      stranger.close();
    }
  });

  it('says that a password is wrong, or missing, and does not tell it', async () => {
    const guarded = await startRedis({ password: 'hunter2' });
    for (const password of ['tr0ub4dor', undefined]) {
      const error = await refusal({ host: guarded.host, port: guarded.port, password });
      assert.ok(error instanceof ConfigError, `${error}`);
      assert.match(error.message, /does not let us in/);
      assert.doesNotMatch(`${error.stack} ${JSON.stringify(error)}`, /hunter2|tr0ub4dor/);
    }
    const node = await startRedis({ password: 'hunter2', config: ['cluster-enabled yes'] });
    const ofCluster = await refusal({ cluster: [{ host: node.host, port: node.port }], password: 'tr0ub4dor' });
    assert.ok(ofCluster instanceof ConfigError && /does not let us in/.test(ofCluster.message), `${ofCluster}`);
    await node.stop();
    const backend = await adapter.open({ url: guarded.url }, { clock: systemClock, logger: silentLogger, namespace: 'ns' });
    await backend.close();
    await guarded.stop();
  });

  it('speaks TLS', async () => {
    const secured = await startRedis({ tls: true });
    const backend = await adapter.open(
      { host: secured.host, port: secured.port, tls: { ca: secured.ca } },
      {
        clock: systemClock,
        logger: silentLogger,
        namespace: 'ns',
      },
    );
    assert.equal((await backend.health()).status, 'up');
    await backend.close();
    await secured.stop();
  });

  it('gives up at once when nobody waits for it any more, and leaves nothing open', async () => {
    assert.ok((await refusal({ url: opened.server.url }, AbortSignal.abort())) instanceof CancelledError);
    const abort = new AbortController();
    const opening = refusal({ url: opened.server.url }, abort.signal);
    setImmediate(() => abort.abort());
    assert.ok((await opening) instanceof CancelledError);
    await until(async () => (await connectionsHere()) === 0);
  });

  it('refuses what a later version of the library wrote, and leaves nothing open', async () => {
    await opened.admin.set(`${opened.namespace}:layout`, '7');
    const error = await refusal({ url: opened.server.url });
    assert.ok(error instanceof ConfigError);
    assert.match(error.message, /layout version 7; this library knows up to 1/);
    await until(async () => (await connectionsHere()) === 0);
  });

  it('uses the prefix, the database and the client that it is given', async () => {
    const made: Redis[] = [];
    const createClient: RedisOptions['createClient'] = (options) => {
      const client = new Redis(options);
      made.push(client);
      return client;
    };
    const store = (await opened.open(systemClock, { url: `${opened.server.url}/3`, keyPrefix: 'shop', createClient })).queue();
    await store.publish([message()], call());
    assert.equal(made.length, 2);
    const other = opened.admin.duplicate({ db: 3 });
    assert.equal(await other.llen('shop:queue:{q}:normal'), 1);
    await other.flushdb();
    other.disconnect();
  });

  it('warns of an eviction policy that may drop messages, and says so in its health', async () => {
    const warnings: string[] = [];
    const logger: Logger = { ...silentLogger, warn: (_fields, text) => void warnings.push(text) };
    for (const [policy, status] of [
      ['noeviction', 'up'],
      ['volatile-lru', 'up'],
      ['allkeys-lru', 'degraded'],
    ] as const) {
      await opened.admin.config('SET', 'maxmemory-policy', policy);
      warnings.length = 0;
      const { backend } = await opened.open(systemClock, undefined, logger);
      const health = await backend.health();
      assert.equal(health.status, status, policy);
      assert.equal(warnings.length, status === 'up' ? 0 : 1, policy);
    }
    await opened.admin.config('SET', 'maxmemory-policy', 'noeviction');
  });

  it('needs no more rights than README.md lists', async () => {
    const rights = [
      `~${opened.namespace}:*`,
      `&${opened.namespace}:*`,
      '+@hash',
      '+@list',
      '+@sortedset',
      '+@string',
      '+@pubsub',
      '+@scripting',
      '+exists',
      '+unlink',
      '+ping',
      '+info',
      '+time',
      '+hello',
      '+client|setname',
      '+select',
    ];
    await opened.admin.call('ACL', 'SETUSER', 'narrow', 'reset', 'on', '>secret', ...rights);
    const { queue, records, backend } = await opened.open(systemClock, {
      host: opened.server.host,
      port: opened.server.port,
      username: 'narrow',
      password: 'secret',
    });
    const store = queue();
    await store.publish([message({ delayMs: 10, deduplication: { id: 'w', windowMs: 5 } }), message()], call({ checkIds: true }));
    const { claims } = await store.exchange([], asking(5));
    await store.exchange(claims.map(({ receipt }) => ({ receipt, outcome: 'dead', reason: 'corrupt', isStarted: false, error: 'x' })));
    await store.redrive(claims.map(({ receipt }) => receipt.id));
    await store.cancel(['x']);
    await store.stats();
    await store.clear('everything', 100);
    await store.clear('everything', 100);
    await records().write([{ key: 'k', when: 'any', state: 's' }]);
    assert.equal((await backend.health()).status, 'up');
  });

  describe('with servers of another kind', () => {
    it('works on a cluster, finds its nodes from one of them, and refuses one where the other is meant', async function () {
      this.timeout(60_000);
      const cluster = await startRedisCluster();
      const [address] = cluster.addresses;
      assert.ok(address !== undefined);
      const asSingle = await refusal({ host: address.host, port: address.port });
      assert.match(asSingle.message, /give its nodes as `cluster`/);
      const { queue, records, backend } = await opened.open(systemClock, { cluster: [address] });
      // At once, while most of its nodes have not been dialled yet.
      const calls = Array.from({ length: 60 }, (_, index) => queue(`first${index % 6}`).publish([message()], call()));
      assert.ok((await Promise.all(calls)).every(([outcome]) => outcome?.status === 'published'));
      for (let index = 0; index < 12; index++) {
        const store = queue(`q${index}`);
        await store.publish([message(), message()], call());
        const { claims } = await store.exchange([], asking(2));
        const { settled } = await store.exchange(claims.map(({ receipt }) => ({ receipt, outcome: 'complete' })));
        assert.deepEqual(settled, ['settled', 'settled']);
        await records(`kind${index}`).write([{ key: 'k', when: 'absent', state: 's' }]);
        assert.equal((await records(`kind${index}`).list('s', undefined, 5)).items.length, 1);
      }
      const waiter = queue('waits');
      const woken = waiter.wait(4_000, new AbortController().signal);
      const other = (await opened.open(systemClock, { cluster: [address] })).queue('waits');
      let isWoken = false;
      void woken.then(() => (isWoken = true));
      await until(async () => {
        await other.publish([message()], call());
        return isWoken;
      });
      assert.equal((await backend.health()).status, 'up');
      await cluster.stop();
      const asCluster = await refusal({ cluster: [{ host: opened.server.host, port: opened.server.port }] });
      assert.ok(asCluster instanceof QuaysideError, `${asCluster}`);
    });

    it('finds the master behind a sentinel, and the next one after a failover; refuses the sentinel itself', async function () {
      this.timeout(60_000);
      const replication = await startRedisReplication();
      const { sentinel, masterName, first, second } = replication;
      const itself = await refusal({ host: sentinel.host, port: sentinel.port });
      assert.match(itself.message, /this is a sentinel/);
      const replica = await refusal({ host: second.host, port: second.port });
      assert.ok(replica instanceof ConnectionError);
      assert.match(replica.message, /it is a replica/);
      const { queue } = await opened.open(systemClock, {
        sentinels: [{ host: sentinel.host, port: sentinel.port }],
        sentinelName: masterName,
      });
      const jobs = createQueue('jobs', { store: queue('jobs') });
      await jobs.publish('task', 1);
      // What the replica does not have yet would be lost: replication is asynchronous.
      const replicated = new Redis(second.url);
      await until(async () => (await replicated.llen(`${opened.namespace}:queue:{jobs}:normal`)) === 1);
      replicated.disconnect();
      await first.control?.kill();
      await jobs.publish('task', 2, { publishTimeout: '30s' });
      assert.equal((await jobs.stats()).total_published, 2);
      await jobs.stop({ graceMs: 0 });
      await replication.stop();
    });

    it('refuses a server that is too old', async () => {
      const old = { send: async () => '# Server\r\nredis_version:6.0.16\r\nredis_mode:standalone\r\n' };
      await assert.rejects(checkServer(old, false, silentLogger), (error) => {
        return error instanceof ConfigError && /6\.0\.16; the oldest that will do is 6\.2/.test(error.message);
      });
    });
  });

  describe('close', () => {
    it('takes less than a second, also with the server frozen, and rejects what is under way', async () => {
      const frozen = await startRedis({ config: [] });
      const backend = await adapter.open({ url: frozen.url }, { clock: systemClock, logger: silentLogger, namespace: 'ns' });
      const store = backend.queueStore?.('q');
      await frozen.control?.pause();
      const underWay = store?.publish([message()], call()).catch((error: unknown) => error);
      const begun = performance.now();
      await backend.close();
      await backend.close();
      assert.ok(performance.now() - begun < 1_000);
      const error = await underWay;
      assert.ok(error instanceof ConnectionError && error.outcome === 'unknown', `${error}`);
      await frozen.control?.resume();
      await frozen.stop();
    });

    it('every later call rejects with ClosedError, and health says down', async () => {
      const { backend, queue, records } = await opened.open();
      const [store, kept] = [queue(), records()];
      await backend.close();
      await assert.rejects(store.stats(), { code: 'ERR_QUAYSIDE_CLOSED' });
      await assert.rejects(store.wait(10, new AbortController().signal), { code: 'ERR_QUAYSIDE_CLOSED' });
      await assert.rejects(kept.read(['k']), { code: 'ERR_QUAYSIDE_CLOSED' });
      assert.throws(() => backend.queueStore?.('q'), { code: 'ERR_QUAYSIDE_CLOSED' });
      assert.deepEqual(await backend.health(), { status: 'down', reason: 'closed' });
    });
  });
});
