import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findBinary } from './binaries.js';
import { findFreePort } from './free-port.js';
import { MissingServerError } from './missing-server.js';
import { TcpProxy } from './proxy.js';
import { type RedisServer, type RedisServerOptions, startRedis } from './redis.js';
import { talkToRedis } from './redis-talk.js';
import { waitUntil } from './wait-until.js';

export interface RedisClusterOptions {
  readonly server?: RedisServerOptions;
  /** Of each master. Default 0. */
  readonly replicas?: 0 | 1;
  /** The nodes tell their clients the addresses of proxies, so that the way to them can be cut. */
  readonly proxied?: boolean;
}

export interface RedisCluster {
  readonly nodes: readonly RedisServer[];
  /** Of the nodes, in their order; empty without `proxied`. */
  readonly proxies: readonly TcpProxy[];
  /** Where clients find the nodes. */
  readonly addresses: readonly { readonly host: string; readonly port: number }[];
  /** Resolves when every node knows all slots to be served. */
  whenReady(): Promise<void>;
  stop(): Promise<void>;
}

const masters = 3;

/** Three masters on loopback, with a replica each if asked for. Needs redis-server and redis-cli. */
export async function startRedisCluster(options: RedisClusterOptions = {}): Promise<RedisCluster> {
  const cli = findBinary('redis-cli');
  if (cli === undefined || findBinary('redis-server') === undefined) throw new MissingServerError('Redis Cluster', 'redis-server');
  const { server = {}, replicas = 0, proxied = false } = options;
  const nodes: RedisServer[] = [];
  const proxies: TcpProxy[] = [];
  const stop = async () => {
    await Promise.all([...proxies.map((proxy) => proxy.stop()), ...nodes.map((node) => node.stop())]);
  };
  try {
    for (let index = 0; index < masters * (1 + replicas); index++) {
      const busPort = await findFreePort();
      const proxyPort = proxied ? await findFreePort() : undefined;
      const node = await startRedis({ ...server, config: [...(server.config ?? []), ...clusterConfig(busPort, proxyPort)] });
      nodes.push(node);
      if (proxyPort !== undefined) proxies.push(await TcpProxy.start(node, proxyPort));
    }
    const real = nodes.map(({ host, port }) => `${host}:${port}`);
    await promisify(execFile)(cli, ['--cluster', 'create', ...real, '--cluster-replicas', String(replicas), '--cluster-yes']);
    await whenReady(nodes);
  } catch (error) {
    await stop();
    throw error;
  }
  const addresses = proxied ? proxies.map(({ port }) => ({ host: '127.0.0.1', port })) : nodes.map(({ host, port }) => ({ host, port }));
  return { nodes, proxies, addresses, whenReady: () => whenReady(nodes), stop };
}

function clusterConfig(busPort: number, proxyPort: number | undefined): readonly string[] {
  const config = ['cluster-enabled yes', `cluster-port ${busPort}`, 'cluster-node-timeout 2000', 'cluster-announce-ip 127.0.0.1'];
  return proxyPort === undefined ? config : [...config, `cluster-announce-port ${proxyPort}`];
}

async function whenReady(nodes: readonly RedisServer[]): Promise<void> {
  await waitUntil('the cluster to form', async () => {
    const states = await Promise.all(nodes.map((node) => readState(node, nodes.length)));
    return states.every(({ isServing }) => isServing) && states.filter(({ isReplica }) => isReplica).length === nodes.length - masters;
  });
}

async function readState(node: RedisServer, count: number): Promise<{ readonly isServing: boolean; readonly isReplica: boolean }> {
  const cluster = await talkToRedis(node, 'CLUSTER INFO').catch(() => '');
  const replication = await talkToRedis(node, 'INFO replication').catch(() => '');
  return {
    isServing: cluster.includes('cluster_state:ok') && cluster.includes(`cluster_known_nodes:${count}`),
    isReplica: replication.includes('role:slave') && replication.includes('master_link_status:up'),
  };
}
