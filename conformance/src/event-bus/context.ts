/** What an EventBus case is given. */
import {
  type AnyMessages,
  type Backend,
  createLocalEventBus,
  createPubSub,
  createRemoteEventBus,
  type Duration,
  type EventBus,
  type EventBusOptions,
  type PubSubOptions,
} from '@quayside/core';
import { CaseContext } from '../case-context.js';
import { FaultyTransport } from '../pubsub/faulty-transport.js';
import type { Scope } from '../scope.js';
import { BusRecorder } from './recorder.js';

export type BusKind = 'local' | 'remote';

/** Time for a bus to stop at the end of a case, by its own clock. */
const stopBound: Duration = '2s';

/** One process of the application: buses over one connection set. */
export class BusProcess extends CaseContext {
  readonly backend: Backend;
  readonly kind: BusKind;
  protected readonly links: Map<object, FaultyTransport>;

  constructor(scope: Scope, backend: Backend, kind: BusKind, links = new Map<object, FaultyTransport>()) {
    super(scope);
    this.backend = backend;
    this.kind = kind;
    this.links = links;
  }

  /** A started bus of the case's kind. It is stopped at the end of the case. */
  async bus<M extends object = AnyMessages>(options?: EventBusOptions, publishing?: PubSubOptions): Promise<EventBus<M>> {
    const bus = this.kind === 'local' ? this.#local<M>(options) : this.#remote<M>(options, publishing);
    this.#stopAtEnd((how) => bus.stop(how));
    await bus.start();
    return bus;
  }

  #local<M extends object>(options?: EventBusOptions): EventBus<M> {
    const { time, logger, harness } = this.scope;
    const create = harness.engines?.createLocalEventBus ?? createLocalEventBus;
    return create<M>({ clock: time.clock, logger, options });
  }

  #remote<M extends object>(options?: EventBusOptions, publishing?: PubSubOptions): EventBus<M> {
    const { time, logger, harness } = this.scope;
    const transport = this.backend.pubSubTransport?.('events');
    if (transport === undefined) throw new Error(`backend '${this.backend.type}' has no pub/sub transport`);
    const link = new FaultyTransport(transport, time);
    const pubsub = (harness.engines?.createPubSub ?? createPubSub)({ transport: link, clock: time.clock, logger, options: publishing });
    this.#stopAtEnd((how) => pubsub.stop(how));
    const bus = (harness.engines?.createRemoteEventBus ?? createRemoteEventBus)<M>({ pubsub, clock: time.clock, logger, options });
    this.links.set(bus, link);
    this.scope.onEnd(() => link.heal());
    return bus;
  }

  #stopAtEnd(stop: (how: { graceMs: number }) => Promise<void>): void {
    const { time, harness } = this.scope;
    this.scope.onEnd(() => Promise.all([stop({ graceMs: 0 }), harness.clock === 'test' ? time.advance(stopBound) : undefined]));
  }
}

export class EventBusContext extends BusProcess {
  static async open(scope: Scope): Promise<EventBusContext> {
    return new EventBusContext(scope, await scope.open(), 'local');
  }

  /** The same context with buses of another kind. */
  of(kind: BusKind): EventBusContext {
    return new EventBusContext(this.scope, this.backend, kind, this.links);
  }

  /** Another process: connections of its own where the backend is `shared`, else other buses over the same backend. */
  async peer(): Promise<BusProcess> {
    const isShared = this.backend.pubSubTransport?.('events').capabilities.shared === true;
    return new BusProcess(this.scope, isShared ? await this.scope.open() : this.backend, this.kind, this.links);
  }

  /** The line between this remote bus and its backend. */
  link(bus: object): FaultyTransport {
    const link = this.links.get(bus);
    if (link === undefined) throw new Error('this bus is not remote, or was not made by the context');
    return link;
  }

  /** A handler that writes down what it was given. */
  recorder(work?: ConstructorParameters<typeof BusRecorder>[0]): BusRecorder {
    return new BusRecorder(work);
  }

  /** What the bus tells of failures, from now on. */
  errorsOf(bus: EventBus): readonly { readonly error: Error; readonly event: string }[] {
    const errors: { readonly error: Error; readonly event: string }[] = [];
    bus.onBus('error', (error, { event }) => void errors.push({ error, event }));
    return errors;
  }
}
