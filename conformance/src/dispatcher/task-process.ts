import {
  type Backend,
  createDispatcher,
  createPubSub,
  createQueue,
  type Dispatcher,
  type DispatcherOptions,
  type Duration,
  durationToMs,
  type PubSub,
  type Queue,
  type QueueOptions,
  type RecordStore,
  TaskRunner,
  type TaskStatus,
} from '@quayside/core';
import { Recorder, type Work } from '../queue/recorder.js';
import type { Scope } from '../scope.js';
import { LinedQueueStore, LinedRecords, LinedTransport } from './lined-stores.js';
import { ProcessLine } from './process-line.js';
import type { Trail } from './trail.js';

export interface TaskProcessSetup extends DispatcherOptions {
  /** Default `tasks`; `null`: none. */
  readonly defaultQueue?: string | null;
  /** Of all its queues. */
  readonly queues?: QueueOptions;
  readonly maxResultBytes?: number;
  /** False: its workers mind no tasks, as those of a process that was not told of any. Default true. */
  readonly areTasksMinded?: boolean;
}

export const defaultQueue = 'tasks';
/** For engines to stop, by their clock: each settles within its grace plus one second. */
const stopBound: Duration = '2s';
/** Retries are no subject of most cases: they come soon, and at a time that can be told. */
const soon: QueueOptions = { backoff: { type: 'fixed', delay: '100ms', jitter: 'none' } };

/** One process of the application: a dispatcher, and workers of its queues, each with engines and runner of its own over one line. */
export class TaskProcess {
  readonly line: ProcessLine;
  readonly records: RecordStore;
  readonly pubsub: PubSub;
  readonly dispatcher: Dispatcher;
  readonly #scope: Scope;
  readonly #backend: Backend;
  readonly #setup: TaskProcessSetup;
  readonly #transport: LinedTransport;
  readonly #runner: TaskRunner;
  readonly #queues = new Map<string, Queue>();
  #areWorkersStarted = false;
  #isStopped = false;

  constructor(scope: Scope, backend: Backend, trail: Trail, setup: TaskProcessSetup) {
    const { time, logger, harness } = scope;
    const { clock } = time;
    this.#scope = scope;
    this.#backend = backend;
    this.#setup = setup;
    this.line = new ProcessLine(time);
    const { defaultQueue: asked, queues, maxResultBytes, areTasksMinded, ...options } = setup;
    this.records = new LinedRecords(faceOf(backend, backend.recordStore?.('tasks')), this.line, trail);
    this.#transport = new LinedTransport(faceOf(backend, backend.pubSubTransport?.('tasks')), this.line);
    const { records } = this;
    this.pubsub = (harness.engines?.createPubSub ?? createPubSub)({ transport: this.#transport, clock, logger });
    const { pubsub } = this;
    const statusRetentionMs = durationToMs(options.statusRetention ?? '24h', 'statusRetention');
    this.#runner = new TaskRunner({ records, pubsub, clock, logger, statusRetentionMs, maxResultBytes });
    this.dispatcher = (harness.engines?.createDispatcher ?? createDispatcher)({
      queue: (name) => this.queue(name),
      defaultQueue: asked === null ? undefined : (asked ?? defaultQueue),
      pubsub,
      records,
      clock,
      logger,
      options,
    });
    scope.onEnd(() => this.stop());
  }

  /** Made at the first time; its workers run if those of the process do. */
  queue(name = defaultQueue): Queue {
    const known = this.#queues.get(name);
    if (known !== undefined) return known;
    const { time, logger, random, harness } = this.#scope;
    const store = new LinedQueueStore(faceOf(this.#backend, this.#backend.queueStore?.(name)), this.line);
    const options = { ...soon, ...this.#setup.queues };
    const queue = (harness.engines?.createQueue ?? createQueue)(name, { store, clock: time.clock, logger, random, options });
    if (this.#setup.areTasksMinded !== false) this.#runner.attach(queue);
    this.#queues.set(name, queue);
    if (this.#areWorkersStarted) void queue.start();
    return queue;
  }

  /** A handler that writes down what it was given. */
  work(type: string, work?: Work, queue?: string): Recorder {
    const recorder = new Recorder(() => this.#scope.time.clock.now(), work);
    this.dispatcher.process(type, recorder.handle, { queue });
    return recorder;
  }

  /** The dispatcher, and the workers of all its queues. */
  async start(): Promise<this> {
    this.#areWorkersStarted = true;
    await Promise.all([this.dispatcher.start(), ...[...this.#queues.values()].map((queue) => queue.start())]);
    return this;
  }

  /** No notice arrives any more, and nobody says so; until it hears again. */
  deafen(isDeaf = true): void {
    this.#transport.deafen(isDeaf);
  }

  /** It hears again, and is told that the connection was away. */
  reconnect(): void {
    this.#transport.reconnect();
  }

  /** It vanishes without a word. */
  crash(): void {
    this.line.crash();
  }

  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.line.close();
    const { harness, time } = this.#scope;
    const stopping = [this.dispatcher, ...this.#queues.values()].map((one) => one.stop({ graceMs: 0 }));
    const end = Promise.all(stopping).then(() => this.pubsub.stop({ graceMs: 0 }));
    await Promise.all([end, harness.clock === 'test' ? time.advance(stopBound) : undefined]);
  }
}

function faceOf<T>(backend: Backend, face: T | undefined): T {
  if (face === undefined) throw new Error(`backend '${backend.type}' lacks a face of the dispatcher`);
  return face;
}

/** The states that a task went through, oldest first. */
export function statesOf(status: TaskStatus | undefined): readonly string[] {
  return (status?.history ?? []).map(({ state }) => state);
}

/** The same from its first run on: a worker may be faster than the word that the task is queued. */
export function runStatesOf(status: TaskStatus | undefined): readonly string[] {
  const states = statesOf(status);
  return states.includes('running') ? states.slice(states.indexOf('running')) : [];
}
