/** What the suite must notice in a dispatcher: bugs of the records that it keeps, of the hooks it hangs on, of what carries its notices. */
import {
  type Backend,
  createPubSub,
  createQueue,
  type Page,
  type PubSubParts,
  type QueueParts,
  type RecordRemoval,
  type RecordStore,
  type RecordWrite,
  type StoredRecord,
  type WriteOutcome,
} from '@quayside/core';
import type { PlantedBug } from './bug.js';

/** Plants a bug in every record store that the backend opens. */
function inRecordStore(spoil: (store: RecordStore) => RecordStore): PlantedBug['plant'] {
  return (harness) => ({
    ...harness,
    async open(context) {
      const backend: Backend = await harness.open(context);
      return {
        type: backend.type,
        queueStore: backend.queueStore?.bind(backend),
        pubSubTransport: backend.pubSubTransport?.bind(backend),
        health: () => backend.health(),
        close: () => backend.close(),
        recordStore(kind) {
          const store = backend.recordStore?.(kind);
          if (store === undefined) throw new Error(`backend '${backend.type}' has no record store`);
          return spoil(store);
        },
      };
    },
  });
}

/** Passes every call on: a bug changes what it needs. */
class RecordStoreWrapper implements RecordStore {
  protected readonly inner: RecordStore;

  constructor(inner: RecordStore) {
    this.inner = inner;
  }

  write(writes: readonly (RecordWrite | RecordRemoval)[]): Promise<readonly WriteOutcome[]> {
    return this.inner.write(writes);
  }

  read(keys: readonly string[]): Promise<readonly (StoredRecord | undefined)[]> {
    return this.inner.read(keys);
  }

  list(state: string | undefined, cursor: string | undefined, limit: number): Promise<Page<StoredRecord>> {
    return this.inner.list(state, cursor, limit);
  }
}

/** Each write as the bug would have it. */
function changingWrites(change: (write: RecordWrite) => RecordWrite): PlantedBug['plant'] {
  return inRecordStore(
    (store) =>
      new (class extends RecordStoreWrapper {
        override write(writes: readonly (RecordWrite | RecordRemoval)[]): Promise<readonly WriteOutcome[]> {
          return super.write(writes.map((write) => ('remove' in write ? write : change(write))));
        }
      })(store),
  );
}

/** Of several records read at once each is the next one's, under its own key. */
class AnswersNeighbours extends RecordStoreWrapper {
  override async read(keys: readonly string[]): Promise<readonly (StoredRecord | undefined)[]> {
    const records = await super.read(keys);
    return keys.map((key, index) => {
      const record = records[(index + 1) % records.length];
      return record && { ...record, key };
    });
  }
}

/** Lets the hooks before a settlement run when the backend has accepted it. */
const settlesFirst: PlantedBug['plant'] = (harness) => {
  const create = harness.engines?.createQueue ?? createQueue;
  const spoiled = <M extends object>(name: string, parts: QueueParts<M>) => {
    const queue = create<M>(name, parts);
    const use = queue.use.bind(queue);
    queue.use = ({ beforeSettle, ...middleware }) => {
      queue.on('settled', (message, ending) => {
        Promise.resolve(beforeSettle?.(message, ending)).catch(() => undefined);
      });
      return use(middleware);
    };
    return queue;
  };
  return { ...harness, engines: { ...harness.engines, createQueue: spoiled } };
};

/** Confirms what a process publishes, and sends nothing. */
const dropsNotices: PlantedBug['plant'] = (harness) => {
  const create = harness.engines?.createPubSub ?? createPubSub;
  const spoiled = <M extends object>(parts: PubSubParts<M>) => {
    const { transport } = parts;
    const deaf = {
      capabilities: transport.capabilities,
      publish: async () => {},
      subscribe: transport.subscribe.bind(transport),
      onState: transport.onState.bind(transport),
      close: () => transport.close(),
    };
    return create<M>({ ...parts, transport: deaf });
  };
  return { ...harness, engines: { ...harness.engines, createPubSub: spoiled } };
};

export const dispatcherBugs: readonly PlantedBug[] = [
  {
    name: 'status moves from terminal back to running',
    caughtBy: ['D-03', 'D-16'],
    plant: changingWrites((write) => (write.state === 'running' && write.append !== undefined ? { ...write, when: 'any' } : write)),
  },
  { name: 'result written after the settlement', caughtBy: ['D-20'], plant: settlesFirst },
  { name: 'result given to another caller', caughtBy: ['D-14'], plant: inRecordStore((store) => new AnswersNeighbours(store)) },
  {
    name: 'a late worker ends the task of its successor',
    caughtBy: ['D-16'],
    plant: changingWrites((write) => (typeof write.when === 'object' && 'revision' in write.when ? { ...write, when: 'any' } : write)),
  },
  {
    name: 'a second dispatch of an id begins anew',
    caughtBy: ['D-17', 'D-21'],
    plant: changingWrites((write) => (write.when === 'absent' && write.state === 'pending' ? { ...write, when: 'any' } : write)),
  },
  {
    name: 'the status of an ended task stays for ever',
    caughtBy: ['D-12'],
    plant: changingWrites((write) => ({ ...write, expiresInMs: undefined })),
  },
  {
    name: 'the status of an open task vanishes',
    caughtBy: ['D-12'],
    plant: changingWrites((write) => ({ ...write, expiresInMs: write.expiresInMs ?? 100 })),
  },
  { name: 'notices dropped', caughtBy: ['D-06'], plant: dropsNotices },
];
