import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findBinary } from './binaries.js';
import { makeServerFolder } from './folder.js';
import { findFreePort } from './free-port.js';
import { MissingServerError } from './missing-server.js';
import { type RedisServer, type RedisServerOptions, startRedis } from './redis.js';
import { isRedisReady, type RedisAddress, talkToRedis } from './redis-talk.js';
import { type ServerControl, ServerProcess } from './server-process.js';
import { waitUntil } from './wait-until.js';

export interface RedisSentinel extends RedisAddress {
  readonly control: ServerControl;
  stop(): Promise<void>;
}

/** A master and its replica, watched by one sentinel that fails over after a second of silence. */
export interface RedisReplication {
  /** The one that began as the master, and the one that began as its replica. */
  readonly first: RedisServer;
  readonly second: RedisServer;
  readonly sentinel: RedisSentinel;
  /** As clients ask the sentinel for it. */
  readonly masterName: string;
  stop(): Promise<void>;
}

const masterName = 'quayside';

/** Resolves when the replica is in sync and the sentinel knows it. Needs redis-server, which is the sentinel too. */
export async function startRedisReplication(options: RedisServerOptions = {}): Promise<RedisReplication> {
  const binary = findBinary('redis-server');
  if (binary === undefined) throw new MissingServerError('replicated Redis', 'redis-server');
  const started: { stop(): Promise<void> }[] = [];
  const stop = async () => {
    await Promise.all(started.map((server) => server.stop()));
  };
  try {
    const common = options.config ?? [];
    const first = await startRedis({ ...options, config: [...common, 'repl-diskless-sync-delay 0'] });
    started.push(first);
    const second = await startRedis({
      ...options,
      config: [...common, 'repl-diskless-sync-delay 0', `replicaof ${first.host} ${first.port}`],
    });
    started.push(second);
    const sentinel = await startSentinel(binary, first);
    started.push(sentinel);
    await waitUntil('the replica to be in sync', async () => {
      if (!(await talkToRedis(second, 'INFO replication')).includes('master_link_status:up')) return false;
      return (await talkToRedis(first, 'INFO replication')).includes('state=online');
    });
    await waitUntil('the sentinel to know the replica', async () => (await talkToRedis(sentinel, 'INFO sentinel')).includes('slaves=1'));
    return { first, second, sentinel, masterName, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startSentinel(file: string, master: RedisServer): Promise<RedisSentinel> {
  const folder = makeServerFolder('sentinel');
  const port = await findFreePort();
  const config = [
    'bind 127.0.0.1',
    `port ${port}`,
    `dir ${folder}`,
    `sentinel monitor ${masterName} ${master.host} ${master.port} 1`,
    `sentinel down-after-milliseconds ${masterName} 1000`,
    `sentinel failover-timeout ${masterName} 4000`,
  ];
  writeFileSync(join(folder, 'sentinel.conf'), config.map((line) => `${line}\n`).join(''));
  const address = { host: '127.0.0.1', port };
  const process = await ServerProcess.start({
    name: 'redis-server --sentinel',
    file,
    args: ['sentinel.conf', '--sentinel'],
    folder,
    isReady: () => isRedisReady(address),
  });
  return { ...address, control: process, stop: () => process.stop() };
}
