import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type RedisServer, startRedis } from '@quayside/conformance/servers';
import { type Adapter, ConfigError, QueueManager, UnsupportedFeatureError } from '@quayside/core';
import { Redis, type RedisOptions } from 'ioredis';
import { adapter } from '#src/index.js';
import type { BlockingWork } from './blocking-worker.js';
import { until } from './until.js';

const program = fileURLToPath(new URL('./blocking-worker.js', import.meta.url));
const visibilitySeconds = 2;

/** The process whose handler blocks, and what it said. */
class BlockingProcess {
  readonly child: ChildProcess;
  readonly said: string[] = [];

  constructor(work: BlockingWork) {
    this.child = fork(program, [JSON.stringify(work)], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
    assert.ok(this.child.stdout);
    createInterface(this.child.stdout).on('line', (line) => this.said.push(line));
  }

  async says(line: string): Promise<void> {
    await until(() => this.said.includes(line));
  }

  async end(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }
}

describe('a heartbeat on a thread', function () {
  this.timeout(30_000);
  let server: RedisServer;
  let blocking: BlockingProcess | undefined;
  let manager: QueueManager | undefined;

  before(async () => {
    server = await startRedis();
  });
  afterEach(async () => {
    await blocking?.end();
    await manager?.stop({ graceMs: 0 });
  });
  after(() => server.stop());

  /** A message whose handler blocks its process, and another worker that would take it. Answers the attempts that this one saw. */
  async function block(work: Pick<BlockingWork, 'heartbeat' | 'blockMs' | 'maxBlockedSeconds'>): Promise<readonly number[]> {
    const namespace = randomUUID();
    blocking = new BlockingProcess({ url: server.url, namespace, visibilitySeconds, ...work });
    await blocking.says('ready');
    manager = await QueueManager.create(
      { namespace, message_queue: { type: 'redis', visibility_timeout: visibilitySeconds }, backends: { redis: { url: server.url } } },
      { env: {} },
    );
    await manager.queue().publish('work', 1);
    await blocking.says('started 1');
    const attempts: number[] = [];
    manager.queue().process('work', (_, { attempt }) => void attempts.push(attempt));
    await manager.start();
    return attempts;
  }

  it('keeps the lease of a handler that blocks the event loop for longer than it lasts: completed once, at its first attempt', async () => {
    const attempts = await block({ heartbeat: 'thread', blockMs: 5_000 });
    await blocking?.says('settled complete');
    assert.deepEqual(attempts, []);
    const { total_processed, total_stalled } = (await manager?.queue().stats()) ?? {};
    assert.deepEqual([total_processed, total_stalled], [1, 0]);
  });

  it('is what keeps it: without, another process takes the message over', async () => {
    const attempts = await block({ heartbeat: 'event-loop', blockMs: 5_000 });
    await until(() => attempts.length > 0);
    assert.deepEqual(attempts, [2]);
  });

  it('lets go of it once the event loop is blocked for longer than max_blocked', async () => {
    const attempts = await block({ heartbeat: 'thread', blockMs: 12_000, maxBlockedSeconds: 3 });
    await until(() => attempts.length > 0);
    assert.deepEqual(attempts, [2]);
  });

  it('ends with its process: a killed one is recovered as soon as without it', async () => {
    const attempts = await block({ heartbeat: 'thread', blockMs: 20_000 });
    blocking?.child.kill('SIGKILL');
    await until(() => attempts.length > 0);
    assert.deepEqual(attempts, [2]);
  });

  it('has two connections of its own, and leaves none open', async () => {
    const name = randomUUID();
    const config = {
      namespace: name,
      message_queue: { type: 'redis', heartbeat: 'thread' as const },
      backends: { redis: { url: server.url } },
    };
    const admin = new Redis(server.url);
    const connections = async () =>
      String(await admin.client('LIST'))
        .trim()
        .split('\n').length;
    const before = await connections();
    const own = await QueueManager.create(config, { env: {} });
    assert.equal((await connections()) - before, 4);
    await own.stop();
    await until(async () => (await connections()) === before);
    admin.disconnect();
  });

  it('is refused, by name, where it can not be had', async () => {
    const given = { message_queue: { type: 'redis', heartbeat: 'thread' as const } };
    const plain = { redis: { url: server.url } };
    const short = { ...given.message_queue, visibility_timeout: 1 };
    await assert.rejects(QueueManager.create({ message_queue: short, backends: plain }, { env: {} }), ConfigError);
    const withFunction = { redis: { url: server.url, createClient: (options: RedisOptions) => new Redis(options) } };
    await assert.rejects(QueueManager.create({ ...given, backends: withFunction }, { env: {} }), UnsupportedFeatureError);
    const unnamed = { adapters: [adapter as Adapter], env: {} };
    await assert.rejects(QueueManager.create({ ...given, backends: plain }, unnamed), UnsupportedFeatureError);
  });
});
