/** The BullMQ adapter on a real server, and BullMQ's own plain clients beside it. */
import { adapter } from '@quayside/bullmq';
import { zeroCounters } from '@quayside/core';
import { type JobType, Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import type { Faults, ForeignClients, Harness } from '../harness.js';
import { findFreePort } from '../servers/free-port.js';
import { type RedisServer, startRedis, TcpProxy, urlOf } from '../servers/index.js';
import { packageVersion } from '../versions.js';
import { RedisAdmin } from './redis-admin.js';

/** BullMQ's locks end by the server's clock: there is no other one for it. */
export async function openBullmqHarness(): Promise<Harness> {
  const server = await startRedis({ appendFsync: 'no' });
  const proxy = await TcpProxy.start(server);
  const admin = await RedisAdmin.open(server);
  const client = new Redis({ host: server.host, port: server.port });
  client.on('error', () => undefined);
  const url = urlOf({ ...server, host: '127.0.0.1', port: proxy.port });
  return {
    name: 'bullmq',
    clock: 'server',
    open: (context) => adapter.open({ url }, context),
    faults: { ...serverFaults(server, proxy, admin), ...dataFaults(client) },
    foreign: foreignClients(server),
    keys: (namespace) => admin.keys(namespace),
    connections: (namespace) => admin.connections(namespace),
    async openUnreachable(context, password) {
      return adapter.open({ url: urlOf({ host: '127.0.0.1', port: await findFreePort(), username: 'worker', password }) }, context);
    },
    versions: async () => ({
      '@quayside/bullmq': packageVersion('@quayside/bullmq'),
      bullmq: packageVersion('bullmq'),
      redis: await admin.version(),
    }),
    async close() {
      client.disconnect();
      admin.close();
      await proxy.stop();
      await server.stop();
    },
  };
}

function serverFaults({ control }: RedisServer, proxy: TcpProxy, admin: RedisAdmin): Faults {
  const fill = { fill: () => admin.fill(), relieve: () => admin.relieve() };
  if (control === undefined) return fill;
  return {
    ...fill,
    kill: () => control.kill(),
    async restart() {
      await control.restart();
      await admin.reconnect();
    },
    pause: () => control.pause(),
    resume: () => control.resume(),
    cut: async () => proxy.cut(),
    heal: async () => proxy.heal(),
  };
}

const counters = Object.keys(zeroCounters);

function dataFaults(client: Redis): Faults {
  return {
    async orphan(namespace, queue, id) {
      await client.zrem(`${namespace}:${queue}:qs:leases`, id);
    },
    async exhaustCounters(namespace, queue) {
      await client.hset(`${namespace}:${queue}:qs:stats`, Object.fromEntries(counters.map((name) => [name, '9223372036854775807'])));
    },
  };
}

/** BullMQ's dead letters are its failed jobs; what waits is prioritized, or waiting where a plain client gave no priority. */
function foreignClients({ host, port }: RedisServer): ForeignClients {
  const use = async <T>(namespace: string, name: string, work: (queue: Queue) => Promise<T>): Promise<T> => {
    const queue = new Queue(name, { prefix: namespace, connection: { host, port } });
    try {
      return await work(queue);
    } finally {
      await queue.close();
    }
  };
  return {
    publish: (namespace, queue, type, payload) => use(namespace, queue, async (plain) => String((await plain.add(type, payload)).id)),
    async work(namespace, queue, handle) {
      const worker = new Worker(queue, ({ name, data }) => handle(name, data), { prefix: namespace, connection: { host, port } });
      worker.on('error', () => undefined);
      await worker.waitUntilReady();
      return worker;
    },
    list: (namespace, queue) =>
      use(namespace, queue, async (plain) => {
        const list = async (...names: JobType[]) => (await plain.getJobs(names)).map(({ id }) => String(id));
        return {
          waiting: await list('prioritized', 'waiting'),
          delayed: await list('delayed'),
          active: await list('active'),
          dead: await list('failed'),
        };
      }),
  };
}
