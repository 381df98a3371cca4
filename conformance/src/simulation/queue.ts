/** Producers, workers and an operator over one queue, in bad weather. */
import {
  createQueue,
  type HandlerContext,
  type Message,
  type PublishOptions,
  priorities,
  QuaysideError,
  type Queue,
  type QueueOptions,
  type QueueStore,
  RetryLater,
  sleep,
  UnrecoverableError,
} from '@quayside/core';
import { LinedQueueStore } from '../dispatcher/lined-stores.js';
import { checkHistory } from '../history/checker.js';
import type { HistoryEntry } from '../history/line.js';
import { MemoryLog } from '../history/log.js';
import { RecordingStore, recordHandlers } from '../history/recording.js';
import { tellHistory } from '../history/tell.js';
import { Ledger } from './ledger.js';
import { unlessLost } from './unless-lost.js';
import { WitnessedStore } from './witness.js';
import type { SimulatedHost, World } from './world.js';

const queueName = 'tasks';
const maxRetries = 2;
const producers = 3;
const workers = 3;
const leaseMs = 1_000;
/** What the ids of messages with a deduplication window begin with. */
const windowed = 'windowed-';

const options: QueueOptions = {
  concurrency: 2,
  maxRetries,
  visibilityTimeout: leaseMs,
  timeout: 2_500,
  publishTimeout: '3s',
  backoff: { type: 'fixed', delay: 150, jitter: 'none' },
};

/** What a handler does at one attempt. `die`: it takes its process with it, long after its start was marked. */
const deeds = ['succeed', 'succeed', 'succeed', 'throw', 'give up', 'retry later', 'dawdle', 'overrun', 'die'] as const;
type Deed = (typeof deeds)[number];

interface Engine extends SimulatedHost {
  readonly queue: Queue;
  readonly log: MemoryLog;
}

export async function simulateQueue(world: World): Promise<readonly string[]> {
  return new QueueStory(world).play();
}

class QueueStory {
  readonly #world: World;
  readonly #ledger: Ledger;
  readonly #store: QueueStore;
  readonly #engines: Engine[] = [];
  readonly #working: Engine[] = [];
  /** Of calls that nothing befell that could excuse them. */
  readonly #failures: string[] = [];
  #underWay = 0;
  #windowed = 0;

  constructor(world: World) {
    this.#world = world;
    this.#ledger = new Ledger(
      () => world.now,
      (id) => world.chronicle.nameOf(id),
    );
    const store = world.backend.queueStore?.(queueName);
    if (store === undefined) throw new Error(`backend '${world.backend.type}' has no queue store`);
    this.#store = new WitnessedStore(store, this.#ledger);
  }

  async play(): Promise<readonly string[]> {
    const world = this.#world;
    for (let count = 0; count < workers; count++) this.#startWorker();
    for (let count = 0; count < producers; count++) this.#track(this.#open('producer'), (producer) => this.#produce(producer));
    this.#track(this.#open('operator'), (operator) => this.#operate(operator));
    await world.within('5m', () => this.#underWay === 0, 'every call of the producers settles');
    await world.calm();
    await this.#open('operator').queue.resume();
    await world.within('5m', () => this.#isAtRest(), 'every message ends');
    await this.#open('redriver').queue.deadLetters.redriveAll();
    await world.within('5m', () => this.#isAtRest(), 'every redriven message ends');
    return [...this.#failures, ...this.#ledger.violations, ...(await this.#judge())];
  }

  #open(role: string, crashed?: (engine: Engine) => void): Engine {
    const { scope, chronicle } = this.#world;
    const log = new MemoryLog();
    const host = this.#world.host(role, () => {
      log.cut();
      crashed?.(engine);
    });
    const told = {
      write: (entry: HistoryEntry) => {
        // After a lost reply the engine can't know whether a message was a copy: no answer then counts as certain. The ledger knows.
        if (!(entry.kind === 'publish-resolved' && entry.id.startsWith(windowed))) log.write(entry);
        const { queue: _, id, kind, ...rest } = entry;
        if (!host.line.isDead) chronicle.write(host.name, `${kind} ${chronicle.nameOf(id)} ${Object.values(rest).join(' ')}`);
      },
    };
    const store = new RecordingStore(new LinedQueueStore(this.#store, host.line), told, queueName);
    const create = scope.harness.engines?.createQueue ?? createQueue;
    const parts = { store, clock: scope.time.clock, logger: scope.logger, random: this.#world.random, workerName: host.name, options };
    const engine: Engine = { ...host, log, queue: this.#world.add(create(queueName, parts)) };
    engine.queue.use(recordHandlers(told, queueName));
    this.#engines.push(engine);
    return engine;
  }

  #startWorker(): void {
    const worker = this.#open('worker', (dead) => {
      this.#working.splice(this.#working.indexOf(dead), 1);
      this.#startWorker();
    });
    this.#working.push(worker);
    worker.queue.process('task', (message, context) => this.#work(worker, message, context));
    void worker.queue.start();
  }

  async #work({ line }: Engine, message: Message, { attempt, signal }: HandlerContext): Promise<void> {
    const { clock } = this.#world.scope.time;
    switch ((message.payload as readonly Deed[])[attempt - 1] ?? 'succeed') {
      case 'succeed':
        return;
      case 'throw':
        throw new Error('as planned');
      case 'give up':
        throw new UnrecoverableError('as planned');
      case 'retry later':
        throw new RetryLater(this.#world.draw(300));
      case 'dawdle':
        return sleep(clock, this.#world.draw(2 * leaseMs), signal);
      case 'overrun':
        return sleep(clock, 10 * leaseMs, signal);
      case 'die':
        await sleep(clock, 2 * leaseMs, signal);
        line.crash();
    }
  }

  async #produce(producer: Engine): Promise<void> {
    const world = this.#world;
    if (world.isLucky(0.05)) await this.#publishMany(producer);
    for (let left = 4 + world.draw(10); left > 0; left--) {
      const published = this.#publish(producer);
      if (world.isLucky(0.7)) await published;
      else this.#track(producer, () => published);
      if (world.isLucky(0.3)) await sleep(world.scope.time.clock, world.draw(500));
    }
  }

  /** Enough of them that a loss of a few in a thousand shows. */
  async #publishMany({ queue }: Engine): Promise<void> {
    const batch = Array.from({ length: 250 }, () => ({ type: 'task', payload: [] }));
    await unlessLost(queue.publishBatch(batch), undefined);
  }

  /** One whose fate is not known is published again under its id, as an application would; its cancel comes from any process. */
  async #publish(producer: Engine): Promise<void> {
    const world = this.#world;
    const isWindowed = world.isLucky(0.2);
    const payload: readonly Deed[] = Array.from({ length: world.draw(maxRetries + 2) }, () => world.pick(deeds));
    const how: PublishOptions = {
      priority: world.isLucky(0.3) ? world.pick(priorities) : undefined,
      delay: world.isLucky(0.2) ? 1 + world.draw(1_500) : undefined,
      deduplication: isWindowed ? { id: `window-${world.draw(2)}`, window: 50 + world.draw(800) } : undefined,
    };
    const cancelAfterMs = world.isLucky(0.15) ? world.draw(2_500) : undefined;
    const isTriedAgain = world.isLucky(0.7);
    const publish = (id?: string) => producer.queue.publish('task', payload, { ...how, id }).then((result) => result.id);
    const id = await publish(isWindowed ? `${windowed}${this.#windowed++}` : undefined).catch((error: unknown) => {
      const unknown = idOfUnknown(error);
      return unknown !== undefined && isTriedAgain ? unlessLost(publish(unknown), unknown) : unknown;
    });
    if (id === undefined || cancelAfterMs === undefined) return;
    await sleep(world.scope.time.clock, cancelAfterMs);
    await unlessLost(producer.queue.cancel(id), undefined);
  }

  /** Pauses the queue for a while, and replaces a worker as a deployment does. */
  async #operate({ queue }: Engine): Promise<void> {
    const world = this.#world;
    const { clock } = world.scope.time;
    for (let left = world.draw(4); left > 0; left--) {
      await sleep(clock, world.draw(3_000));
      if (world.isLucky(0.5)) {
        await unlessLost(queue.pause(), undefined);
        await sleep(clock, world.draw(1_500));
        await unlessLost(queue.resume(), undefined);
        continue;
      }
      const leaving = this.#working.shift();
      if (leaving === undefined) continue;
      this.#startWorker();
      await leaving.queue.stop({ graceMs: world.draw(500) });
    }
  }

  /** Nobody waits for a process that is dead. */
  #track(engine: Engine, work: (engine: Engine) => Promise<void>): void {
    this.#underWay++;
    const failed = (error: unknown) => void (engine.line.isDead || this.#failures.push(`${engine.name}: ${error}`));
    void Promise.race([work(engine).catch(failed), engine.line.dead]).finally(() => this.#underWay--);
  }

  async #isAtRest(): Promise<boolean> {
    const { waiting, delayed, active } = await this.#store.stats();
    return Object.values(waiting).every((length) => length === 0) && delayed === 0 && active === 0;
  }

  async #judge(): Promise<readonly string[]> {
    const files = this.#engines.map(({ name, log }) => ({ name, lines: log.lines }));
    const inStore = new Set((await this.#store.list('dead', undefined, 10_000)).items.map(({ message }) => message.id));
    const violations = checkHistory(files, { queue: queueName, maxRetries, inStore, stats: await this.#store.stats() });
    return violations.length === 0 ? [] : [tellHistory(violations, files)];
  }
}

/** The id of a publish that may have happened; undefined where it certainly did not. Anything but a fault of the line is thrown on. */
function idOfUnknown(error: unknown): string | undefined {
  if (!(error instanceof QuaysideError) || error.outcome === undefined) throw error;
  return error.outcome === 'unknown' ? error.ids?.[0] : undefined;
}
