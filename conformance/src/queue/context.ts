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
import { CaseContext } from '../case-context.js';
import type { Scope } from '../scope.js';
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
export class QueueProcess extends CaseContext {
  readonly backend: Backend;
  protected readonly links: Map<object, Link>;

  constructor(scope: Scope, backend: Backend, links = new Map<object, Link>()) {
    super(scope);
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

  /** What lies in the server (need `keys`). */
  async keys(): Promise<readonly string[]> {
    const { harness, namespace } = this.scope;
    if (harness.keys === undefined) throw new Error("a case that looks at keys needs 'keys'");
    return harness.keys(namespace);
  }
}
