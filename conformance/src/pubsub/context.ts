/** What a PubSub case is given. */
import {
  type AnyMessages,
  type Backend,
  type Codec,
  createPubSub,
  type Duration,
  type Gap,
  type MessageDefinitions,
  type PubSub,
  type PubSubCapabilities,
  type PubSubOptions,
  type PubSubTransport,
} from '@quayside/core';
import { CaseContext } from '../case-context.js';
import type { Faults } from '../harness.js';
import type { Scope } from '../scope.js';
import { FaultyTransport } from './faulty-transport.js';
import { EventRecorder } from './recorder.js';

export interface PubSubSetup<M extends object = AnyMessages> extends PubSubOptions {
  readonly definitions?: MessageDefinitions<M>;
  readonly codec?: Codec;
  /** What the transport seems to promise, where the case wants less than it does. */
  readonly capabilities?: Partial<PubSubCapabilities>;
}

/** Each way to break the server, or the way to it, and its undoing. */
const undoing = { cut: 'heal', kill: 'restart', pause: 'resume' } as const satisfies Partial<Record<keyof Faults, keyof Faults>>;

/** Time for an engine to stop at the end of a case, by its own clock: `stop` settles within its grace plus one second. */
const stopBound: Duration = '2s';

/** One process of the application: engines over one connection set. */
export class PubSubProcess extends CaseContext {
  readonly backend: Backend;
  protected readonly links: Map<object, FaultyTransport>;

  constructor(scope: Scope, backend: Backend, links = new Map<object, FaultyTransport>()) {
    super(scope);
    this.backend = backend;
    this.links = links;
  }

  /** An engine over the backend's transport. It is stopped at the end of the case. */
  pubsub<M extends object = AnyMessages>(setup: PubSubSetup<M> = {}): PubSub<M> {
    const { definitions, codec, capabilities, ...options } = setup;
    const { time, logger, harness } = this.scope;
    const link = new FaultyTransport(this.transport(), time, capabilities);
    const create = harness.engines?.createPubSub ?? createPubSub;
    const pubsub = create<M>({ transport: link, clock: time.clock, logger, definitions, codec, options });
    this.links.set(pubsub, link);
    this.scope.onEnd(async () => {
      link.heal();
      await Promise.all([pubsub.stop({ graceMs: 0 }), harness.clock === 'test' ? time.advance(stopBound) : undefined]);
    });
    return pubsub;
  }

  /** The backend's own face, where a case must speak to it. */
  transport(): PubSubTransport {
    const transport = this.backend.pubSubTransport?.('channels');
    if (transport === undefined) throw new Error(`backend '${this.backend.type}' has no pub/sub transport`);
    return transport;
  }
}

export class PubSubContext extends PubSubProcess {
  static async open(scope: Scope): Promise<PubSubContext> {
    return new PubSubContext(scope, await scope.open());
  }

  /** Another process: connections of its own where the backend is `shared`, else other engines over the same backend. */
  async peer(): Promise<PubSubProcess> {
    const isShared = this.transport().capabilities.shared;
    return new PubSubProcess(this.scope, isShared ? await this.scope.open() : this.backend, this.links);
  }

  /** The line between this engine and its backend. */
  link(pubsub: object): FaultyTransport {
    const link = this.links.get(pubsub);
    if (link === undefined) throw new Error('this PubSub was not made by the context');
    return link;
  }

  /** A handler that writes down what it was given. */
  recorder(work?: ConstructorParameters<typeof EventRecorder>[0]): EventRecorder {
    return new EventRecorder(work);
  }

  /** The gaps that this engine tells, from now on. */
  gapsOf(pubsub: PubSub): readonly Gap[] {
    const gaps: Gap[] = [];
    pubsub.on('gap', (gap) => void gaps.push(gap));
    return gaps;
  }

  /** What this engine tells of its connection, from now on. */
  connectionOf(pubsub: PubSub): readonly ('disconnected' | 'reconnected')[] {
    const told: ('disconnected' | 'reconnected')[] = [];
    pubsub.on('disconnected', () => void told.push('disconnected'));
    pubsub.on('reconnected', () => void told.push('reconnected'));
    return told;
  }

  /** Breaks the server for real (need `faults.…`). Answers how to undo it, at the latest done when the case ends. */
  async breakServer(how: keyof typeof undoing): Promise<() => Promise<void>> {
    const faults = this.scope.harness.faults;
    const [begin, end] = [faults?.[how], faults?.[undoing[how]]];
    if (begin === undefined || end === undefined) throw new Error(`a case that breaks the server needs 'faults.${how}'`);
    let isBroken = true;
    const mend = async () => {
      if (isBroken) await end.call(faults);
      isBroken = false;
    };
    this.scope.onEnd(mend);
    await begin.call(faults);
    return mend;
  }

  /** What lies in the server (need `keys`). */
  async keys(): Promise<readonly string[]> {
    const { harness, namespace } = this.scope;
    if (harness.keys === undefined) throw new Error("a case that looks at keys needs 'keys'");
    return harness.keys(namespace);
  }
}
