/** One process of the system that is soaked, as far as a server can tell: a manager of all five ports that writes its history. */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Adapter, type Backend, type QuaysideConfig, QueueManager, type QueueStore } from '@quayside/core';
import { storeOf } from '../backends.js';
import type { FaultPayload } from '../faults/assignment.js';
import { FileLog, type HistoryLog } from '../history/log.js';
import { RecordingStore, recordHandlers } from '../history/recording.js';
import type { StressServer } from './server.js';

export const soakQueue = 'work';
export const soakRetries = 3;
export const soakNamespace = 'soak';

export class SoakProcess {
  readonly manager: QueueManager;
  readonly historyFile: string;
  /** The queue's, past the history. */
  readonly store: QueueStore;
  readonly #log: FileLog;

  /** @param folder for its history */
  static async open(server: StressServer, folder: string, name: string): Promise<SoakProcess> {
    const historyFile = join(folder, `${name}.jsonl`);
    const log = new FileLog(historyFile);
    const adapter = new RecordingAdapter(server.adapter, log);
    const manager = await QueueManager.create(configOf(server), { adapters: [adapter] });
    // Before the dispatcher's own: it sees what the application does.
    manager.queue().use(recordHandlers(log, soakQueue));
    if (adapter.store === undefined) throw new Error(`${server.type} has no queues`);
    return new SoakProcess({ manager, log, historyFile, store: adapter.store });
  }

  private constructor({
    manager,
    log,
    historyFile,
    store,
  }: Pick<SoakProcess, 'manager' | 'historyFile' | 'store'> & { readonly log: FileLog }) {
    this.manager = manager;
    this.historyFile = historyFile;
    this.store = store;
    this.#log = log;
  }

  /** Takes what the load gives: messages that fail as often as they say, tasks, scheduled runs. */
  async work(random: () => number, tell: { completed(): void; ran(due: number): void }): Promise<void> {
    const queue = this.manager.queue();
    queue.process('message', async ({ payload }, { attempt }) => {
      await pause(random() * 10);
      if (attempt <= (payload as FaultPayload).failures) throw new Error('on purpose');
    });
    queue.on('settled', (_, { outcome }) => {
      if (outcome === 'complete') tell.completed();
    });
    this.manager.dispatcher().process('double', ({ payload }) => Number(payload) * 2);
    this.manager.scheduler().process('tick', ({ id }) => tell.ran(Number(id.split(':')[1])));
    this.manager.scheduler().process('once', () => undefined);
    await this.manager.start();
  }

  async stop(): Promise<void> {
    await this.manager.stop();
    this.#log.close();
  }
}

/** Records are kept no longer than a test has time for, so that what piles up is seen. */
function configOf({ type, proxied }: StressServer): QuaysideConfig {
  return {
    namespace: soakNamespace,
    backends: { [type]: proxied },
    messageQueue: {
      type,
      queueName: soakQueue,
      workers: 20,
      visibilityTimeout: '2s',
      maxRetries: soakRetries,
      backoff: { type: 'fixed', delay: '100ms', jitter: 'none' },
    },
    pubsub: { type },
    eventBus: { type: type === 'memory' ? 'local' : type },
    taskScheduler: { type, statusRetention: '2s', repairInterval: '1s' },
    taskDispatcher: { type, statusRetention: '5s', repairInterval: '1s' },
  };
}

/** The adapter, with the calls for the queue written down. */
class RecordingAdapter implements Adapter {
  readonly type: string;
  readonly configSchema: Adapter['configSchema'];
  readonly #adapter: Adapter;
  readonly #log: HistoryLog;
  /** The queue's, once it is open. */
  store: QueueStore | undefined;

  constructor(adapter: Adapter, log: HistoryLog) {
    this.type = adapter.type;
    this.configSchema = adapter.configSchema;
    this.#adapter = adapter;
    this.#log = log;
  }

  async open(...args: Parameters<Adapter['open']>): Promise<Backend> {
    const backend = await this.#adapter.open(...args);
    const store = storeOf(backend, soakQueue);
    this.store = store;
    const recorded = new RecordingStore(store, this.#log, soakQueue);
    return {
      type: backend.type,
      queueStore: (name) => (name === soakQueue ? recorded : storeOf(backend, name)),
      recordStore: backend.recordStore?.bind(backend),
      pubSubTransport: backend.pubSubTransport?.bind(backend),
      health: () => backend.health(),
      close: () => backend.close(),
    };
  }
}
