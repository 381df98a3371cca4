import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { MissingServerError, type RedisServer, startRedis, startRedisReplication, talkToRedis } from '#src/servers/index.js';

/** Of tests only: a server of our own has it. */
function controlOf(server: RedisServer) {
  if (server.control === undefined) throw new Error('this test needs an installed redis-server');
  return server.control;
}

const serverFolders = () => readdirSync(tmpdir()).filter((name) => name.startsWith('quayside-redis-'));

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}

const isRefused = (server: RedisServer) =>
  talkToRedis(server, 'PING').then(
    () => false,
    () => true,
  );

describe('servers: Redis', () => {
  it('a server answers when start resolves, on a port of its own, and is gone with its files when it was stopped', async () => {
    const before = serverFolders();
    const [one, two] = await Promise.all([startRedis({ config: [] }), startRedis({ config: [] })]);
    assert.notEqual(one.port, two.port);
    assert.equal(await talkToRedis(one, 'SET key 1'), '+OK');
    assert.equal(await talkToRedis(two, 'GET key'), '$-1');
    await Promise.all([one.stop(), two.stop()]);
    await one.stop();
    assert.ok(await isRefused(one));
    assert.deepEqual(
      serverFolders().filter((name) => !before.includes(name)),
      [],
    );
  });

  it('killed and restarted it has its address, and the data that an append-only file kept', async () => {
    for (const [appendFsync, kept] of [
      ['no', '1'],
      [undefined, '$-1'],
    ] as const) {
      const server = await startRedis({ appendFsync });
      await talkToRedis(server, 'SET key 1');
      await controlOf(server).kill();
      assert.ok(await isRefused(server));
      await controlOf(server).restart();
      assert.equal(await talkToRedis(server, 'GET key'), kept);
      await server.stop();
    }
  });

  it('paused it says nothing, resumed it goes on', async () => {
    const server = await startRedis({ config: [] });
    await controlOf(server).pause();
    await assert.rejects(talkToRedis(server, 'PING'), /no answer/);
    await controlOf(server).resume();
    assert.equal(await talkToRedis(server, 'PING'), '+PONG');
    await server.stop();
  });

  it('a password, a user of its own, and TLS are asked of every client', async () => {
    for (const options of [{ password: 'secret' }, { username: 'worker', password: 'secret' }, { tls: true, password: 'secret' }]) {
      const server = await startRedis(options);
      assert.equal(await talkToRedis(server, 'PING'), '+PONG');
      const stranger = { host: server.host, port: server.port, ca: server.ca };
      assert.match(await talkToRedis(stranger, 'PING'), /^-NOAUTH/);
      if (options.tls) await assert.rejects(talkToRedis({ ...server, ca: undefined }, 'PING'));
      assert.equal(new URL(server.url).protocol, options.tls ? 'rediss:' : 'redis:');
      await server.stop();
    }
  });

  it('past its memory it refuses to take more', async () => {
    const server = await startRedis({ maxMemory: '1mb' });
    const answers: string[] = [];
    for (let index = 0; index < 40; index++) answers.push(await talkToRedis(server, `SET key-${index} ${'x'.repeat(50_000)}`));
    assert.match(answers.at(-1) ?? '', /^-OOM/);
    await server.stop();
  });

  it('one that can not start says why, and leaves nothing', async () => {
    const before = serverFolders();
    await assert.rejects(startRedis({ config: ['no-such-directive yes'] }), /did not start.*\n[\s\S]*no-such-directive/);
    assert.deepEqual(
      serverFolders().filter((name) => !before.includes(name)),
      [],
    );
  });

  it('the server that the environment names is taken as it is, unless options ask for another', async () => {
    const own = await startRedis({ password: 'se/cret' });
    const before = process.env.QUAYSIDE_TEST_REDIS_URL;
    process.env.QUAYSIDE_TEST_REDIS_URL = own.url;
    try {
      const given = await startRedis();
      assert.deepEqual([given.port, given.password, given.control], [own.port, 'se/cret', undefined]);
      await given.stop();
      assert.equal(await talkToRedis(given, 'PING'), '+PONG');
      const other = await startRedis({ appendFsync: 'no' });
      assert.notEqual(other.port, own.port);
      await other.stop();
    } finally {
      if (before === undefined) delete process.env.QUAYSIDE_TEST_REDIS_URL;
      else process.env.QUAYSIDE_TEST_REDIS_URL = before;
      await own.stop();
    }
  });

  it('where none can be had, the error names the ways to get one, in one line', () => {
    const { message } = new MissingServerError('Redis server', 'redis-server', 'QUAYSIDE_TEST_REDIS_URL');
    for (const way of ['QUAYSIDE_TEST_REDIS_URL', 'apt-get install redis-server', 'brew install redis)', 'Docker'])
      assert.ok(message.includes(way), way);
    assert.ok(!message.includes('\n'));
  });

  for (const ending of [
    'process.kill(process.pid, "SIGKILL")',
    'process.kill(process.pid, "SIGINT")',
    'throw new Error("lost")',
    'process.exit()',
    '',
  ]) {
    it(`a server ends, and its files go, with the process that started it: ${ending || 'it just ends'}`, async () => {
      const script = `
        import { startRedis } from ${JSON.stringify(import.meta.resolve('#src/servers/index.js'))};
        const dead = await startRedis({ config: [] });
        await dead.control.kill();
        const server = await startRedis({ config: [] });
        process.stdout.write(String(server.port) + '\\n');
        ${ending}`;
      const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
      let said = '';
      child.stdout.setEncoding('utf8').on('data', (data: string) => {
        said += data;
      });
      const before = serverFolders();
      await once(child, 'close');
      const server = { host: '127.0.0.1', port: Number(said) };
      assert.ok(server.port > 0);
      await until(async () => {
        const isGone = await talkToRedis(server, 'PING').then(
          () => false,
          () => true,
        );
        return isGone && serverFolders().every((name) => before.includes(name) || !existsSync(`${tmpdir()}/${name}`));
      });
    });
  }

  it('a master that dies is followed by its replica', async () => {
    const { first, second, sentinel, masterName, stop } = await startRedisReplication();
    assert.match(await talkToRedis(first, 'INFO replication'), /role:master[\s\S]*state=online/);
    await controlOf(first).kill();
    // A server that changes its role hangs up on its clients.
    const roleOf = (server: typeof second) => talkToRedis(server, 'INFO replication').catch(() => 'it hung up');
    await until(async () => (await roleOf(second)).includes('role:master'));
    await until(async () => (await talkToRedis(sentinel, `SENTINEL MASTER ${masterName}`)).length > 0);
    await stop();
  });
});
