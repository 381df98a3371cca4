/** The Redis adapter on a cluster of three masters of its own, on their clock. What hurts the server hurts all three. */
import { adapter } from '@quayside/redis';
import type { Harness } from '../harness.js';
import { type ServerControl, startRedisCluster } from '../servers/index.js';
import { packageVersion } from '../versions.js';
import { openUnreachable } from './redis.js';
import { RedisAdmin } from './redis-admin.js';

/** Starts the cluster. */
export async function openRedisClusterHarness(): Promise<Harness> {
  const cluster = await startRedisCluster({ server: { appendFsync: 'no' }, proxied: true });
  const admins = await Promise.all(cluster.nodes.map((node) => RedisAdmin.open(node)));
  const [first] = admins;
  /** What each node says, in one list. */
  const gather = async <T>(ask: (admin: RedisAdmin) => Promise<readonly T[]>) => (await Promise.all(admins.map(ask))).flat();
  const each = async (work: (admin: RedisAdmin) => Promise<void>) => void (await Promise.all(admins.map(work)));
  const control = async (work: (server: ServerControl) => Promise<void>) => {
    await Promise.all(cluster.nodes.map((node) => node.control && work(node.control)));
  };
  return {
    name: 'redis-cluster',
    clock: 'server',
    open: (context) => adapter.open({ cluster: cluster.addresses }, context),
    faults: {
      kill: () => control((server) => server.kill()),
      async restart() {
        await control((server) => server.restart());
        await Promise.all([cluster.whenReady(), ...admins.map((admin) => admin.reconnect())]);
      },
      pause: () => control((server) => server.pause()),
      async resume() {
        await control((server) => server.resume());
        await cluster.whenReady();
      },
      cut: async () => cluster.proxies.forEach((proxy) => void proxy.cut()),
      heal: async () => cluster.proxies.forEach((proxy) => void proxy.heal()),
      fill: () => each((admin) => admin.fill()),
      relieve: () => each((admin) => admin.relieve()),
      orphan: (namespace, queue, id) => each((admin) => admin.orphan(namespace, queue, id)),
      exhaustCounters: (namespace, queue) => each((admin) => admin.exhaustCounters(namespace, queue)),
      newerLayout: (namespace) => each((admin) => admin.newerLayout(namespace)),
    },
    keys: (namespace) => gather((admin) => admin.keys(namespace)),
    openUnreachable,
    versions: async () => ({ '@quayside/redis': packageVersion('@quayside/redis'), redis: (await first?.version()) ?? 'unknown' }),
    async close() {
      for (const admin of admins) admin.close();
      await cluster.stop();
    },
  };
}
