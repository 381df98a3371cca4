import { randomBytes } from 'node:crypto';
import { ClosedError, ConfigError, ConnectionError, PayloadError, QuaysideError, TimeoutError } from '../errors.js';
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
import type { Queue, Registration } from '../ports/queue.js';
import type { RecordStore } from '../ports/records.js';
import { GatheredRecords } from '../records/gathered-records.js';
import { RepairPass } from '../records/repair-pass.js';
import { type Clock, systemClock } from '../time/clock.js';
import { durationToMs } from '../time/duration.js';
import { DispatchedBatch, DispatchedTask, type HandleParts } from './handles.js';
import { type Notice, noticeChannel } from './notices.js';
import { type PreparedTask, pendingWrite, toBatchItem } from './prepared-task.js';
import { TaskRepair } from './repair.js';
import { Routes } from './routes.js';
import { type DispatcherSettings, resolveDispatcherSettings } from './settings.js';
import { isFinal, openStates } from './states.js';
import { moveTo, readOptions, type TaskFields, toStatus } from './task-record.js';
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
  readonly #watched: WatchedTasks;
  readonly #repair: RepairPass;
  readonly #handleParts: HandleParts;
  /** This process to the workers: where its notices go. */
  readonly #name = randomBytes(9).toString('base64url');
  readonly #dispatchedByRoute = new Map<string, number>();
  #listening: Promise<() => Promise<void>> | undefined;
  #isStopped = false;

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
    this.#settings = resolveDispatcherSettings(parts.options);
    this.#clock = parts.clock ?? systemClock;
    this.#codec = parts.codec ?? jsonCodec;
    this.#ids = new IdMaker(this.#clock);
    this.#records = new GatheredRecords(parts.records, this.#clock);
    this.#routes = new Routes(parts.defaultQueue, async (name) => (await parts.queue(name).stats()).queue_length);
    for (const route of parts.options?.routes ?? []) this.#routes.add(route);
    const logger = (parts.logger ?? silentLogger).child({ component: 'dispatcher' });
    this.#watched = new WatchedTasks(this.#clock, logger, (id) => this.status(id));
    this.#handleParts = {
      clock: this.#clock,
      watched: this.#watched,
      status: (id) => this.status(id),
      cancel: (id) => this.cancel(id),
    };
    const { statusRetentionMs: retentionMs, repairIntervalMs: intervalMs } = this.#settings;
    const repair = new TaskRepair({ queue: parts.queue, records: this.#records, clock: this.#clock, retentionMs });
    this.#repair = new RepairPass({
      records: parts.records,
      states: openStates,
      repair: (record) => repair.repair(record),
      clock: this.#clock,
      logger,
      intervalMs,
    });
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
    const { onProgress, onComplete, onFailure, ...own } = options;
    const callbacks = this.#checkCallbacks({ onProgress, onComplete, onFailure });
    const task = await this.#prepare(type, payload, own);
    await this.#dispatchAll([task], callbacks);
    return this.task(task.id);
  }

  async dispatchBatch(items: readonly DispatchItem[], callbacks: TaskCallbacks = {}): Promise<BatchHandle> {
    this.#checkOpen();
    const checked = this.#checkCallbacks(callbacks);
    const tasks: PreparedTask[] = [];
    for (const [index, item] of items.entries())
      tasks.push(await naming(index, this.#prepare(item.type, item.payload, item.options ?? {})));
    if (tasks.length > 0) await this.#dispatchAll(tasks, checked);
    return new DispatchedBatch(
      this.#handleParts,
      tasks.map(({ id }) => id),
    );
  }

  task(id: string): TaskHandle {
    checkName('task id', id);
    return new DispatchedTask(this.#handleParts, id);
  }

  async status(id: string): Promise<TaskStatus | undefined> {
    this.#checkOpen();
    checkName('task id', id);
    const record = await this.#records.read(id);
    return record === undefined ? undefined : toStatus(record, this.#codec);
  }

  async cancel(id: string): Promise<TaskCancelOutcome> {
    this.#checkOpen();
    checkName('task id', id);
    for (;;) {
      const record = await this.#records.read(id);
      if (record === undefined) return 'not-found';
      const status = toStatus(record, this.#codec);
      if (isFinal(status.state)) return 'finished';
      const queue = this.#parts.queue(status.queue);
      // A running task is cancelled by its worker, who writes how it ended.
      if (status.state === 'running' && (await queue.cancel(id)) === 'aborting') return 'aborting';
      const write = moveTo(id, 'cancelled', this.#clock.now(), {}, this.#settings.statusRetentionMs, { revision: record.revision });
      if ((await this.#records.write(write)).status !== 'written') continue;
      if (status.state !== 'running') await queue.cancel(id);
      await this.#tell((record.fields as Partial<TaskFields>).dispatcher, { id, kind: 'moved', state: 'cancelled' });
      return 'cancelled';
    }
  }

  async redrive(id: string): Promise<TaskHandle> {
    this.#checkOpen();
    checkName('task id', id);
    const record = await this.#records.read(id);
    if (record?.state !== 'failed') {
      const message = record === undefined ? 'is not known' : `is ${record.state}; only a failed task is redriven`;
      throw new ConfigError(`task '${id}' is not redriven`, [{ path: 'id', message }]);
    }
    const { type = '', payload = 'null', queue = '' } = record.fields as Partial<TaskFields>;
    const task = await this.#prepare(type, this.#codec.decode(payload), readOptions(record), id);
    await this.#dispatchAll([task], undefined);
    // Its dead message goes: the new run stands for it.
    await this.#parts.queue(queue).remove(id);
    return this.task(task.id);
  }

  addRoute(route: Route): () => void {
    this.#checkOpen();
    return this.#routes.add(route);
  }

  on(callbacks: TaskCallbacks, type?: string): () => void {
    this.#checkOpen();
    return this.#watched.listen(this.#checkCallbacks(callbacks) ?? {}, type);
  }

  async stats(): Promise<DispatcherStats> {
    this.#checkOpen();
    const counts = [...this.#dispatchedByRoute.values()];
    return {
      total_dispatched: counts.reduce((sum, count) => sum + count, 0),
      by_state: this.#watched.counts(),
      by_route: Object.fromEntries(this.#dispatchedByRoute),
    };
  }

  async start(): Promise<void> {
    this.#checkOpen();
    await this.#listen();
    this.#repair.start();
  }

  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#repair.stop();
    this.#watched.stop();
    const unlisten = await this.#listening?.catch(() => undefined);
    await unlisten?.();
  }

  async #prepare(type: string, payload: unknown, options: DispatchOptions, redriveOf?: string): Promise<PreparedTask> {
    checkName('task type', type);
    const id = options.id ?? this.#ids.next();
    checkName('task id', id);
    const encoded = this.#codec.encode(payload);
    const headers = checkHeaders(options.headers) ?? {};
    const timeoutMs = options.timeout === undefined ? undefined : durationToMs(options.timeout, 'options.timeout');
    const target = await this.#routes.find({ type, payload, headers }, this.#settings.enableRouting);
    return { id, type, payload, encoded, options, target, timeoutMs, redriveOf };
  }

  /** Record, message, record: a worker may be faster than the last step, so that one never puts a task back. */
  async #dispatchAll(tasks: readonly PreparedTask[], callbacks: TaskCallbacks | undefined): Promise<void> {
    await this.#listen();
    const at = this.#clock.now();
    const isToSend = await Promise.all(tasks.map((task) => this.#record(task, at)));
    const sent = tasks.filter((_, index) => isToSend[index]);
    for (const task of sent) this.#watch(task, callbacks);
    const queues = [...new Set(sent.map(({ target }) => target.queue))];
    await Promise.all(
      queues.map((queue) =>
        this.#publish(
          queue,
          sent.filter(({ target }) => target.queue === queue),
          at,
        ),
      ),
    );
    const { statusRetentionMs } = this.#settings;
    const queued = sent.map(({ id }) => {
      return this.#records.write(moveTo(id, 'queued', this.#clock.now(), {}, statusRetentionMs, { state: ['pending'] }));
    });
    for (const [index, outcome] of (await Promise.all(queued)).entries()) {
      if (outcome.status === 'written') this.#watched.moved(sent[index]?.id ?? '', 'queued');
    }
  }

  /** False: the task is there and was published, so this is a second try of the same. */
  async #record(task: PreparedTask, at: number): Promise<boolean> {
    const outcome = await this.#records.write(pendingWrite(task, this.#name, at, this.#settings.statusRetentionMs));
    if (outcome.status === 'written') return true;
    const { current } = outcome;
    if (current !== undefined && (current.fields as Partial<TaskFields>).type !== task.type) {
      throw new ConfigError(`task '${task.id}' exists`, [
        { path: 'options.id', message: `is taken by a task of type '${current.fields.type}'` },
      ]);
    }
    return current?.state === 'pending';
  }

  #watch(task: PreparedTask, callbacks: TaskCallbacks | undefined): void {
    const route = task.target.route;
    this.#dispatchedByRoute.set(route, (this.#dispatchedByRoute.get(route) ?? 0) + 1);
    const { timeoutMs } = task;
    this.#watched.add(
      task.id,
      task.type,
      callbacks,
      timeoutMs === undefined ? undefined : { ms: timeoutMs, run: () => void this.#timeOut(task).catch(() => {}) },
    );
  }

  async #publish(queue: string, tasks: readonly PreparedTask[], at: number): Promise<void> {
    const items = tasks.map((task) => toBatchItem(task, this.#name, at));
    try {
      const [only] = items;
      if (only !== undefined && items.length === 1) await this.#parts.queue(queue).publish(only.type, only.payload, only.options);
      else await this.#parts.queue(queue).publishBatch(items);
    } catch (error) {
      throw await this.#unpublished(tasks, error);
    }
  }

  /** What was certainly not published leaves no trace; what may have been is left to its worker, or to the repair pass. */
  async #unpublished(tasks: readonly PreparedTask[], error: unknown): Promise<unknown> {
    const isUnknown = error instanceof QuaysideError && error.outcome === 'unknown';
    for (const task of isUnknown ? [] : tasks) {
      this.#watched.forget(task.id);
      await this.#records.write({ key: task.id, remove: true });
    }
    const ids = tasks.map(({ id }) => id);
    const options = { cause: error, outcome: isUnknown ? ('unknown' as const) : ('not-published' as const), ids };
    if (error instanceof ConnectionError) return new ConnectionError(`dispatching failed: ${error.message}`, options);
    if (error instanceof TimeoutError) return new TimeoutError(`dispatching failed: ${error.message}`, options);
    return error;
  }

  /** The bound of the task as a whole. Its worker, where it runs, keeps it too; whoever writes first has timed it out. */
  async #timeOut({ id, target }: PreparedTask): Promise<void> {
    const outcome = await this.#records.write(moveTo(id, 'timed_out', this.#clock.now(), {}, this.#settings.statusRetentionMs));
    if (outcome.status === 'written') await this.#parts.queue(target.queue).cancel(id);
    const status = await this.status(id);
    if (status !== undefined && isFinal(status.state)) this.#watched.ended(status);
  }

  async #tell(dispatcher: string | undefined, notice: Notice): Promise<void> {
    if (dispatcher === this.#name) await this.#watched.hear(notice);
    else if (dispatcher !== undefined) await this.#parts.pubsub.publish(noticeChannel(dispatcher), notice);
  }

  #listen(): Promise<() => Promise<void>> {
    this.#listening ??= this.#subscribe().catch((error: unknown) => {
      this.#listening = undefined;
      throw error;
    });
    return this.#listening;
  }

  /** What was told while the connection was away is read from the records. */
  async #subscribe(): Promise<() => Promise<void>> {
    const { pubsub } = this.#parts;
    const lookAgain = () => void this.#watched.lookAgain().catch(() => {});
    const ends = [pubsub.on('reconnected', lookAgain), pubsub.on('gap', lookAgain)];
    const subscription = await pubsub.subscribe(noticeChannel(this.#name), ({ payload }) => this.#watched.hear(payload as Notice), {
      concurrency: 100,
    });
    return async () => {
      for (const end of ends) end();
      await subscription.unsubscribe();
    };
  }

  #checkCallbacks(callbacks: TaskCallbacks): TaskCallbacks | undefined {
    const given = (['onProgress', 'onComplete', 'onFailure'] as const).filter((name) => callbacks[name] !== undefined);
    if (given.length === 0) return undefined;
    if (this.#settings.enableCallbacks) return callbacks;
    throw new ConfigError(
      'callbacks are not enabled',
      given.map((name) => ({ path: name, message: 'is refused: enable_callbacks is false' })),
    );
  }

  #checkOpen(): void {
    if (this.#isStopped) throw new ClosedError('the dispatcher');
  }
}

/** An error in one item of a batch says which. */
async function naming<T>(index: number, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof PayloadError || error instanceof ConfigError) {
      const issues = error.issues.map(({ path, message }) => ({ path: `items[${index}].${path}`, message }));
      const headline = `item ${index} of the batch is wrong`;
      throw error instanceof ConfigError ? new ConfigError(headline, issues) : new PayloadError(headline, issues);
    }
    throw error;
  }
}
