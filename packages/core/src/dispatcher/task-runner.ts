import { hostname } from 'node:os';
import { PayloadError } from '../errors.js';
import { type Logger, silentLogger } from '../logger.js';
import { type Codec, jsonCodec } from '../message/codec.js';
import type { Message } from '../message/message.js';
import type { TaskState } from '../ports/dispatcher.js';
import type { AttemptError, Ending, HandlerContext, MessageHead } from '../ports/handler.js';
import type { PubSub } from '../ports/pubsub.js';
import type { Queue } from '../ports/queue.js';
import type { RecordStore } from '../ports/records.js';
import { GatheredRecords } from '../records/gathered-records.js';
import { type Clock, systemClock, type Timer } from '../time/clock.js';
import { type Notice, noticeChannel } from './notices.js';
import { taskTagsOf } from './task-headers.js';
import { moveTo, type TaskFields } from './task-record.js';
import { Throttle } from './throttle.js';

export interface TaskRunnerParts {
  readonly records: RecordStore;
  /** Carries notices to the dispatching processes. */
  readonly pubsub: PubSub;
  readonly clock?: Clock;
  readonly logger?: Logger;
  readonly codec?: Codec;
  /** How long a finished task can be read, in milliseconds. */
  readonly statusRetentionMs: number;
  /** Bytes of an encoded result. Default 1 MiB. */
  readonly maxResultBytes?: number;
}

/** Progress is written and told at most so often; the last value always is. */
const progressEveryMs = 100;

/**
 * The worker's side of dispatched tasks: writes where a task stands before and after its handler, and tells the process that dispatched it.
 * The terminal state is written before the message is settled, so a crash in between brings a message whose task is over: nothing runs.
 */
export class TaskRunner {
  readonly #records: GatheredRecords;
  readonly #pubsub: PubSub;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #codec: Codec;
  readonly #retentionMs: number;
  readonly #maxResultBytes: number;
  readonly #progress = new Map<string, Throttle>();
  readonly #worker = `${hostname()}:${process.pid}`;

  constructor(parts: TaskRunnerParts) {
    this.#clock = parts.clock ?? systemClock;
    this.#records = new GatheredRecords(parts.records, this.#clock);
    this.#pubsub = parts.pubsub;
    this.#logger = (parts.logger ?? silentLogger).child({ component: 'tasks' });
    this.#codec = parts.codec ?? jsonCodec;
    this.#retentionMs = parts.statusRetentionMs;
    this.#maxResultBytes = parts.maxResultBytes ?? 1024 * 1024;
  }

  /** Minds the dispatched tasks among this queue's messages. Before the queue is started. */
  attach(queue: Queue): void {
    queue.use({
      concerns: (headers) => taskTagsOf(headers) !== undefined,
      process: (message, next, context) => this.#process(queue, message, next, context),
      beforeSettle: (head, ending) => this.#beforeSettle(head, ending),
    });
    queue.on('progress', (head, value) => this.#tellProgress(head, value));
  }

  async #process(queue: Queue, message: Message, next: () => Promise<unknown>, context: HandlerContext): Promise<unknown> {
    const tags = taskTagsOf(message.headers);
    if (tags === undefined) return next();
    const { id } = message;
    const isMoved = await this.#move(id, tags.dispatcher, 'running', { attempts: String(context.attempt), worker: this.#worker });
    // Cancelled, timed out or finished meanwhile: there is nothing to do but to settle.
    if (!isMoved) return undefined;
    const timer = tags.deadline === undefined ? undefined : this.#endAt(tags.deadline, queue, id, tags.dispatcher);
    try {
      return await next();
    } finally {
      timer?.cancel();
    }
  }

  /** The whole task's bound, kept also where its dispatcher is gone: the handler is told by its signal. */
  #endAt(deadline: number, queue: Queue, id: string, dispatcher: string): Timer {
    return this.#clock.setTimer(async () => {
      try {
        if (await this.#move(id, dispatcher, 'timed_out', {})) await queue.cancel(id);
      } catch (error) {
        this.#logger.warn({ err: error, id }, 'a task could not be timed out: the repair pass will try again');
      }
    }, deadline - this.#clock.now());
  }

  async #beforeSettle(head: MessageHead, ending: Ending): Promise<void> {
    const tags = taskTagsOf(head.headers);
    if (tags === undefined) return;
    await this.#progress.get(head.id)?.flush();
    this.#progress.delete(head.id);
    const { state, fields } = this.#verdict(head, ending);
    if (state !== undefined) await this.#move(head.id, tags.dispatcher, state, fields);
  }

  #verdict(head: MessageHead, ending: Ending): { readonly state?: TaskState; readonly fields: Partial<TaskFields> } {
    switch (ending.outcome) {
      case 'complete':
        return this.#withResult(head, ending.value);
      case 'retry':
        return { state: 'retrying', fields: { error: JSON.stringify(ending.error) } };
      case 'release':
        return { fields: {} };
      case 'dead':
        return { state: 'failed', fields: failure(ending.error, ending.reason) };
      case 'drop':
        if (ending.as === 'cancelled') return { state: 'cancelled', fields: {} };
        return { state: ending.as === 'expired' ? 'timed_out' : 'failed', fields: failure(ending.error, ending.as) };
    }
  }

  /** A result that can't be carried fails the task, and it is not run again: its work was done. */
  #withResult(head: MessageHead, value: unknown): { readonly state: TaskState; readonly fields: Partial<TaskFields> } {
    if (value === undefined) return { state: 'completed', fields: { error: undefined } };
    try {
      const result = this.#codec.encode(value);
      const bytes = Buffer.byteLength(result);
      if (bytes <= this.#maxResultBytes) return { state: 'completed', fields: { result, error: undefined } };
      const issue = { path: 'result', message: `${bytes} bytes encoded; allowed are ${this.#maxResultBytes}` };
      throw new PayloadError(`the result of '${head.type}' is too large`, [issue]);
    } catch (thrown) {
      const { name, message, code } = thrown as PayloadError;
      const error = { name, message, code, attempt: head.attempt, at: this.#clock.now(), worker: this.#worker };
      return { state: 'failed', fields: failure(error, 'result') };
    }
  }

  #tellProgress(head: MessageHead, value: unknown): void {
    const tags = taskTagsOf(head.headers);
    if (tags === undefined) return;
    let throttle = this.#progress.get(head.id);
    if (throttle === undefined) {
      throttle = new Throttle(this.#clock, progressEveryMs, (latest) => this.#writeProgress(head.id, tags.dispatcher, latest));
      this.#progress.set(head.id, throttle);
    }
    throttle.set(value);
  }

  async #writeProgress(id: string, dispatcher: string, value: unknown): Promise<void> {
    const outcome = await this.#records.write({
      key: id,
      when: { state: ['running'] },
      state: 'running',
      fields: { progress: this.#codec.encode(value) },
    });
    if (outcome.status === 'written') this.#tell(dispatcher, { id, kind: 'progress', value });
  }

  async #move(id: string, dispatcher: string, state: TaskState, fields: Partial<TaskFields>): Promise<boolean> {
    const outcome = await this.#records.write(moveTo(id, state, this.#clock.now(), fields, this.#retentionMs));
    if (outcome.status !== 'written') return false;
    this.#tell(dispatcher, { id, kind: 'moved', state });
    return true;
  }

  /** Not waited for: whoever waits for the task reads its record as well. */
  #tell(dispatcher: string, notice: Notice): void {
    this.#pubsub.publish(noticeChannel(dispatcher), notice).catch((error: unknown) => {
      this.#logger.debug({ err: error, id: notice.id }, 'a notice was lost: the record tells');
    });
  }
}

function failure(error: AttemptError | undefined, reason: string): Partial<TaskFields> {
  return { error: JSON.stringify(error ?? { name: 'Error', message: reason, attempt: 0, at: 0, worker: '' }) };
}
