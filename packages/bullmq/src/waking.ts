import { type Logger, sleep, systemClock, withDeadline } from '@quayside/core';
import { type CommandSender, describeFailure, runScript } from '@quayside/redis';
import type { Redis } from 'ioredis';
import { knockScript, markScript } from './generated/scripts.js';
import { QueueWaiters } from './queue-waiters.js';

export interface WakingParts {
  /** Makes a client that is not connected yet and dials once; absent where none would reach the keys (a cluster's node). */
  readonly dial?: () => Redis;
  readonly commands: CommandSender;
  readonly knockKey: string;
  readonly logger: Logger;
}

/** One blocking call at the most lasts so long; a server that has not answered a second later is taken for dead. */
const blockSeconds = 2;
const answerBoundMs = blockSeconds * 1_000 + 1_000;
const openBoundMs = 3_000;
const pauseMs = 200;

/**
 * One connection of a process that pops the markers of all queues for which somebody waits here, as each of BullMQ's workers does for its
 * own. Beside them it pops a key that nobody else has: so the call is ended when one more queue is to be waited for.
 */
export class Waking {
  readonly #parts: WakingParts;
  readonly #queues = new Map<string, QueueWaiters>();
  readonly #closing = new AbortController();
  #client: Redis | undefined;
  /** What the present call pops; nothing between calls. */
  #blockedOn: ReadonlySet<string> | undefined;
  #whenWanted: (() => void) | undefined;

  constructor(parts: WakingParts) {
    this.#parts = parts;
    if (parts.dial !== undefined) void this.#run(parts.dial);
  }

  /** The marker of a queue, and what its keys begin with. */
  waitersOf(base: string): QueueWaiters {
    const markerKey = `${base}marker`;
    const waiters = new QueueWaiters({
      isHeard: () => this.#client !== undefined,
      wanted: () => this.#want(markerKey),
      passOn: () => this.#tell(runScript(this.#parts.commands, markScript, [base], [])),
    });
    this.#queues.set(markerKey, waiters);
    return waiters;
  }

  /** Ends every wait. At once, whatever the server does. */
  close(): void {
    this.#closing.abort();
    this.#hangUp();
    this.#whenWanted?.();
    this.#wakeAll();
  }

  #want(markerKey: string): void {
    this.#whenWanted?.();
    if (this.#blockedOn === undefined || this.#blockedOn.has(markerKey)) return;
    // Once a call: what else comes meanwhile is taken up with it.
    this.#blockedOn = undefined;
    this.#tell(runScript(this.#parts.commands, knockScript, [this.#parts.knockKey], []));
  }

  /** What fails here costs time, never a message. */
  #tell(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.#parts.logger.debug({ reason: describeFailure(error) }, 'a wake-up was lost'));
  }

  async #run(dial: () => Redis): Promise<void> {
    while (!this.#closing.signal.aborted) {
      try {
        await this.#open(dial());
        while (this.#client !== undefined) await this.#pop(this.#client);
      } catch (error) {
        if (!this.#closing.signal.aborted) this.#parts.logger.debug({ reason: describeFailure(error) }, 'the waiting connection was lost');
      }
      this.#hangUp();
      this.#wakeAll();
      await sleep(systemClock, pauseMs, this.#closing.signal);
    }
  }

  async #open(client: Redis): Promise<void> {
    // Told by the call that fails.
    client.on('error', () => undefined);
    try {
      await withDeadline(systemClock, client.connect(), openBoundMs);
      this.#closing.signal.throwIfAborted();
    } catch (error) {
      client.disconnect();
      throw error;
    }
    this.#client = client;
    this.#wakeAll();
  }

  async #pop(client: Redis): Promise<void> {
    const keys = [...this.#queues].filter(([, waiters]) => waiters.isAnyAsleep).map(([key]) => key);
    if (keys.length === 0) return this.#untilWanted();
    this.#blockedOn = new Set(keys);
    const popping = client.bzpopmin([this.#parts.knockKey, ...keys], blockSeconds);
    const popped = await withDeadline(systemClock, popping, answerBoundMs);
    this.#blockedOn = undefined;
    if (popped !== null) this.#queues.get(popped[0])?.woken();
  }

  async #untilWanted(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#whenWanted = resolve;
    });
    this.#whenWanted = undefined;
  }

  #hangUp(): void {
    const client = this.#client;
    this.#client = undefined;
    this.#blockedOn = undefined;
    client?.disconnect();
    client?.stream?.destroy();
  }

  #wakeAll(): void {
    for (const waiters of this.#queues.values()) waiters.restarted();
  }
}
