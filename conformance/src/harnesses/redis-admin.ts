import { zeroCounters } from '@quayside/core';
import { Redis } from 'ioredis';
import type { RedisAddress } from '../servers/index.js';

const counters = Object.keys(zeroCounters);
const largestInteger = '9223372036854775807';
const queueKey = (namespace: string, queue: string, part: string) => `${namespace}:queue:{${queue}}:${part}`;

/** Looks at a server, and damages what lies in it, past the library and past the proxy. */
export class RedisAdmin {
  readonly #address: RedisAddress;
  #client: Redis;

  static async open(address: RedisAddress): Promise<RedisAdmin> {
    const admin = new RedisAdmin(address);
    await admin.#client.connect();
    return admin;
  }

  private constructor(address: RedisAddress) {
    this.#address = address;
    this.#client = dial(address);
  }

  /** To a server that was started again. */
  async reconnect(): Promise<void> {
    this.#client.disconnect();
    this.#client = dial(this.#address);
    await this.#client.connect();
  }

  /** The keys and channels of a namespace, and how many patterns each of its connections holds. Its layout version is of no port. */
  async keys(namespace: string): Promise<readonly string[]> {
    const keys: string[] = [];
    for await (const page of this.#client.scanStream({ match: `${namespace}:*`, count: 1_000 })) keys.push(...(page as string[]));
    const channels = (await this.#client.pubsub('CHANNELS', `${namespace}:{*`)) as string[];
    const patterns = (await this.#clients(namespace)).map((client) => / psub=(\d+)/.exec(client)?.[1]).filter((count) => count !== '0');
    return [
      ...new Set(keys.filter((key) => key !== `${namespace}:layout`)),
      ...channels.filter((channel) => !channel.startsWith(`${namespace}:{barrier}:`)),
      ...patterns.map((count) => `${count} patterns of a connection`),
    ];
  }

  async connections(namespace: string): Promise<number> {
    return (await this.#clients(namespace)).length;
  }

  async version(): Promise<string> {
    return /redis_version:(\S+)/.exec(await this.#client.info('server'))?.[1] ?? 'unknown';
  }

  /** Answers how many received it. */
  publish(channel: string, body: string): Promise<number> {
    return this.#client.publish(channel, body);
  }

  async fill(): Promise<void> {
    await this.#client.config('SET', 'maxmemory', '1');
  }

  async relieve(): Promise<void> {
    await this.#client.config('SET', 'maxmemory', '0');
  }

  orphan(namespace: string, queue: string, id: string): Promise<void> {
    return unlessElsewhere(this.#client.hdel(queueKey(namespace, queue, 'history'), id));
  }

  exhaustCounters(namespace: string, queue: string): Promise<void> {
    const figures = Object.fromEntries(counters.map((name) => [name, largestInteger]));
    return unlessElsewhere(this.#client.hset(queueKey(namespace, queue, 'stats'), figures));
  }

  newerLayout(namespace: string): Promise<void> {
    return unlessElsewhere(this.#client.set(`${namespace}:layout`, '99'));
  }

  close(): void {
    this.#client.disconnect();
  }

  async #clients(namespace: string): Promise<readonly string[]> {
    const list = (await this.#client.client('LIST')) as string;
    return list.split('\n').filter((line) => line.includes(` name=${namespace} `));
  }
}

function dial({ host, port, username, password }: RedisAddress): Redis {
  const client = new Redis({ host, port, username, password, lazyConnect: true, enableOfflineQueue: false, retryStrategy: null });
  // The server is killed on purpose: what matters is told by the calls.
  return client.on('error', () => undefined);
}

/** A node of a cluster refuses the keys of the others: there the same is asked of each node. */
async function unlessElsewhere(change: Promise<unknown>): Promise<void> {
  try {
    await change;
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('MOVED')) throw error;
  }
}
