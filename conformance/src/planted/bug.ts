import type { Backend, Clock, createQueue, QueueStore } from '@quayside/core';
import type { Need } from '../case.js';
import type { Harness } from '../harness.js';

/** A bug that the suite must notice. */
export interface PlantedBug {
  readonly name: string;
  /** Each of these rows must fail. */
  readonly caughtBy: readonly string[];
  /** What a backend must have to have the bug, besides what the rows' cases need. */
  readonly needs?: readonly Need[];
  /** The harness with the bug in its backend, or in its engines. */
  plant(harness: Harness): Harness;
}

/** Plants a bug in every queue store that the backend opens. */
export function inQueueStore(spoil: (store: QueueStore, clock: Clock) => QueueStore): PlantedBug['plant'] {
  return (harness) => ({
    ...harness,
    async open(context) {
      const backend: Backend = await harness.open(context);
      const spoiled = new Map<string, QueueStore>();
      return {
        type: backend.type,
        recordStore: backend.recordStore?.bind(backend),
        pubSubTransport: backend.pubSubTransport?.bind(backend),
        health: () => backend.health(),
        close: () => backend.close(),
        queueStore(name) {
          const known = spoiled.get(name);
          if (known !== undefined) return known;
          const store = backend.queueStore?.(name);
          if (store === undefined) throw new Error(`backend '${backend.type}' has no queue store`);
          const bad = spoil(store, context.clock);
          spoiled.set(name, bad);
          return bad;
        },
      };
    },
  });
}

/** Plants a bug in the engine that stands between the application and the store. */
export function inQueueEngine(spoil: (create: typeof createQueue) => typeof createQueue, create: typeof createQueue): PlantedBug['plant'] {
  return (harness) => ({ ...harness, engines: { ...harness.engines, createQueue: spoil(harness.engines?.createQueue ?? create) } });
}
