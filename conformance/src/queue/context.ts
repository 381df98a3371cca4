/** What a queue case is given. */
import {
  type AnyMessages,
  type Backend,
  type Codec,
  createQueue,
  type Duration,
  type MessageDefinitions,
  type Queue,
  type QueueOptions,
  type QueueStore,
} from '@quayside/core';
import type { Gate } from '../gate.js';
import type { Scope } from '../scope.js';
import type { Condition } from '../time.js';
import { Link } from './link.js';
import { Recorder, type Work } from './recorder.js';
import { StoreClient } from './store-client.js';

export interface QueueSetup<M extends object = AnyMessages> extends QueueOptions {
  /** Default: the case's queue, `tasks`. */
  readonly name?: string;
  readonly definitions?: MessageDefinitions<M>;
  readonly codec?: Codec;
  readonly workerName?: string;
}

const queueName = 'tasks';

/** For an engine to stop at the end of a case, by its clock: `stop` settles within its grace plus one second. */
const stopBound: Duration = '2s';

/** One process of the application: engines over one connection set. */
export class QueueProcess {
  readonly scope: Scope;
  readonly backend: Backend;
  protected readonly links: Map<object, Link>;

  constructor(scope: Scope, backend: Backend, links = new Map<object, Link>()) {
    this.scope = scope;
    this.backend = backend;
    this.links = links;
  }

  /** An engine over the backend's store, not yet started. It is stopped at the end of the case. */
  queue<M extends object = AnyMessages>(setup: QueueSetup<M> = {}): Queue<M> {
    const { name = queueName, definitions, codec, workerName, ...options } = setup;
    const { time, random, logger, harness } = this.scope;
    const link = new Link(this.store(name), time);
    const create = harness.engines?.createQueue ?? createQueue;
    const queue = create<M>(name, { store: link, clock: time.clock, logger, random, definitions, codec, workerName, options });
    this.links.set(queue, link);
    this.scope.onEnd(async () => {
      link.close();
      await Promise.all([queue.stop({ graceMs: 0 }), harness.clock === 'test' ? time.advance(stopBound) : undefined]);
    });
    return queue;
  }

  /** The backend's own face, where a case must speak to it. */
  store(name = queueName): QueueStore {
    const store = this.backend.queueStore?.(name);
    if (store === undefined) throw new Error(`backend '${this.backend.type}' has no queue store`);
    return store;
  }

  /** A producer and worker without an engine: what it does not do, nobody does. */
  client(name = queueName): StoreClient {
    return new StoreClient(this.store(name), this.scope.time.clock);
  }
}

export class QueueContext extends QueueProcess {
  static async open(scope: Scope): Promise<QueueContext> {
    return new QueueContext(scope, await scope.open());
  }

  /** Another process: connections of its own where the backend is `shared`, else other engines over the same backend. */
  async peer(): Promise<QueueProcess> {
    const isShared = this.store().capabilities.shared;
    return new QueueProcess(this.scope, isShared ? await this.scope.open() : this.backend, this.links);
  }

  /** The line between this engine and its backend. */
  link(queue: object): Link {
    const link = this.links.get(queue);
    if (link === undefined) throw new Error('this queue was not made by the context');
    return link;
  }

  /** The process of this engine vanishes without a word: it renews nothing, settles nothing, and hears nothing. */
  crash(queue: object): void {
    this.link(queue).silence();
  }

  /** A handler that writes down what it was given. */
  recorder(work?: Work): Recorder {
    return new Recorder(() => this.now(), work);
  }

  /** Milliseconds since the epoch, by the clock that the engines have. */
  now(): number {
    return this.scope.time.clock.now();
  }

  /** On a test clock what is due begins exactly then; on a server's clock a busy machine may hold it up. */
  get isTimeExact(): boolean {
    return this.scope.harness.clock === 'test';
  }

  random(): number {
    return this.scope.random();
  }

  /** A promise for a handler to wait on, kept when the case opens the gate, at the latest at its end. */
  gate(): Gate {
    return this.scope.gate();
  }

  advance(duration: Duration): Promise<void> {
    return this.scope.advance(duration);
  }

  /** Lets time pass until the condition holds; fails after `duration`. */
  within(duration: Duration, condition: Condition, what: string): Promise<void> {
    return this.scope.within(duration, condition, what);
  }

  /** Waits for what is under way already; a test clock stands still meanwhile. */
  eventually(condition: Condition, what: string): Promise<void> {
    return this.scope.eventually(condition, what);
  }

  /** Lets time pass until the call settles, and answers as it does; fails after `duration`. */
  settles<T>(duration: Duration, call: Promise<T>, what: string): Promise<T> {
    return this.scope.settles(duration, call, what);
  }

  settle(): Promise<void> {
    return this.scope.settle();
  }

  /** What lies in the server (need `keys`). */
  async keys(): Promise<readonly string[]> {
    const { harness, namespace } = this.scope;
    if (harness.keys === undefined) throw new Error("a case that looks at keys needs 'keys'");
    return harness.keys(namespace);
  }
}
