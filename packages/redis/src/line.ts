import { ConnectionError, Heartbeat, systemClock, withDeadline } from '@quayside/core';
import type { Redis, RedisOptions } from 'ioredis';
import { describeFailure } from './failure.js';

/** Dialling, the handshake and the server's own readiness together. */
const openBoundMs = 3_000;

/** What each client of a line is made with: dialling again, queueing and sending again are left to whoever holds the line. */
export const lineOptions = {
  lazyConnect: true,
  retryStrategy: null,
  sentinelRetryStrategy: () => null,
  enableOfflineQueue: false,
  autoResubscribe: false,
  autoResendUnfulfilledCommands: false,
  connectTimeout: 2_000,
} as const satisfies RedisOptions;

/**
 * One client from its dialling to its loss. It never comes back: whoever needs another dials anew, and so never mistakes what an old
 * connection had for what the new one has.
 */
export class Line {
  readonly client: Redis;
  readonly #heartbeat: Heartbeat;
  readonly #onLost: (reason: ConnectionError) => void;
  #isOver = false;

  /**
   * @param dial makes a client with `lineOptions`.
   * @param onLost called once, unless it was closed here.
   * @throws ConnectionError, and leaves nothing open.
   */
  static async open(dial: () => Redis, onLost: (reason: ConnectionError) => void): Promise<Line> {
    const client = dial();
    let cause: unknown;
    client.on('error', (error) => {
      cause = error;
    });
    try {
      const connected = client.connect();
      await withDeadline(systemClock, connected, openBoundMs, () => new ConnectionError(`no answer within ${openBoundMs} ms`));
      return new Line(client, onLost);
    } catch (error) {
      hangUp(client);
      throw new ConnectionError(`can't connect to the server: ${describeFailure(cause ?? error)}`);
    }
  }

  private constructor(client: Redis, onLost: (reason: ConnectionError) => void) {
    this.client = client;
    this.#onLost = onLost;
    this.#heartbeat = new Heartbeat(
      // One that fails has no news: a loss is told by the client's end, a refusal is a sign of life.
      () => client.ping().catch(() => undefined),
      () => this.#lost('the server has fallen silent'),
    );
    client.stream.on('data', () => this.#heartbeat.heard());
    client.once('end', () => this.#lost('the connection was cut'));
  }

  close(): void {
    this.#isOver = true;
    this.#heartbeat.stop();
    hangUp(this.client);
  }

  #lost(reason: string): void {
    if (this.#isOver) return;
    this.close();
    this.#onLost(new ConnectionError(reason));
  }
}

/** At once: a polite end would wait for a server that may be frozen. */
function hangUp(client: Redis): void {
  client.disconnect();
  client.stream?.destroy();
}
