/** What the suite must notice in an event bus. */
import {
  type BusHandler,
  createLocalEventBus,
  createRemoteEventBus,
  type EventBus,
  type EventBusEvents,
  type EventBusParts,
  type EventBusStats,
  type OnOptions,
  type RemoteEventBusParts,
} from '@quayside/core';
import type { PlantedBug } from './bug.js';

/** As Node's EventEmitter does: what one handler throws, the next never hears. */
class StopsAtAThrow implements EventBus {
  readonly #inner: EventBus;
  #hasThrown = false;

  constructor(inner: EventBus) {
    this.#inner = inner;
  }

  get isRemote(): boolean {
    return this.#inner.isRemote;
  }

  emit(name: string, payload: unknown): number {
    this.#hasThrown = false;
    return this.#inner.emit(name, payload);
  }

  emitAsync(name: string, payload: unknown): Promise<number> {
    this.#hasThrown = false;
    return this.#inner.emitAsync(name, payload);
  }

  on(name: string, handler: BusHandler, options?: OnOptions): () => void {
    return this.#inner.on(name, this.#stopping(handler), options);
  }

  once(name: string, handler: BusHandler, options?: OnOptions): () => void {
    return this.#inner.once(name, this.#stopping(handler), options);
  }

  off(name: string, handler: BusHandler<never>): void {
    this.#inner.off(name, handler);
  }

  onBus<E extends keyof EventBusEvents>(event: E, listener: EventBusEvents[E]): () => void {
    return this.#inner.onBus(event, listener);
  }

  stats(): EventBusStats {
    return this.#inner.stats();
  }

  start(): Promise<void> {
    return this.#inner.start();
  }

  stop(options?: { readonly graceMs?: number }): Promise<void> {
    return this.#inner.stop(options);
  }

  #stopping(handler: BusHandler): BusHandler {
    return (event) => {
      if (this.#hasThrown) return undefined;
      try {
        return handler(event);
      } catch (error) {
        this.#hasThrown = true;
        throw error;
      }
    };
  }
}

export const eventBusBugs: readonly PlantedBug[] = [
  {
    name: 'EventBus: a throwing handler stops the next',
    caughtBy: ['E-04'],
    plant: (harness) => ({
      ...harness,
      engines: {
        ...harness.engines,
        createLocalEventBus: <M extends object>(parts?: EventBusParts) =>
          new StopsAtAThrow((harness.engines?.createLocalEventBus ?? createLocalEventBus)(parts)) as EventBus as EventBus<M>,
        createRemoteEventBus: <M extends object>(parts: RemoteEventBusParts) =>
          new StopsAtAThrow((harness.engines?.createRemoteEventBus ?? createRemoteEventBus)(parts)) as EventBus as EventBus<M>,
      },
    }),
  },
];
