/** A system whose ports are fuzzed, and the neighbours that must not suffer by it. */
import { type Dispatcher, type EventBus, type PubSub, type Queue, QueueManager, type Scheduler } from '@quayside/core';
import { CaseContext } from '../case-context.js';
import { SuiteAdapter } from '../manager/suite-adapter.js';
import type { Scope } from '../scope.js';
import { Outbreaks } from './outbreaks.js';
import { markerType } from './slots.js';

export type PortName = 'queue' | 'pubsub' | 'events' | 'bus' | 'scheduler' | 'dispatcher' | 'manager';

/** What is passed in fuzzed calls. */
export const fuzzedType = 'fuzzed';

const sections = {
  queue: { messageQueue: { type: 'suite', backoff: { type: 'fixed', delay: '10ms', jitter: 'none' }, maxRetries: 1 } },
  pubsub: { pubsub: { type: 'suite' } },
  events: { eventBus: { type: 'suite' } },
  /** The bus of one process. */
  bus: { eventBus: { type: 'local' } },
  scheduler: { taskScheduler: { type: 'suite' } },
  dispatcher: { messageQueue: { type: 'suite' }, taskDispatcher: { type: 'suite' } },
  manager: { eventBus: { type: 'local' } },
} as const;

export class FuzzStage extends CaseContext {
  readonly manager: QueueManager;
  readonly outbreaks: Outbreaks;
  /** Payloads that the fuzzed calls brought to a handler. */
  readonly arrived: unknown[] = [];
  readonly port: PortName;
  readonly #awaited = new Map<number, () => void>();
  #marked = 0;

  private constructor(scope: Scope, port: PortName, manager: QueueManager, outbreaks: Outbreaks) {
    super(scope);
    this.port = port;
    this.manager = manager;
    this.outbreaks = outbreaks;
  }

  /** @param prepare runs before the manager starts. */
  static async open(scope: Scope, port: PortName, prepare?: (stage: FuzzStage) => void): Promise<FuzzStage> {
    const outbreaks = Outbreaks.watch();
    scope.onEnd(() => outbreaks.end());
    const manager = await openManager(scope, port);
    const stage = new FuzzStage(scope, port, manager, outbreaks);
    await stage.#listen();
    prepare?.(stage);
    await manager.start();
    return stage;
  }

  get queue(): Queue {
    return this.manager.queue();
  }
  get pubsub(): PubSub {
    return this.manager.pubsub();
  }
  get events(): EventBus {
    return this.manager.events();
  }
  get scheduler(): Scheduler {
    return this.manager.scheduler();
  }
  get dispatcher(): Dispatcher {
    return this.manager.dispatcher();
  }

  /** A neighbour on the same port, sent in this very turn. Resolves when its handler has had it. */
  mark(): Promise<void> {
    const number = ++this.#marked;
    const arrived = new Promise<void>((resolve) => void this.#awaited.set(number, resolve));
    return Promise.all([arrived, this.#send(number)]).then(() => undefined);
  }

  /** On a shared backend the next stage's markers would be taken by this one. */
  async end(): Promise<void> {
    this.outbreaks.end();
    await stop(this.scope, this.manager);
  }

  /** All that the port counts at rest, beside the markers. */
  async figures(): Promise<object> {
    switch (this.port) {
      case 'queue':
        return this.queue.stats();
      case 'pubsub':
        return this.pubsub.stats();
      case 'events':
      case 'bus':
        return this.events.stats();
      case 'scheduler':
        return this.scheduler.stats();
      case 'dispatcher':
        return { ...(await this.dispatcher.stats()), queue: await this.queue.stats() };
      case 'manager':
        return {};
    }
  }

  async #send(number: number): Promise<unknown> {
    switch (this.port) {
      case 'queue':
        return this.queue.publish(markerType, number);
      case 'pubsub':
        return this.pubsub.publish(markerType, number);
      case 'events':
      case 'bus':
        return this.events.emitAsync(markerType, number);
      case 'scheduler':
        return this.scheduler.schedule(markerType, number, { delay: 1 });
      case 'dispatcher':
        return (await this.dispatcher.dispatch(markerType, number)).result();
      case 'manager':
        return this.#arrive(number);
    }
  }

  #arrive(payload: unknown): void {
    this.#awaited.get(payload as number)?.();
    this.#awaited.delete(payload as number);
  }

  async #listen(): Promise<void> {
    const onMarker = ({ payload }: { readonly payload: unknown }) => this.#arrive(payload);
    const onFuzzed = ({ payload }: { readonly payload: unknown }) => void this.arrived.push(payload);
    switch (this.port) {
      case 'queue':
      case 'dispatcher':
        this.queue.process(markerType, onMarker);
        this.queue.process(fuzzedType, onFuzzed);
        if (this.port === 'dispatcher') await this.dispatcher.start();
        return;
      case 'pubsub':
        await this.pubsub.subscribe(markerType, onMarker);
        await this.pubsub.subscribe(fuzzedType, onFuzzed);
        return;
      case 'events':
      case 'bus':
        this.events.on(markerType, onMarker);
        this.events.on(fuzzedType, onFuzzed);
        return;
      case 'scheduler':
        this.scheduler.process(markerType, onMarker);
        this.scheduler.process(fuzzedType, onFuzzed);
        return;
      case 'manager':
    }
  }
}

async function openManager(scope: Scope, port: PortName): Promise<QueueManager> {
  const { harness, logger, namespace, random, time } = scope;
  const adapter = new SuiteAdapter(harness, time);
  const create = harness.engines?.createManager ?? QueueManager.create;
  const manager = await create({ namespace, ...sections[port] }, { adapters: [adapter], clock: time.clock, logger, random, env: {} });
  scope.onEnd(() => stop(scope, manager));
  return manager;
}

async function stop(scope: Scope, manager: QueueManager): Promise<void> {
  await scope.settles('2s', manager.stop({ graceMs: 0 }), 'the manager stops');
}
