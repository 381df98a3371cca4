/** Moves a cluster's slot by hand, as redis-cli's reshard does, so that it is the slot in use and no other. */
import assert from 'node:assert/strict';
import { Redis } from 'ioredis';
import { type RedisServer, talkToRedis } from '../../servers/index.js';
import { waitUntil } from '../../servers/wait-until.js';

export interface Home {
  readonly node: RedisServer;
  readonly slot: number;
}

/** As redis-cli does. */
const keysACall = 10;
const callBoundMs = 5_000;

/** The master that holds the fleet's queue. @throws where several do, or none */
export async function findHome(nodes: readonly RedisServer[]): Promise<Home> {
  const homes = await Promise.all(nodes.map((node) => withClient(node, (client) => homeAt(node, client))));
  const found = homes.filter((home) => home !== undefined);
  const [home] = found;
  assert.ok(home !== undefined && found.length === 1, `${found.length} masters hold the queue`);
  return home;
}

async function homeAt(node: RedisServer, client: Redis): Promise<Home | undefined> {
  const [role] = (await client.call('ROLE')) as readonly [string];
  const [key] = role === 'master' ? await client.keys('*work*') : [];
  return key === undefined ? undefined : { node, slot: Number(await client.call('CLUSTER', 'KEYSLOT', key)) };
}

/** The slot of the queue goes from its node to the next one. Resolves when all nodes know. */
export async function moveSlot(nodes: readonly RedisServer[]): Promise<void> {
  const { node: source, slot } = await findHome(nodes);
  const target = nodes[(nodes.indexOf(source) + 1) % nodes.length];
  assert.ok(target);
  const [sourceId, targetId] = [await idOf(source), await idOf(target)];
  const setSlot = (node: RedisServer, ...state: readonly string[]) =>
    withClient(node, (client) => client.call('CLUSTER', 'SETSLOT', slot, ...state));
  await setSlot(target, 'IMPORTING', sourceId);
  await setSlot(source, 'MIGRATING', targetId);
  await withClient(source, async (client) => {
    for (;;) {
      const keys = (await client.call('CLUSTER', 'GETKEYSINSLOT', slot, keysACall)) as readonly string[];
      if (keys.length === 0) return;
      await client.call('MIGRATE', target.host, target.port, '', 0, callBoundMs, 'KEYS', ...keys);
    }
  });
  // The new owner first: else both would send clients to each other.
  for (const node of [target, source, ...nodes.filter((other) => other !== target && other !== source)]) {
    await setSlot(node, 'NODE', targetId);
  }
  // The next owner counts its claim up from the highest that it knows: before it knows this one, two nodes would believe themselves the owner.
  await waitUntil('all nodes to know who has the slot', async () => new Set(await Promise.all(nodes.map(epochOf))).size === 1);
}

async function epochOf(node: RedisServer): Promise<string | undefined> {
  return /cluster_current_epoch:(\d+)/.exec(await talkToRedis(node, 'CLUSTER INFO'))?.[1];
}

function idOf(node: RedisServer): Promise<string> {
  return withClient(node, async (client) => String(await client.call('CLUSTER', 'MYID')));
}

async function withClient<T>({ host, port }: RedisServer, work: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis({ host, port, lazyConnect: true, maxRetriesPerRequest: 1 });
  try {
    await client.connect();
    return await work(client);
  } finally {
    client.disconnect();
  }
}
