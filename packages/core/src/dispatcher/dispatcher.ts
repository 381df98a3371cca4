import { randomBytes } from 'node:crypto';
import { ClosedError, ConfigError } from '../errors.js';
import { type Logger, silentLogger } from '../logger.js';
import { type Codec, jsonCodec } from '../message/codec.js';
import { checkHeaders } from '../message/headers.js';
import { IdMaker } from '../message/ids.js';
import type { AnyMessages, TypeOf } from '../message/message.js';
import { checkName } from '../message/names.js';
import type {
  BatchHandle,
  Dispatcher,
  DispatcherOptions,
  DispatcherStats,
  DispatchItem,
  DispatchOptions,
  Route,
  TaskCallbacks,
  TaskCancelOutcome,
  TaskHandle,
  TaskStatus,
} from '../ports/dispatcher.js';
import type { Handler } from '../ports/handler.js';
import type { PubSub } from '../ports/pubsub.js';
import type { Queue, Registration, StopOptions } from '../ports/queue.js';
import type { RecordStore } from '../ports/records.js';
import { GatheredRecords } from '../records/gathered-records.js';
import { RepairPass } from '../records/repair-pass.js';
import { type Clock, systemClock } from '../time/clock.js';
import { sleep } from '../time/deadline.js';
import { Callbacks } from './callbacks.js';
import { Cancelling } from './cancelling.js';
import { namingItem } from './dispatch-errors.js';
import { Dispatching } from './dispatching.js';
import { DispatchedBatch, DispatchedTask, type HandleParts } from './handles.js';
import { Listening } from './listening.js';
import { Loads } from './loads.js';
import { NoticeSender } from './notices.js';
import { checkTimeouts, type PreparedTask } from './prepared-task.js';
import { Redriving } from './redriving.js';
import { TaskRepair } from './repair.js';
import { Routes } from './routes.js';
import { type DispatcherSettings, resolveDispatcherSettings } from './settings.js';
import { openStates } from './states.js';
import { TaskNews } from './task-news.js';
import { toStatus } from './task-record.js';
import { WatchedTasks } from './watched-tasks.js';

export interface DispatcherParts {
  /** A queue by its name. A TaskRunner is attached to each before it starts; the dispatcher starts and stops none. */
  readonly queue: (name: string) => Queue;
  /** Where a task goes that no route matches. Without it that is a NoRouteError. */
  readonly defaultQueue?: string;
  /** Carries notices between workers and dispatchers; nothing else. */
  readonly pubsub: PubSub;
  /** Records of tasks. */
  readonly records: RecordStore;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Default: silent. */
  readonly logger?: Logger;
  /** The queues'. Default: strict JSON. */
  readonly codec?: Codec;
  readonly options?: DispatcherOptions;
}

const defaultGraceMs = 5_000;
/** What the end of listening may take, whatever hangs. */
const unlistenMs = 900;

/** A dispatcher over queues, pub/sub and records. @throws ConfigError */
export function createDispatcher<M extends object = AnyMessages>(parts: DispatcherParts): Dispatcher<M> {
  // The engine knows no payload type: what `M` promises is the caller's.
  return new EngineDispatcher(parts) as unknown as Dispatcher<M>;
}

class EngineDispatcher implements Dispatcher {
  readonly #parts: DispatcherParts;
  readonly #settings: DispatcherSettings;
  readonly #clock: Clock;
  readonly #codec: Codec;
  readonly #ids: IdMaker;
  readonly #records: GatheredRecords;
  readonly #routes: Routes;
  readonly #callbacks: Callbacks;
  readonly #watched: WatchedTasks;
  readonly #news: TaskNews;
  readonly #listening: Listening;
  readonly #cancelling: Cancelling;
  readonly #dispatching: Dispatching;
  readonly #redriving: Redriving;
  readonly #repair: RepairPass;
  readonly #handleParts: HandleParts;
  readonly #underWay = new Set<Promise<void>>();
  #stopping: Promise<void> | undefined;

  constructor(parts: DispatcherParts) {
    const { queue, pubsub, clock = systemClock, codec = jsonCodec } = parts;
    this.#parts = parts;
    this.#settings = resolveDispatcherSettings(parts.options);
    this.#clock = clock;
    this.#codec = codec;
    this.#ids = new IdMaker(clock);
    const logger = (parts.logger ?? silentLogger).child({ component: 'dispatcher' });
    const records = new GatheredRecords(parts.records, clock);
    this.#records = records;
    this.#routes = new Routes(parts.defaultQueue, new Loads(clock, async (name) => queue(name).stats()));
    for (const route of parts.options?.routes ?? []) this.#routes.add(route);
    this.#callbacks = new Callbacks(logger);
    const watched = new WatchedTasks(clock, this.#callbacks);
    this.#watched = watched;
    const news = new TaskNews({ clock, logger, watched, read: (id) => this.#read(id) });
    this.#news = news;
    // This process to the workers: where its notices go.
    const name = randomBytes(9).toString('base64url');
    this.#listening = new Listening(name, pubsub, news);
    const { statusRetentionMs: retentionMs, repairIntervalMs: intervalMs } = this.#settings;
    const shared = { queue, records, notices: new NoticeSender(pubsub, clock, logger), clock, logger, retentionMs };
    this.#cancelling = new Cancelling(shared);
    const cancel = (id: string) => this.#cancelling.cancel(id);
    this.#dispatching = new Dispatching({ ...shared, name, watched, news, listen: () => this.#listening.open(), cancel });
    this.#redriving = new Redriving({ ...shared, codec });
    const repair = new TaskRepair({ ...shared, intervalMs });
    this.#repair = new RepairPass({
      records: parts.records,
      states: openStates,
      repair: (record) => repair.repair(record),
      takeTurn: () => repair.takeTurn(),
      clock,
      logger,
      intervalMs,
    });
    this.#handleParts = {
      status: (id) => this.status(id),
      cancel: (id) => this.cancel(id),
      ended: async (id, timeoutMs) => {
        this.#checkOpen();
        return news.waiting.wait(id, timeoutMs);
      },
    };
  }

  process<T extends TypeOf<AnyMessages>>(
    type: T,
    handler: Handler<AnyMessages, T>,
    { queue = this.#parts.defaultQueue }: { readonly queue?: string } = {},
  ): Registration {
    this.#checkOpen();
    if (queue === undefined) throw new ConfigError('no queue is named', [{ path: 'options.queue', message: 'there is no default queue' }]);
    return this.#parts.queue(queue).process<T>(type, handler);
  }

  async dispatch(type: string, payload: unknown, options: DispatchOptions & TaskCallbacks = {}): Promise<TaskHandle> {
    this.#checkOpen();
    const callbacks = this.#checkCallbacks(options);
    const task = await this.#prepare(type, payload, options);
    await this.#send([task], callbacks, false);
    return new DispatchedTask(this.#handleParts, task.id);
  }

  async dispatchBatch(items: readonly DispatchItem[], callbacks: TaskCallbacks = {}): Promise<BatchHandle> {
    this.#checkOpen();
    const checked = this.#checkCallbacks(callbacks);
    const tasks = new Map<string, PreparedTask>();
    for (const [index, item] of items.entries()) {
      try {
        const task = await this.#prepare(item.type, item.payload, item.options ?? {});
        if (tasks.has(task.id)) throw new ConfigError('two items have one id', [{ path: 'options.id', message: `is taken: ${task.id}` }]);
        tasks.set(task.id, task);
      } catch (error) {
        throw namingItem(error, index);
      }
    }
    if (tasks.size > 0) await this.#send([...tasks.values()], checked, true);
    return new DispatchedBatch(this.#handleParts, [...tasks.keys()]);
  }

  task(id: string): TaskHandle {
    checkName('task id', id);
    return new DispatchedTask(this.#handleParts, id);
  }

  async status(id: string): Promise<TaskStatus | undefined> {
    this.#checkOpen();
    checkName('task id', id);
    return this.#read(id);
  }

  async cancel(id: string): Promise<TaskCancelOutcome> {
    this.#checkOpen();
    checkName('task id', id);
    return this.#cancelling.cancel(id);
  }

  async redrive(id: string): Promise<TaskHandle> {
    this.#checkOpen();
    checkName('task id', id);
    const { type, payload, options, runId } = await this.#redriving.begin(id, this.#ids.next());
    const task = await this.#prepare(type, payload, { ...options, id: runId }, id);
    await this.#send([task], undefined, false);
    await this.#redriving.end(id);
    return new DispatchedTask(this.#handleParts, runId);
  }

  addRoute(route: Route): () => void {
    this.#checkOpen();
    return this.#routes.add(route);
  }

  on(callbacks: TaskCallbacks, type?: string): () => void {
    this.#checkOpen();
    return this.#callbacks.listen(this.#checkCallbacks(callbacks) ?? {}, type);
  }

  async stats(): Promise<DispatcherStats> {
    this.#checkOpen();
    const by_route = this.#watched.byRoute();
    const total_dispatched = Object.values(by_route).reduce((sum, count) => sum + count, 0);
    return { total_dispatched, by_state: this.#watched.byState(), by_route };
  }

  async start(): Promise<void> {
    this.#checkOpen();
    await this.#listening.open();
    this.#news.start();
    this.#repair.start();
  }

  stop({ graceMs = defaultGraceMs }: StopOptions = {}): Promise<void> {
    this.#stopping ??= this.#stop(graceMs);
    return this.#stopping;
  }

  async #stop(graceMs: number): Promise<void> {
    this.#repair.stop();
    await this.#within(graceMs, Promise.allSettled(this.#underWay));
    this.#news.stop(new ClosedError('the dispatcher'));
    await this.#within(unlistenMs, this.#listening.close());
  }

  async #within(ms: number, work: Promise<unknown>): Promise<void> {
    const done = new AbortController();
    await Promise.race([work, sleep(this.#clock, ms, done.signal)]);
    done.abort();
  }

  async #prepare(type: string, payload: unknown, options: DispatchOptions, redriveOf?: string): Promise<PreparedTask> {
    checkName('task type', type);
    const id = options.id ?? this.#ids.next();
    checkName('task id', id);
    const encoded = this.#codec.encode(payload);
    const headers = checkHeaders(options.headers) ?? {};
    const timeoutMs = checkTimeouts(options);
    const target = await this.#routes.find({ type, payload, headers }, this.#settings.enableRouting);
    return { id, type, payload, encoded, options, target, timeoutMs, redriveOf };
  }

  /** The first dispatch opens what `start` would have opened: results and callbacks must not wait for it. */
  async #send(tasks: readonly PreparedTask[], callbacks: TaskCallbacks | undefined, isBatch: boolean): Promise<void> {
    this.#news.start();
    const sending = this.#dispatching.dispatch(tasks, callbacks, isBatch);
    this.#underWay.add(sending);
    try {
      await sending;
    } finally {
      this.#underWay.delete(sending);
    }
  }

  async #read(id: string): Promise<TaskStatus | undefined> {
    const record = await this.#records.read(id);
    return record === undefined ? undefined : toStatus(record, this.#codec);
  }

  #checkCallbacks({ onProgress, onComplete, onFailure }: TaskCallbacks): TaskCallbacks | undefined {
    const callbacks = { onProgress, onComplete, onFailure };
    const given = (['onProgress', 'onComplete', 'onFailure'] as const).filter((name) => callbacks[name] !== undefined);
    if (given.length === 0) return undefined;
    if (this.#settings.enableCallbacks) return callbacks;
    throw new ConfigError(
      'callbacks are not enabled',
      given.map((name) => ({ path: name, message: 'is refused: enable_callbacks is false' })),
    );
  }

  #checkOpen(): void {
    if (this.#stopping !== undefined) throw new ClosedError('the dispatcher');
  }
}
