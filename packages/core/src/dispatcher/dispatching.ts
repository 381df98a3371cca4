import { ConfigError } from '../errors.js';
import type { Logger } from '../logger.js';
import type { TaskCallbacks } from '../ports/dispatcher.js';
import type { Queue } from '../ports/queue.js';
import type { GatheredRecords } from '../records/gathered-records.js';
import type { Clock } from '../time/clock.js';
import type { Cancelling } from './cancelling.js';
import { dispatchError, isFateUnknown, isRefusal, renamingItems } from './dispatch-errors.js';
import type { Listening } from './listening.js';
import { type PreparedTask, pendingWrite, toBatchItem } from './prepared-task.js';
import type { TaskNews } from './task-news.js';
import { fieldsOf, moveTo } from './task-record.js';
import type { WatchedTasks } from './watched-tasks.js';

/** The repair pass takes a task for unpublished after twice this time. */
export const publishTimeoutMs = 5_000;

export interface DispatchingParts {
  /** Of this process: where its notices go. */
  readonly name: string;
  readonly queue: (name: string) => Queue;
  readonly records: GatheredRecords;
  readonly watched: WatchedTasks;
  readonly news: TaskNews;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly retentionMs: number;
  readonly listening: Listening;
  readonly cancelling: Cancelling;
}

/** How a task stands before its message is published. `there`: it was published before, so this is a second try of the same. */
type Entry = 'new' | 'unpublished' | 'there';
/** In the order of the call. */
type Entered = ReadonlyMap<PreparedTask, Entry>;

/**
 * The way of tasks to their queues: record, message, record. A worker may be faster than the last step, so that one never puts a task back.
 * Who dies between the first two leaves a `pending` record for the repair pass, or for his own second try.
 */
export class Dispatching {
  readonly #parts: DispatchingParts;

  constructor(parts: DispatchingParts) {
    this.#parts = parts;
  }

  /**
   * @param isBatch one batch a queue, and errors name the item; else a single task, gathered by its queue with the others of this turn.
   * @throws as `Dispatcher.dispatch` says
   */
  async dispatch(tasks: readonly PreparedTask[], callbacks: TaskCallbacks | undefined, isBatch: boolean): Promise<void> {
    const at = this.#parts.clock.now();
    const entered = await this.#enterAll(tasks, at);
    for (const [task, entry] of entered) this.#watch(task, entry, callbacks);
    const sent = tasks.filter((task) => entered.get(task) !== 'there');
    await this.#publishAll(sent, entered, at, isBatch);
    for (const [{ id }, entry] of entered) if (entry === 'there') this.#parts.news.look(id);
    await Promise.all(sent.map(({ id }) => this.#sayQueued(id)));
  }

  /** Writes the records of all, or leaves none that was not there. */
  async #enterAll(tasks: readonly PreparedTask[], at: number): Promise<Entered> {
    const entered = new Map<PreparedTask, Entry>();
    try {
      await this.#parts.listening.open();
      const entries = await Promise.allSettled(tasks.map((task) => this.#enter(task, at)));
      for (const [index, task] of tasks.entries()) {
        const entry = entries[index];
        if (entry?.status === 'fulfilled') entered.set(task, entry.value);
      }
      const failure = entries.find((entry) => entry.status === 'rejected');
      if (failure !== undefined) throw failure.reason;
      return entered;
    } catch (error) {
      await this.#forgetNew(tasks, entered);
      const ids = tasks.map(({ id }) => id);
      throw dispatchError(error, 'not-published', ids);
    }
  }

  async #enter(task: PreparedTask, at: number): Promise<Entry> {
    const { records, name, retentionMs } = this.#parts;
    for (;;) {
      const outcome = await records.write(pendingWrite(task, name, at, retentionMs));
      if (outcome.status === 'written') return 'new';
      const { current } = outcome;
      // Its time was over between the two looks.
      if (current === undefined) continue;
      const { type } = fieldsOf(current);
      if (type !== task.type) {
        throw new ConfigError(`task '${task.id}' exists`, [{ path: 'options.id', message: `is taken by a task of type '${type}'` }]);
      }
      return current.state === 'pending' ? 'unpublished' : 'there';
    }
  }

  #watch(task: PreparedTask, entry: Entry, callbacks: TaskCallbacks | undefined): void {
    const { id, type, timeoutMs } = task;
    const timeout = timeoutMs === undefined ? undefined : { ms: timeoutMs, run: () => void this.#timeOut(task) };
    this.#parts.watched.add({ id, type, route: entry === 'there' ? undefined : task.target.route, callbacks, timeout });
  }

  /** What certainly was not published leaves no trace; what may have been is left to its worker, or to the repair pass. */
  async #publishAll(sent: readonly PreparedTask[], entered: Entered, at: number, isBatch: boolean): Promise<void> {
    const batches = groupByQueue(sent);
    const outcomes = await Promise.allSettled(batches.map((batch) => this.#publish(batch, at, isBatch)));
    const failed = outcomes.flatMap((outcome, index) => {
      return outcome.status === 'rejected' ? [{ error: outcome.reason as unknown, batch: batches[index] ?? [] }] : [];
    });
    const [first] = failed;
    if (first === undefined) return;
    for (const { error, batch } of failed) if (!isFateUnknown(error)) await this.#forgetNew(batch, entered);
    const told = failed.find(({ error }) => isRefusal(error)) ?? first;
    if (isRefusal(told.error)) await this.#takeBack(batches.filter((_, index) => outcomes[index]?.status === 'fulfilled').flat());
    // Of a second try it is not known what became of the first.
    const isCertain = failed.length === batches.length && sent.every((task) => entered.get(task) === 'new');
    const isNothingSent = isCertain && !failed.some(({ error }) => isFateUnknown(error));
    const tasks = [...entered.keys()];
    const named = renamingItems(told.error, (index) => tasks.indexOf(told.batch[index] as PreparedTask));
    const ids = tasks.map(({ id }) => id);
    throw dispatchError(named, isNothingSent ? 'not-published' : 'unknown', ids);
  }

  async #publish(batch: readonly PreparedTask[], at: number, isBatch: boolean): Promise<void> {
    const queue = this.#parts.queue(batch[0]?.target.queue ?? '');
    const items = batch.map((task) => toBatchItem(task, this.#parts.name, at));
    const options = { publishTimeout: publishTimeoutMs };
    if (isBatch) await queue.publishBatch(items, options);
    else await Promise.all(items.map(({ type, payload, options: own }) => queue.publish(type, payload, { ...own, ...options })));
  }

  /** The message is there: whether this could be said changes nothing for its worker, nor for the caller. */
  async #sayQueued(id: string): Promise<void> {
    const { records, watched, clock, logger, retentionMs } = this.#parts;
    try {
      const write = moveTo(id, 'queued', clock.now(), {}, retentionMs, { state: ['pending'] });
      if ((await records.write(write)).status === 'written') watched.moved(id, 'queued');
    } catch (error) {
      logger.warn({ err: error, id }, 'a task is queued, which its record could not be told: its worker, or the repair pass, will');
    }
  }

  /** Those whose records this call wrote: of the others somebody else knows. */
  async #forgetNew(tasks: readonly PreparedTask[], entered: Entered): Promise<void> {
    const { records, watched, logger } = this.#parts;
    const written = tasks.filter((task) => entered.get(task) === 'new');
    await Promise.all(
      written.map(async ({ id }) => {
        watched.forget(id, false);
        try {
          await records.write({ key: id, remove: true });
        } catch (error) {
          logger.warn({ err: error, id }, 'the record of a task that was not published stays: the repair pass will end it');
        }
      }),
    );
  }

  /** One item of a batch was refused: none is to run, as far as no worker has begun with it. */
  async #takeBack(tasks: readonly PreparedTask[]): Promise<void> {
    const cancelled = await Promise.allSettled(
      tasks.map(({ id }) => {
        this.#parts.watched.forget(id, false);
        return this.#parts.cancelling.cancel(id);
      }),
    );
    for (const outcome of cancelled) {
      if (outcome.status === 'rejected')
        this.#parts.logger.warn({ err: outcome.reason }, 'a task of a refused batch could not be taken back');
    }
  }

  /** The bound of the task as a whole. Its worker, where it runs, keeps it too; whoever writes first has timed it out. */
  async #timeOut({ id, target }: PreparedTask): Promise<void> {
    const { records, clock, logger, news, retentionMs } = this.#parts;
    try {
      const outcome = await records.write(moveTo(id, 'timed_out', clock.now(), {}, retentionMs));
      news.look(id);
      if (outcome.status === 'written') await this.#parts.queue(target.queue).cancel(id);
    } catch (error) {
      logger.warn({ err: error, id }, 'a task could not be timed out: the repair pass will');
    }
  }
}

function groupByQueue(tasks: readonly PreparedTask[]): readonly (readonly PreparedTask[])[] {
  const byQueue = new Map<string, PreparedTask[]>();
  for (const task of tasks) {
    const group = byQueue.get(task.target.queue);
    if (group === undefined) byQueue.set(task.target.queue, [task]);
    else group.push(task);
  }
  return [...byQueue.values()];
}
