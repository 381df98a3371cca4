import assert from 'node:assert/strict';
import { createRandom, seedFor } from '../random.js';
import { type RedisServer, type RedisServerOptions, startRedis, TcpProxy, urlOf } from '../servers/index.js';
import type { Account } from './account.js';
import type { FaultBackend } from './assignment.js';
import type { FaultResult } from './fault-case.js';
import { Fleet, type FleetSetup } from './fleet.js';

export interface StageOptions {
  readonly backend: FaultBackend | 'nats';
  /** The sizes and times of a stress run, not those of every day. */
  readonly isLong: boolean;
  readonly seed: number;
}

export type OwnRedisServer = RedisServer & Required<Pick<RedisServer, 'control' | 'folder'>>;

/** Where a row plays: servers, a way to them that can be hurt, and fleets. All of it is gone at its end. */
export class Stage {
  readonly backend: FaultBackend | 'nats';
  readonly isLong: boolean;
  readonly random: () => number;
  readonly #ends: (() => Promise<void> | void)[] = [];

  constructor({ backend, isLong, seed }: StageOptions, id: string) {
    this.backend = backend;
    this.isLong = isLong;
    this.random = createRandom(seedFor(seed, `${id} ${backend}`));
  }

  /** One of two, as the run is short or long. */
  size(short: number, long: number): number {
    return this.isLong ? long : short;
  }

  onEnd(end: () => Promise<void> | void): void {
    this.#ends.push(end);
  }

  /** A Redis server of this row alone, which can be killed and frozen. */
  async redis(options: RedisServerOptions = { appendFsync: 'everysec' }): Promise<OwnRedisServer> {
    const server = await startRedis(options);
    this.onEnd(() => server.stop());
    const { control, folder } = server;
    assert.ok(control !== undefined && folder !== undefined, 'faults need a server of their own');
    return { ...server, control, folder };
  }

  /** A way to the server that can be cut, slowed and silenced, with its URL. */
  async proxy(server: RedisServer): Promise<{ readonly proxy: TcpProxy; readonly url: string }> {
    const proxy = await TcpProxy.start(server);
    this.onEnd(() => proxy.stop());
    return { proxy, url: urlOf({ ...server, host: '127.0.0.1', port: proxy.port }) };
  }

  /** @param url of the way that its processes take; `ownUrl` is the one that the fleet itself looks on by. */
  fleet(url: string, { ownUrl = url, ...setup }: Pick<FleetSetup, 'queueOptions'> & { readonly ownUrl?: string } = {}): Fleet {
    assert.notEqual(this.backend, 'nats', 'a fleet works on a queue');
    const backend = this.backend as FaultBackend;
    const fleet = new Fleet({ backend, options: { url }, ownOptions: { url: ownUrl }, ...setup });
    this.onEnd(() => fleet.end());
    return fleet;
  }

  async end(): Promise<void> {
    for (const end of this.#ends.reverse()) await end();
  }
}

/** No message is lost, and every rule of the history holds. */
export function assertKept({ lost, violations, evidence, ...counts }: Account): FaultResult {
  const told = () => [...violations.slice(0, 10).map((violation) => JSON.stringify(violation)), ...evidence].join('\n');
  assert.equal(violations.length, 0, `${violations.length} violations\n${told()}`);
  assert.deepEqual(lost, []);
  assert.equal(counts.completed + counts.unanswered + counts.dead, counts.acknowledged, JSON.stringify(counts));
  return { ...counts, lost: 0 };
}
