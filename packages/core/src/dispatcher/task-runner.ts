import { hostname } from 'node:os';
import { PayloadError, UnrecoverableError } from '../errors.js';
import { type Logger, silentLogger } from '../logger.js';
import { type Codec, jsonCodec } from '../message/codec.js';
import type { Message } from '../message/message.js';
import type { Ending, HandlerContext, MessageHead } from '../ports/handler.js';
import type { PubSub } from '../ports/pubsub.js';
import type { Queue } from '../ports/queue.js';
import type { RecordStore, StoredRecord } from '../ports/records.js';
import { GatheredRecords } from '../records/gathered-records.js';
import { type Clock, systemClock, type Timer } from '../time/clock.js';
import { type Notice, NoticeSender } from './notices.js';
import { type FieldChanges, fieldsOf } from './task-record.js';
import { type Delivered, TaskRun, type TaskRunParts } from './task-run.js';
import { hasTaskTag, type TaskTag, taskTagOf } from './task-tag.js';
import { Throttle } from './throttle.js';
import { encodeBounded, type ResultRules, type Verdict, verdictOf } from './verdict.js';

export interface TaskRunnerParts {
  readonly records: RecordStore;
  /** Carries notices to the dispatching processes. */
  readonly pubsub: PubSub;
  readonly clock?: Clock;
  readonly logger?: Logger;
  readonly codec?: Codec;
  /** How long a finished task can be read, in milliseconds. */
  readonly statusRetentionMs: number;
  /** Bytes of an encoded result, or of a progress value. Default 1 MiB. */
  readonly maxResultBytes?: number;
}

/** Progress is written and told at most so often. */
const progressEveryMs = 100;

interface Running {
  readonly run: TaskRun;
  progress: Throttle<unknown> | undefined;
}

/**
 * The worker's side of dispatched tasks: writes where a task stands before and after its handler, and tells the process that dispatched it.
 * The terminal state is written before the message is settled, so a crash in between brings a message whose task is over: nothing runs.
 */
export class TaskRunner {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #rules: ResultRules;
  readonly #runParts: TaskRunParts;
  readonly #notices: NoticeSender;
  /** By task: the delivery whose handler runs here, or ran and is not settled. */
  readonly #running = new Map<string, Running>();

  constructor(parts: TaskRunnerParts) {
    const { clock = systemClock, codec = jsonCodec, maxResultBytes = 1024 * 1024 } = parts;
    this.#clock = clock;
    this.#logger = (parts.logger ?? silentLogger).child({ component: 'tasks' });
    this.#rules = { codec, maxResultBytes, worker: `${hostname()}:${process.pid}`, now: () => clock.now() };
    this.#runParts = { records: new GatheredRecords(parts.records, clock), clock, retentionMs: parts.statusRetentionMs };
    this.#notices = new NoticeSender(parts.pubsub, clock, this.#logger);
  }

  /** Minds the dispatched tasks among this queue's messages. Before the queue is started. */
  attach(queue: Queue): void {
    queue.use({
      concerns: hasTaskTag,
      process: (message, next, context) => this.#process(queue, message, next, context),
      beforeSettle: (head, ending) => this.#beforeSettle(queue, head, ending),
    });
    queue.on('progress', (head, value) => this.#tellProgress(head, value));
    queue.on('lease-lost', (head) => void this.#take(head)?.progress?.end());
  }

  async #process(queue: Queue, message: Message, next: () => Promise<unknown>, context: HandlerContext): Promise<unknown> {
    const tag = taskTagOf(message);
    if (tag === undefined) return next();
    const run = new TaskRun(this.#runParts, delivered(queue, message, context.fencingToken, tag));
    this.#running.set(message.id, { run, progress: undefined });
    const ended = await this.#begin(run, context.attempt);
    if (ended !== undefined) return leaveEnded(ended);
    if (tag.deadline !== undefined && tag.deadline <= this.#clock.now()) {
      await this.#timeOut(run);
      return undefined;
    }
    const timer = tag.deadline === undefined ? undefined : this.#endAt(tag.deadline, queue, run);
    try {
      return await next();
    } finally {
      timer?.cancel();
    }
  }

  async #begin(run: TaskRun, attempt: number): Promise<StoredRecord | undefined> {
    try {
      const ended = await run.begin({ attempts: String(attempt), worker: this.#rules.worker });
      if (ended === undefined) this.#tell(run, 'running');
      return ended;
    } catch (error) {
      run.failure = error;
      throw error;
    }
  }

  /** The whole task's bound, kept also where its dispatcher is gone: the handler is told by its signal. */
  #endAt(deadline: number, queue: Queue, run: TaskRun): Timer {
    const { id } = run.delivered;
    const timeOut = async () => {
      try {
        if (await this.#timeOut(run)) await queue.cancel(id);
      } catch (error) {
        this.#logger.warn({ err: error, id }, 'a task could not be timed out: the repair pass will try again');
      }
    };
    return this.#clock.setTimer(() => void timeOut(), deadline - this.#clock.now(), { unref: true });
  }

  async #beforeSettle(queue: Queue, head: MessageHead, ending: Ending): Promise<void> {
    const tag = taskTagOf(head);
    if (tag === undefined) return;
    const running = this.#take(head);
    const run = running?.run ?? new TaskRun(this.#runParts, delivered(queue, head, head.fencingToken, tag));
    const progress = await running?.progress?.end();
    const verdict = verdictOf(head, ending, this.#rules);
    if (verdict === undefined) return;
    if (run.failure !== undefined) throw run.failure;
    if (run.ended === undefined && !run.hasBegun && (await this.#isLateToBegin(run, head, verdict))) return;
    const told = await run.end(verdict.state, progress === undefined ? verdict.fields : this.#withProgress(run, verdict, progress.value));
    if (progress !== undefined) this.#tell(run, 'progress');
    this.#tell(run, told);
  }

  /** A batch handler, or a caller of `receive`, ran it: only now is it known. True where the task had ended before. */
  async #isLateToBegin(run: TaskRun, head: MessageHead, { state, fields }: Verdict): Promise<boolean> {
    const hasRun = state === 'completed' || state === 'retrying' || fields.reason === 'unrecoverable';
    if (!hasRun) return false;
    const ended = await this.#begin(run, head.attempt);
    if (ended === undefined) return false;
    this.#tell(run, run.ended);
    return true;
  }

  async #timeOut(run: TaskRun): Promise<boolean> {
    const told = await run.end('timed_out', {});
    this.#tell(run, told);
    return told === 'timed_out';
  }

  #tellProgress(head: MessageHead, value: unknown): void {
    const running = this.#running.get(head.id);
    if (running?.run.delivered.fencingToken !== head.fencingToken) return;
    running.progress ??= new Throttle(this.#clock, progressEveryMs, (latest) => this.#writeProgress(running.run, latest));
    running.progress.set(value);
  }

  async #writeProgress(run: TaskRun, value: unknown): Promise<void> {
    try {
      if (await run.tellProgress(encodeBounded(value, this.#rules, 'the progress'))) this.#tell(run, 'progress');
    } catch (error) {
      this.#logger.warn({ err: error, id: run.delivered.id }, 'progress could not be told');
    }
  }

  /** The last value goes with the state that ends the attempt. */
  #withProgress(run: TaskRun, { fields }: Verdict, value: unknown): FieldChanges {
    try {
      return { ...fields, progress: encodeBounded(value, this.#rules, 'the progress') };
    } catch (error) {
      if (!(error instanceof PayloadError)) throw error;
      this.#logger.warn({ err: error, id: run.delivered.id }, 'progress could not be told');
      return fields;
    }
  }

  #tell({ delivered: { dispatcher, id } }: TaskRun, what: Notice['what'] | undefined): void {
    if (what !== undefined) this.#notices.tell(dispatcher, { id, what });
  }

  /** What is known of this very delivery, and of no other. */
  #take({ id, fencingToken }: MessageHead): Running | undefined {
    const running = this.#running.get(id);
    if (running?.run.delivered.fencingToken !== fencingToken) return undefined;
    this.#running.delete(id);
    return running;
  }
}

function delivered(queue: Queue, head: { readonly id: string; readonly type: string }, fencingToken: number, tag: TaskTag): Delivered {
  return { id: head.id, type: head.type, queue: queue.name, dispatcher: tag.dispatcher, fencingToken };
}

/** There is nothing to run. The message of a failed task belongs among the dead letters, however it came back from there. */
function leaveEnded(record: StoredRecord): undefined {
  const { reason, error } = fieldsOf(record);
  if (record.state !== 'failed' || reason === 'result') return undefined;
  const told = error === undefined ? '' : `: ${(JSON.parse(error) as { readonly message: string }).message}`;
  throw new UnrecoverableError(`task ${record.key} has failed${told}; redrive it by its dispatcher`);
}
