import { randomBytes } from 'node:crypto';
import type { Logger } from '@quayside/core';
import type { Connections } from './connections.js';
import { describeFailure } from './failure.js';
import { wakeChannel } from './keys.js';
import type { Subscriber } from './subscriber.js';

/** What of one queue can be woken. */
export interface Wakeable {
  /** The server told this process, and nobody else, that there is something to claim. */
  woken(): void;
  /** What the server knows of who waits, and what it told meanwhile, may be lost. */
  restarted(): void;
}

/**
 * One channel for the whole process, whatever number of queues it has: who brings work to a queue tells one of the processes that wait
 * for it, and that one alone. (One channel for all who wait was measured: with ten of them it wakes a herd, and p99 trebles.)
 */
export class Waking {
  readonly channel: string;
  readonly #subscriber: Subscriber;
  readonly #logger: Logger;
  readonly #queues = new Map<string, Wakeable>();
  readonly #unwatch: readonly (() => void)[];

  /** @throws ConnectionError */
  static async open(connections: Pick<Connections, 'commands' | 'subscriber'>, namespace: string, logger: Logger): Promise<Waking> {
    const waking = new Waking(connections, wakeChannel(namespace, randomBytes(9).toString('base64url')), logger);
    await connections.subscriber.subscribe(waking.channel, (queue) => waking.#queues.get(queue)?.woken());
    return waking;
  }

  private constructor(connections: Pick<Connections, 'commands' | 'subscriber'>, channel: string, logger: Logger) {
    this.channel = channel;
    this.#subscriber = connections.subscriber;
    this.#logger = logger;
    // A connection was lost or is back: all look again.
    this.#unwatch = [connections.commands, connections.subscriber].map((side) => {
      return side.onState(() => {
        for (const wakeable of this.#queues.values()) wakeable.restarted();
      });
    });
  }

  /** False: nothing reaches this process, so whoever waits has to look for himself now and then. */
  get isHeard(): boolean {
    return this.#subscriber.state === 'connected';
  }

  add(queue: string, wakeable: Wakeable): void {
    this.#queues.set(queue, wakeable);
  }

  /** For what fails in the background: a wake-up that was lost costs time, never a message. */
  failed(error: unknown): void {
    this.#logger.debug({ reason: describeFailure(error) }, 'a wake-up was lost');
  }

  close(): void {
    for (const unwatch of this.#unwatch) unwatch();
    this.#queues.clear();
  }
}
