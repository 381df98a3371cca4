import { Worker } from 'node:worker_threads';
import { ConfigError, ConnectionError, UnsupportedFeatureError } from '../errors.js';
import type { Logger } from '../logger.js';
import type { QueueStore, Receipt } from '../ports/queue-store.js';
import type { Clock, Timer } from '../time/clock.js';
import { withDeadline } from '../time/deadline.js';
import { type GuardedQueue, silentAfterMs } from './guarded-leases.js';
import { GuardedStore } from './guarded-store.js';
import type { FromGuard, GuardSetup, ToGuard } from './thread-talk.js';

const signMs = silentAfterMs / 4;
/** The guard needs a second to tell that the event loop is blocked, and a lease has two thirds of its time left when it blocks. */
const shortestTimeoutMs = 2 * silentAfterMs;
/** To close its connections; then it is ended. */
const closeMs = 900;

export interface GuardParts extends GuardSetup {
  readonly type: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly connectTimeoutMs: number;
}

/** @throws ConfigError where leases are too short for the guard to be in time */
export function checkGuarded(visibilityTimeoutMs: number): void {
  if (visibilityTimeoutMs >= shortestTimeoutMs) return;
  throw new ConfigError('leases are too short for message_queue.heartbeat: thread', [
    {
      path: 'visibilityTimeout',
      message: `got ${visibilityTimeoutMs} ms; allowed with this heartbeat is a duration from ${shortestTimeoutMs} ms`,
    },
  ]);
}

/**
 * A thread with connections of its own that renews this process's leases while its event loop is blocked, up to `maxBlocked`. It ends with the process, so a
 * process that died is noticed as soon as without it.
 */
export class LeaseGuard {
  readonly #thread: Worker;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #signTimer: Timer | undefined;
  #isClosed = false;

  /** @throws UnsupportedFeatureError where the options can't be given to a thread; ConnectionError */
  static async start(parts: GuardParts): Promise<LeaseGuard> {
    const guard = new LeaseGuard(parts);
    try {
      await withDeadline(parts.clock, guard.#opened(), parts.connectTimeoutMs);
      return guard;
    } catch (error) {
      await guard.#thread.terminate();
      throw new ConnectionError(`the heartbeat thread of type '${parts.type}' could not connect`, { cause: error });
    }
  }

  private constructor({ type, adapterUrl, options, namespace, clock, logger }: GuardParts) {
    this.#clock = clock;
    this.#logger = logger;
    const workerData: GuardSetup = { adapterUrl, options, namespace };
    try {
      this.#thread = new Worker(new URL('./thread.js', import.meta.url), { workerData });
    } catch (cause) {
      throw new UnsupportedFeatureError(type, [
        `message_queue.heartbeat: thread (the backend's options must be plain data to reach a thread: ${cause instanceof Error ? cause.message : cause})`,
      ]);
    }
    this.#thread.on('message', (news: FromGuard) => this.#hear(news));
    this.#thread.on('error', (error) => this.#logger.error({ err: error }, 'the heartbeat thread failed'));
    this.#thread.on('exit', () => {
      if (!this.#isClosed) this.#logger.error({}, 'the heartbeat thread ended: a blocked event loop loses its leases from now on');
    });
  }

  /** The store, with its leases told to the guard. @throws ConfigError where they are too short */
  guard(store: QueueStore, queue: GuardedQueue): QueueStore {
    checkGuarded(queue.visibilityTimeoutMs);
    this.#tell({ kind: 'guard', queue });
    const tell = (held: readonly Receipt[], dropped: readonly string[], forMs: number) =>
      this.#tell({ kind: 'leases', queue: queue.name, held, dropped, forMs });
    return new GuardedStore(store, tell);
  }

  /** Settles within a second. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#signTimer?.cancel();
    this.#tell({ kind: 'close' });
    const ended = new Promise<void>((resolve) => this.#thread.once('exit', () => resolve()));
    await withDeadline(this.#clock, ended, closeMs).catch(() => this.#thread.terminate());
  }

  #opened(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#thread.once('error', reject);
      this.#thread.once('message', (news: FromGuard) => {
        if (news.kind === 'failed') return reject(new Error(`${news.error.name}: ${news.error.message}`));
        this.#thread.unref();
        this.#giveSigns();
        resolve();
      });
    });
  }

  #giveSigns(): void {
    this.#signTimer = this.#clock.setTimer(
      () => {
        this.#tell({ kind: 'alive' });
        this.#giveSigns();
      },
      signMs,
      { unref: true },
    );
  }

  #hear(news: FromGuard): void {
    if (news.kind === 'renewed') {
      this.#logger.warn({ queue: news.queue, count: news.count }, 'the event loop was blocked: the heartbeat thread renewed its leases');
    }
    if (news.kind === 'not-renewed') {
      this.#logger.warn({ queue: news.queue, count: news.count, why: news.why }, 'the heartbeat thread could not renew leases');
    }
  }

  #tell(told: ToGuard): void {
    this.#thread.postMessage(told);
  }
}
