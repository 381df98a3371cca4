/** The Redis adapter on a real server: its own, which can be hurt, or the one that QUAYSIDE_TEST_REDIS_URL names. */
import { adapter } from '@quayside/redis';
import type { Faults, Harness } from '../harness.js';
import { findFreePort } from '../servers/free-port.js';
import { type RedisServer, startRedis, TcpProxy, urlOf } from '../servers/index.js';
import { packageVersion } from '../versions.js';
import { RedisAdmin } from './redis-admin.js';
import { RedisBarrier } from './redis-barrier.js';

/** Starts the server. On a test clock the adapter's scripts are given the time; else the server's rules. */
export async function openRedisHarness(name: string, clock: Harness['clock']): Promise<Harness> {
  const isGiven = process.env.QUAYSIDE_TEST_REDIS_URL !== undefined;
  const server = await startRedis(isGiven ? {} : { appendFsync: 'no' });
  const proxy = server.control === undefined ? undefined : await TcpProxy.start(server);
  const admin = await RedisAdmin.open(server);
  const barrier = new RedisBarrier((channel, body) => admin.publish(channel, body));
  const way: Way = { isHurt: false };
  const url = proxy === undefined ? server.url : urlOf({ ...server, host: '127.0.0.1', port: proxy.port });
  return {
    name,
    clock,
    async open(context) {
      const backend = await adapter.open({ url }, context);
      if (clock === 'test') await barrier.add(context.namespace, backend);
      return backend;
    },
    faults: { ...dataFaults(admin), ...serverFaults(server, proxy, admin, way) },
    keys: (namespace) => admin.keys(namespace),
    connections: (namespace) => admin.connections(namespace),
    // A server that was hurt pushes nothing that could be waited for.
    settlePushes: async (namespace) => (way.isHurt ? undefined : barrier.pass(namespace)),
    openUnreachable,
    versions: async () => ({ '@quayside/redis': packageVersion('@quayside/redis'), redis: await admin.version() }),
    async close() {
      admin.close();
      await proxy?.stop();
      await server.stop();
    },
  };
}

/** What `open` does where nobody listens. */
export async function openUnreachable(context: Parameters<Harness['open']>[0], password: string): ReturnType<Harness['open']> {
  const address = { host: '127.0.0.1', port: await findFreePort(), username: 'worker', password };
  return adapter.open({ url: urlOf(address) }, context);
}

function dataFaults(admin: RedisAdmin): Faults {
  return {
    orphan: (namespace, queue, id) => admin.orphan(namespace, queue, id),
    exhaustCounters: (namespace, queue) => admin.exhaustCounters(namespace, queue),
    newerLayout: (namespace) => admin.newerLayout(namespace),
  };
}

/** Whether server and clients can hear each other now. */
interface Way {
  isHurt: boolean;
}

/** Only of a server of our own. */
function serverFaults({ control }: RedisServer, proxy: TcpProxy | undefined, admin: RedisAdmin, way: Way): Faults {
  if (control === undefined || proxy === undefined) return {};
  const hurt = async (work: () => Promise<void> | void) => {
    way.isHurt = true;
    await work();
  };
  const mend = async (work: () => Promise<void> | void) => {
    await work();
    way.isHurt = false;
  };
  return {
    kill: () => hurt(() => control.kill()),
    restart: () =>
      mend(async () => {
        await control.restart();
        await admin.reconnect();
      }),
    pause: () => hurt(() => control.pause()),
    resume: () => mend(() => control.resume()),
    cut: () => hurt(() => proxy.cut()),
    heal: () => mend(() => proxy.heal()),
    fill: () => admin.fill(),
    relieve: () => admin.relieve(),
  };
}
