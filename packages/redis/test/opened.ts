import { randomUUID } from 'node:crypto';
import { type RedisServer, startRedis } from '@quayside/conformance/servers';
import { type Backend, type Clock, type Logger, silentLogger, systemClock } from '@quayside/core';
import { Redis } from 'ioredis';
import { adapter } from '#src/adapter.js';
import type { RedisOptions } from '#src/options.js';

/** A server for a test file, and backends on it, each test's in a namespace of its own. */
export class Opened {
  readonly server: RedisServer;
  /** A plain client: what lies in the server, and what strangers do to it. */
  readonly admin: Redis;
  namespace = '';
  readonly #backends: Backend[] = [];

  static async start(options: Parameters<typeof startRedis>[0] = { config: [] }): Promise<Opened> {
    return new Opened(await startRedis(options));
  }

  private constructor(server: RedisServer) {
    this.server = server;
    this.admin = new Redis(server.url);
    this.begin();
  }

  /** A new namespace; closes what the test before opened. */
  begin(): void {
    for (const backend of this.#backends.splice(0)) void backend.close();
    this.namespace = `test-${randomUUID().slice(0, 8)}`;
  }

  async open(clock: Clock = systemClock, options: RedisOptions = { url: this.server.url }, logger: Logger = silentLogger) {
    const backend = await adapter.open(options, { clock, logger, namespace: this.namespace });
    this.#backends.push(backend);
    const face = <T>(one: T | undefined): T => one ?? raise();
    return {
      backend,
      queue: (name = 'q') => face(backend.queueStore?.(name)),
      records: (kind = 'tasks') => face(backend.recordStore?.(kind)),
    };
  }

  /** A key of queue `q`. */
  key(part: string): string {
    return `${this.namespace}:queue:{q}:${part}`;
  }

  async stop(): Promise<void> {
    this.begin();
    this.admin.disconnect();
    await this.server.stop();
  }
}

function raise(): never {
  throw new Error('the backend lacks this face');
}
