import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Backend, QueueOptions, QueueStore } from '@quayside/core';
import { atHand, openBackend, storeOf } from '../backends.js';
import { readHistory } from '../history/log.js';
import { type Account, takeAccount } from './account.js';
import type { Assignment, FaultBackend } from './assignment.js';
import { FleetProcess } from './fleet-process.js';

export interface FleetSetup {
  readonly backend: FaultBackend;
  /** The adapter's options of its processes. */
  readonly options: object;
  /** Those of the fleet itself, which looks on: past a proxy that hurts the others. Default: the same. */
  readonly ownOptions?: object;
  readonly queueOptions?: QueueOptions;
}

const maxRetries = 3;
const queueName = 'work';
const lookEveryMs = 20;
const pageSize = 1_000;

/** Producers and workers in processes of their own, on one queue, and what came of it all. */
export class Fleet {
  readonly queueOptions: QueueOptions;
  readonly #setup: FleetSetup;
  readonly #namespace = `faults-${process.pid}-${Math.floor(performance.now() * 1000)}`;
  readonly #folder = mkdtempSync(join(tmpdir(), 'quayside-faults-'));
  readonly #processes: FleetProcess[] = [];
  #watchers: (() => void)[] = [];
  #backend: Backend | undefined;

  constructor(setup: FleetSetup) {
    this.#setup = setup;
    this.queueOptions = {
      visibilityTimeout: '2s',
      maxRetries,
      // What comes back often under faults is no circling message.
      publishTimeout: '5s',
      backoff: { type: 'fixed', delay: '50ms', jitter: 'none' },
      ...setup.queueOptions,
    };
  }

  /** Resolves when it is ready. As fast as it can, or with pauses. */
  async produce(
    messages: number,
    { inFlight = 20, pauseMs = 0 }: { readonly inFlight?: number; readonly pauseMs?: number } = {},
  ): Promise<FleetProcess> {
    return this.#start({ ...this.#common('producer'), role: 'producer', messages, inFlight, pauseMs });
  }

  /** Resolves when it is ready. */
  async work({
    concurrency = 10,
    handlerMs = 5,
  }: {
    readonly concurrency?: number;
    readonly handlerMs?: number;
  } = {}): Promise<FleetProcess> {
    return this.#start({ ...this.#common('worker'), role: 'worker', concurrency, handlerMs });
  }

  get workers(): readonly FleetProcess[] {
    return this.#processes.filter(({ assignment, isAlive }) => assignment.role === 'worker' && isAlive);
  }

  get producers(): readonly FleetProcess[] {
    return this.#processes.filter(({ assignment, isAlive }) => assignment.role === 'producer' && isAlive);
  }

  get errors(): readonly string[] {
    return this.#processes.flatMap(({ errors }) => errors);
  }

  /** Completed by all workers, as far as they told. */
  get completed(): number {
    return this.#doneBy('worker');
  }

  /** Publishes that resolved, as far as was told. */
  get acknowledged(): number {
    return this.#doneBy('producer');
  }

  /** Resolves when so many more have been completed. @throws Error where that takes longer */
  async completes(more: number, boundMs = 30_000): Promise<void> {
    const goal = this.completed + more;
    await this.#until(() => this.completed >= goal, `${more} more are completed`, boundMs);
  }

  /** How long it takes from now to the next completed message. @throws Error where it is longer than the bound */
  async recovery(boundMs: number): Promise<number> {
    const begun = performance.now();
    await this.completes(1, boundMs);
    return performance.now() - begun;
  }

  /** Waits until all is published and worked off, ends every process, and takes account. @throws Error where that takes longer */
  async finish(boundMs = 120_000): Promise<Account> {
    await within(Promise.all(this.producers.map(({ finished }) => finished)), boundMs, 'everything is published');
    const store = await this.store();
    const deadline = performance.now() + boundMs;
    for (;;) {
      // The onlooker too may be between two connections.
      const stats = await store.stats().catch((error: Error) => error);
      if (!(stats instanceof Error) && atHand(stats) === 0) break;
      if (performance.now() > deadline)
        throw new Error(`within ${boundMs} ms not worked off: ${stats instanceof Error ? stats : JSON.stringify(stats)}`);
      await pause(lookEveryMs);
    }
    await Promise.all(this.#processes.map((one) => one.stop()));
    return this.account();
  }

  /** Of what has happened so far. */
  async account(): Promise<Account> {
    const store = await this.store();
    const [stats, inStore] = [await store.stats(), await idsIn(store)];
    const files = this.#processes.map(({ assignment: { name, historyFile } }) => ({ name, lines: readHistory(historyFile) }));
    return takeAccount(files, { queue: queueName, maxRetries, inStore, stats });
  }

  /** The queue, as somebody sees it who is hurt by no fault. */
  async store(): Promise<QueueStore> {
    const { backend, options, ownOptions = options } = this.#setup;
    this.#backend ??= await openBackend(backend, ownOptions, { namespace: this.#namespace });
    return storeOf(this.#backend, queueName);
  }

  /** Whatever is left of it is gone. Idempotent. */
  async end(): Promise<void> {
    await Promise.all(this.#processes.filter(({ isAlive }) => isAlive).map((one) => one.kill()));
    await this.#backend?.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #common(role: Assignment['role']): Omit<Extract<Assignment, { role: 'worker' }>, 'role' | 'concurrency' | 'handlerMs'> {
    const { backend, options } = this.#setup;
    const name = `${role}-${this.#processes.length + 1}`;
    const historyFile = join(this.#folder, `${name}.jsonl`);
    return { name, backend, options, namespace: this.#namespace, queue: queueName, queueOptions: this.queueOptions, historyFile };
  }

  async #start(assignment: Assignment): Promise<FleetProcess> {
    const started = new FleetProcess(assignment, () => {
      for (const look of this.#watchers) look();
    });
    this.#processes.push(started);
    await started.ready;
    return started;
  }

  #doneBy(role: Assignment['role']): number {
    return this.#processes.filter(({ assignment }) => assignment.role === role).reduce((sum, { done }) => sum + done, 0);
  }

  async #until(holds: () => boolean, what: string, boundMs: number): Promise<void> {
    let look = () => {};
    const held = new Promise<void>((resolve) => {
      look = () => {
        if (holds()) resolve();
      };
      this.#watchers.push(look);
      look();
    });
    await within(held, boundMs, what).finally(() => {
      this.#watchers = this.#watchers.filter((other) => other !== look);
    });
  }
}

/** The ids of all that is in the store, in any state. */
export async function idsIn(store: QueueStore): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  for (const state of ['waiting', 'delayed', 'active', 'dead'] as const) {
    for (let cursor: string | undefined; ; ) {
      const page = await store.list(state, cursor, pageSize);
      for (const { message } of page.items) ids.add(message.id);
      if (page.cursor === undefined) break;
      cursor = page.cursor;
    }
  }
  return ids;
}

async function within<T>(work: Promise<T>, boundMs: number, what: string): Promise<T> {
  const over = new AbortController();
  const late = pause(boundMs, undefined, { signal: over.signal }).then(() => {
    throw new Error(`not within ${boundMs} ms: ${what}`);
  });
  late.catch(() => {});
  try {
    return await Promise.race([work, late]);
  } finally {
    over.abort();
  }
}
