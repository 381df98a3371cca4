import { hostname } from 'node:os';
import { checkFunctions, checkSignal, readGrace, readList, readOptions } from '../call-options.js';
import { ClosedError, ConfigError, quote, TimeoutError } from '../errors.js';
import { Listeners } from '../listeners.js';
import { type Logger, silentLogger } from '../logger.js';
import { type Codec, jsonCodec } from '../message/codec.js';
import { IdMaker } from '../message/ids.js';
import type { AnyMessages, TypeOf } from '../message/message.js';
import { checkName } from '../message/names.js';
import type { MessageDefinition, MessageDefinitions } from '../message/schema.js';
import { checkPage } from '../page-options.js';
import type { Handler, Middleware, PublishResult } from '../ports/handler.js';
import type {
  BatchHandler,
  BatchItem,
  BatchOptions,
  CancelOutcome,
  DeadLetters,
  Delivery,
  MessageView,
  PageOptions,
  PublishOptions,
  Queue,
  QueueEvents,
  QueueOptions,
  QueueStats,
  ReceiveOptions,
  Registration,
  StopOptions,
  StopReport,
} from '../ports/queue.js';
import type { MessageState, Page, QueueCapabilities, QueueStore } from '../ports/queue-store.js';
import { promised } from '../thenable.js';
import { type Clock, systemClock } from '../time/clock.js';
import { sleep } from '../time/deadline.js';
import { type Duration, durationToMs } from '../time/duration.js';
import { Consumer } from './consumer.js';
import { clearAll, QueueDeadLetters } from './dead-letters.js';
import { bounded, type QueueEngine } from './engine.js';
import { Leases } from './leases.js';
import { Publisher } from './publisher.js';
import { Publishing } from './publishing.js';
import { Receiver } from './receiver.js';
import { type AnyHandler, Registry } from './registry.js';
import { resolveSettings } from './settings.js';
import { Settler } from './settler.js';
import { toQueueStats } from './stats.js';
import { toView } from './views.js';
import { Wheel } from './wheel.js';

export interface QueueParts<M extends object = AnyMessages> {
  readonly store: QueueStore;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Default: silent. */
  readonly logger?: Logger;
  /** Default: strict JSON. */
  readonly codec?: Codec;
  /** Declared message types. */
  readonly definitions?: MessageDefinitions<M>;
  /** From 0 (included) to 1, for jitter. Default `Math.random`. */
  readonly random?: () => number;
  /** Shown in the dead letters. Default: host and process. */
  readonly workerName?: string;
  readonly options?: QueueOptions;
}

/** What `stop` may take beyond the grace, to hand in what has ended. */
const flushMs = 900;

/** A queue over a backend's store. @throws InvalidNameError, ConfigError with every issue at once */
export function createQueue<M extends object = AnyMessages>(name: string, parts: QueueParts<M>): Queue<M> {
  // The engine knows no payload type: what `M` promises is the caller's, kept by the schemas where there are any.
  return new EngineQueue(name, parts as unknown as QueueParts) as unknown as Queue<M>;
}

class EngineQueue implements Queue {
  readonly name: string;
  readonly capabilities: QueueCapabilities;
  readonly deadLetters: DeadLetters;
  readonly #engine: QueueEngine;
  readonly #middleware: Middleware[] = [];
  readonly #registry = new Registry();
  readonly #publisher: Publisher;
  readonly #publishing: Publishing;
  readonly #leases: Leases;
  readonly #wheel: Wheel;
  readonly #consumer: Consumer;
  readonly #receiver: Receiver;
  #isStarted = false;
  #isClosed = false;
  #stoppingWorkers: Promise<StopReport> | undefined;
  #stopping: Promise<StopReport> | undefined;

  constructor(name: string, parts: QueueParts) {
    checkName('queue', name);
    this.name = name;
    this.capabilities = parts.store.capabilities;
    this.#engine = makeEngine(name, parts, this.#middleware);
    this.#publisher = new Publisher(this.#engine);
    this.#publishing = new Publishing(this.#engine, this.#publisher);
    this.#leases = new Leases(this.#engine);
    this.#wheel = new Wheel(this.#engine, this.#leases);
    const settler = new Settler(this.#engine, this.#wheel);
    this.#consumer = new Consumer(this.#engine, this.#registry, this.#leases, this.#wheel, settler);
    this.#receiver = new Receiver({ engine: this.#engine, leases: this.#leases, settler });
    this.deadLetters = new QueueDeadLetters(this.#engine, () => this.#checkOpen());
  }

  publish(type: string, payload: unknown, options?: PublishOptions): Promise<PublishResult> {
    try {
      this.#checkOpen();
      return this.#tellPublished(this.#publishing.publish(type, payload, options), (result) => [result.id]);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async publishBatch(given: readonly BatchItem[], options?: { readonly publishTimeout?: Duration }): Promise<readonly PublishResult[]> {
    this.#checkOpen();
    const items = readList(given, 'items');
    const { publishTimeout } = readOptions(options);
    if (items.length === 0) return [];
    const results = this.#publishing.publishBatch(items, publishTimeout);
    return this.#tellPublished(results, (list) => list.map(({ id }) => id));
  }

  process<T extends TypeOf<AnyMessages>>(type: T | '*', handler: Handler<AnyMessages, T>): Registration {
    this.#checkOpen();
    return this.#registered(this.#registry.addHandler(type, handler as AnyHandler));
  }

  processBatch<T extends TypeOf<AnyMessages>>(type: T, handler: BatchHandler<AnyMessages, T>, options: BatchOptions): Registration {
    this.#checkOpen();
    return this.#registered(this.#registry.addBatchHandler(type, handler as BatchHandler, options));
  }

  async receive(options?: ReceiveOptions): Promise<readonly Delivery[]> {
    this.#checkOpen();
    return this.#receiver.receive(readOptions(options));
  }

  async cancel(id: string): Promise<CancelOutcome> {
    this.#checkOpen();
    checkName('message id', id);
    const [outcome = 'not-found'] = await this.#call((store) => store.cancel([id]));
    if (outcome !== 'requested') return outcome;
    this.#leases.cancel(id);
    this.#receiver.cancel(id);
    return 'aborting';
  }

  async promote(id: string): Promise<boolean> {
    this.#checkOpen();
    checkName('message id', id);
    return (await this.#call((store) => store.promote([id]))) === 1;
  }

  async remove(id: string): Promise<boolean> {
    this.#checkOpen();
    checkName('message id', id);
    return (await this.#call((store) => store.remove([id])))[0] === true;
  }

  async find(id: string): Promise<MessageView | undefined> {
    this.#checkOpen();
    checkName('message id', id);
    const found = await this.#call((store) => store.find(id));
    return found === undefined ? undefined : toView(this.#engine, found);
  }

  async list(state: MessageState, options?: PageOptions): Promise<Page<MessageView>> {
    this.#checkOpen();
    checkState(state);
    const { cursor, limit } = checkPage(options);
    const page = await this.#call((store) => store.list(state, cursor, limit));
    return { items: page.items.map((found) => toView(this.#engine, found)), cursor: page.cursor };
  }

  async pause(): Promise<void> {
    this.#checkOpen();
    await this.#call((store) => store.setPaused(true));
  }

  async resume(): Promise<void> {
    this.#checkOpen();
    await this.#call((store) => store.setPaused(false));
  }

  async drain(options?: { readonly timeout?: Duration; readonly signal?: AbortSignal }): Promise<void> {
    const { timeout, signal } = readOptions(options);
    checkSignal(signal);
    const { clock, settings } = this.#engine;
    const deadline = timeout === undefined ? Number.POSITIVE_INFINITY : clock.monotonic() + durationToMs(timeout, 'options.timeout');
    for (;;) {
      this.#checkOpen();
      signal?.throwIfAborted();
      const { waiting, delayed, active } = await this.#call((store) => store.stats());
      if (delayed + active + Object.values(waiting).reduce((sum, count) => sum + count, 0) === 0) return;
      const leftMs = deadline - clock.monotonic();
      if (leftMs <= 0) throw new TimeoutError(`queue '${this.name}' was not empty in time`);
      const looked = new AbortController();
      await Promise.race([sleep(clock, Math.min(leftMs, settings.pollIntervalMs), looked.signal), this.#wheel.turned()]);
      looked.abort();
    }
  }

  async purge(): Promise<number> {
    this.#checkOpen();
    return (await clearAll(this.#engine, 'waiting')) + (await clearAll(this.#engine, 'delayed'));
  }

  async obliterate(options?: { readonly force?: boolean }): Promise<void> {
    this.#checkOpen();
    const { force = false } = readOptions(options);
    if (typeof force !== 'boolean') {
      throw new ConfigError('the options are wrong', [
        { path: 'options.force', message: `got ${quote(force)}; allowed are true and false` },
      ]);
    }
    const { active } = await this.#call((store) => store.stats());
    if (active > 0 && !force) {
      const message = `${active} messages are active; stop their workers first, or say force: true`;
      throw new ConfigError(`queue '${this.name}' was not obliterated`, [{ path: 'options.force', message }]);
    }
    await clearAll(this.#engine, 'everything');
  }

  use(middleware: Middleware): this {
    this.#checkOpen();
    checkFunctions(middleware, ['concerns', 'publish', 'process', 'beforeSettle'], 'middleware');
    if (this.#isStarted)
      throw new ConfigError('middleware is added before start', [{ path: 'use', message: `queue '${this.name}' is started` }]);
    this.#middleware.push(middleware);
    return this;
  }

  on<E extends keyof QueueEvents>(event: E, listener: QueueEvents[E]): () => void {
    return this.#engine.events.add(event, listener);
  }

  async stats(): Promise<QueueStats> {
    this.#checkOpen();
    return toQueueStats(await this.#call((store) => store.stats()));
  }

  async start(): Promise<void> {
    this.#checkOpen();
    if (this.#stoppingWorkers !== undefined) throw new ClosedError(`the workers of queue '${this.name}'`);
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.#consumer.start();
  }

  stopWorkers(options?: StopOptions): Promise<StopReport> {
    return promised(() => {
      const graceMs = readGrace(options);
      if (this.#stoppingWorkers === undefined) {
        this.#receiver.close();
        this.#stoppingWorkers = this.#consumer.stop(graceMs);
      }
      return this.#stoppingWorkers;
    });
  }

  stop(options?: StopOptions): Promise<StopReport> {
    return promised(() => {
      const graceMs = readGrace(options);
      this.#stopping ??= this.#stop(graceMs);
      return this.#stopping;
    });
  }

  async #stop(graceMs: number): Promise<StopReport> {
    const report = await this.stopWorkers({ graceMs });
    const flushed = new AbortController();
    const done = Promise.all([this.#wheel.flushed(), this.#publisher.idle()]);
    await Promise.race([done, sleep(this.#engine.clock, flushMs, flushed.signal)]);
    flushed.abort();
    this.#isClosed = true;
    this.#publisher.close();
    this.#wheel.stop();
    this.#leases.stop();
    return report;
  }

  #registered(registration: Registration): Registration {
    this.#consumer.look();
    return registration;
  }

  #call<T>(work: (store: QueueStore) => Promise<T>): Promise<T> {
    return bounded(this.#engine, work(this.#engine.store));
  }

  #tellPublished<T>(results: Promise<T>, idsOf: (result: T) => readonly string[]): Promise<T> {
    const { events } = this.#engine;
    if (!events.has('published')) return results;
    return results.then((result) => {
      events.tell('published', idsOf(result));
      return result;
    });
  }

  /** While it stops, its running handlers may still publish and ask. */
  #checkOpen(): void {
    if (this.#isClosed) throw new ClosedError(`queue '${this.name}'`);
  }
}

const states: readonly MessageState[] = ['waiting', 'delayed', 'active', 'dead'];

function checkState(state: MessageState): void {
  if (states.includes(state)) return;
  throw new ConfigError('there is no such state', [{ path: 'state', message: `got ${quote(state)}; allowed are ${states.join(', ')}` }]);
}

const noDefinitions: ReadonlyMap<string, MessageDefinition> = new Map();

function makeEngine(name: string, parts: QueueParts, middleware: readonly Middleware[]): QueueEngine {
  const { store, clock = systemClock, logger: parent = silentLogger } = parts;
  const settings = resolveSettings(parts.options);
  const logger = parent.child({ queue: name });
  const limit = store.capabilities.maxPayloadBytes ?? Number.POSITIVE_INFINITY;
  return {
    name,
    store,
    settings: { ...settings, maxPayloadBytes: Math.min(settings.maxPayloadBytes, limit) },
    clock,
    ids: new IdMaker(clock),
    random: parts.random ?? Math.random,
    logger,
    codec: parts.codec ?? jsonCodec,
    definitions: parts.definitions?.byType ?? noDefinitions,
    middleware,
    events: new Listeners<QueueEvents>(logger),
    workerName: parts.workerName ?? `${hostname()}:${process.pid}`,
  };
}
