import { checkFunctions, readGrace, readList, readOptions } from '../call-options.js';
import { ClosedError, ConfigError } from '../errors.js';
import type { AnyMessages, TypeOf } from '../message/message.js';
import { checkName } from '../message/names.js';
import type {
  BatchHandle,
  Dispatcher,
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
import type { Registration, StopOptions } from '../ports/queue.js';
import { promised } from '../thenable.js';
import { sleep } from '../time/deadline.js';
import { type DispatcherEngine, type DispatcherParts, makeEngine } from './engine.js';
import { DispatchedBatch, DispatchedTask, type HandleParts } from './handles.js';
import type { PreparedTask } from './prepared-task.js';
import { errorOf } from './task-error.js';
import { resultOf, toStatus } from './task-record.js';

export type { DispatcherParts } from './engine.js';

const callbackNames = ['onProgress', 'onComplete', 'onFailure'] as const;
/** What the end of listening may take, whatever hangs. */
const unlistenMs = 900;

/** A dispatcher over queues, pub/sub and records. @throws ConfigError */
export function createDispatcher<M extends object = AnyMessages>(parts: DispatcherParts): Dispatcher<M> {
  // The engine knows no payload type: what `M` promises is the caller's.
  return new EngineDispatcher(parts) as unknown as Dispatcher<M>;
}

class EngineDispatcher implements Dispatcher {
  readonly #parts: DispatcherParts;
  readonly #engine: DispatcherEngine;
  readonly #handleParts: HandleParts;
  readonly #underWay = new Set<Promise<void>>();
  #stopping: Promise<void> | undefined;

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
    this.#engine = makeEngine(parts);
    this.#handleParts = {
      status: (id) => this.status(id),
      cancel: (id) => this.cancel(id),
      result: (id, timeoutMs) => this.#result(id, timeoutMs),
    };
  }

  process<T extends TypeOf<AnyMessages>>(type: T, handler: Handler<AnyMessages, T>, options?: { readonly queue?: string }): Registration {
    this.#checkOpen();
    const { queue = this.#parts.defaultQueue } = readOptions(options);
    if (queue === undefined) throw new ConfigError('no queue is named', [{ path: 'options.queue', message: 'there is no default queue' }]);
    return this.#parts.queue(queue).process<T>(type, handler);
  }

  async dispatch(type: string, payload: unknown, given?: DispatchOptions & TaskCallbacks): Promise<TaskHandle> {
    this.#checkOpen();
    const options = readOptions(given);
    const callbacks = this.#checkCallbacks(options);
    const task = await this.#engine.preparing.one(type, payload, options);
    await this.#send([task], callbacks, false);
    return new DispatchedTask(this.#handleParts, task.id);
  }

  async dispatchBatch(given: readonly DispatchItem[], callbacks: TaskCallbacks = {}): Promise<BatchHandle> {
    this.#checkOpen();
    const items = readList(given, 'items');
    const checked = this.#checkCallbacks(callbacks);
    const tasks = await this.#engine.preparing.all(items);
    if (tasks.length > 0) await this.#send(tasks, checked, true);
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
    return this.#engine.read(id);
  }

  async cancel(id: string): Promise<TaskCancelOutcome> {
    this.#checkOpen();
    checkName('task id', id);
    return this.#engine.cancelling.cancel(id);
  }

  async redrive(id: string): Promise<TaskHandle> {
    this.#checkOpen();
    checkName('task id', id);
    const { preparing, redriving, ids } = this.#engine;
    const { type, payload, options, runId } = await redriving.begin(id, ids.next());
    const task = await preparing.one(type, payload, { ...options, id: runId }, id);
    await this.#send([task], undefined, false);
    await redriving.end(id);
    return new DispatchedTask(this.#handleParts, runId);
  }

  addRoute(route: Route): () => void {
    this.#checkOpen();
    return this.#engine.routes.add(route);
  }

  on(callbacks: TaskCallbacks, type?: string): () => void {
    this.#checkOpen();
    if (type !== undefined) checkName('task type', type);
    return this.#engine.callbacks.listen(this.#checkCallbacks(callbacks) ?? {}, type);
  }

  async stats(): Promise<DispatcherStats> {
    this.#checkOpen();
    const { watched } = this.#engine;
    const by_route = watched.byRoute();
    const total_dispatched = Object.values(by_route).reduce((sum, count) => sum + count, 0);
    return { total_dispatched, by_state: watched.byState(), by_route };
  }

  async start(): Promise<void> {
    this.#checkOpen();
    const { listening, news, repair } = this.#engine;
    await listening.open();
    news.start();
    repair.start();
  }

  stop(options?: StopOptions): Promise<void> {
    return promised(() => {
      const graceMs = readGrace(options);
      this.#stopping ??= this.#stop(graceMs);
      return this.#stopping;
    });
  }

  async #stop(graceMs: number): Promise<void> {
    const { listening, news, repair } = this.#engine;
    repair.stop();
    await this.#within(graceMs, Promise.allSettled(this.#underWay));
    news.stop(new ClosedError('the dispatcher'));
    await this.#within(unlistenMs, listening.close());
  }

  async #result(id: string, timeoutMs: number | undefined): Promise<unknown> {
    this.#checkOpen();
    const { news, codec } = this.#engine;
    const record = await news.waiting.wait(id, timeoutMs);
    if (record.state === 'completed') return resultOf(record, codec);
    throw errorOf(toStatus(record, codec));
  }

  async #within(ms: number, work: Promise<unknown>): Promise<void> {
    const done = new AbortController();
    await Promise.race([work, sleep(this.#engine.clock, ms, done.signal)]);
    done.abort();
  }

  /** The first dispatch opens what `start` would have opened: results and callbacks must not wait for it. */
  async #send(tasks: readonly PreparedTask[], callbacks: TaskCallbacks | undefined, isBatch: boolean): Promise<void> {
    const { news, dispatching } = this.#engine;
    news.start();
    const sending = dispatching.dispatch(tasks, callbacks, isBatch);
    this.#underWay.add(sending);
    try {
      await sending;
    } finally {
      this.#underWay.delete(sending);
    }
  }

  #checkCallbacks(from: TaskCallbacks): TaskCallbacks | undefined {
    checkFunctions(from, callbackNames, 'callbacks');
    const { onProgress, onComplete, onFailure } = from;
    const callbacks = { onProgress, onComplete, onFailure };
    const given = callbackNames.filter((name) => callbacks[name] !== undefined);
    if (given.length === 0) return undefined;
    if (this.#engine.settings.enableCallbacks) return callbacks;
    throw new ConfigError(
      'callbacks are not enabled',
      given.map((name) => ({ path: name, message: 'is refused: enable_callbacks is false' })),
    );
  }

  #checkOpen(): void {
    if (this.#stopping !== undefined) throw new ClosedError('the dispatcher');
  }
}
