import type { Logger } from '../logger.js';
import type { TaskFailureReason } from '../ports/dispatcher.js';
import type { AttemptError } from '../ports/handler.js';
import type { MessageView, Queue } from '../ports/queue.js';
import type { StoredRecord } from '../ports/records.js';
import type { GatheredRecords } from '../records/gathered-records.js';
import type { Clock } from '../time/clock.js';
import { publishTimeoutMs } from './dispatching.js';
import type { NoticeSender } from './notices.js';
import { fieldsOf, historyOf, moveTo } from './task-record.js';
import type { Verdict } from './verdict.js';

/** By then the message of a pending task is there, or never will be. */
const settledAfterMs = 2 * publishTimeoutMs;

/** No task has this id: it is no name. */
const turnKey = '#repair';

export interface TaskRepairParts {
  readonly queue: (name: string) => Queue;
  readonly records: GatheredRecords;
  readonly notices: NoticeSender;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly retentionMs: number;
  readonly intervalMs: number;
}

/** Ends what a crash left open for ever: a task whose message was never published or is gone, or whose time is over. */
export class TaskRepair {
  readonly #parts: TaskRepairParts;

  constructor(parts: TaskRepairParts) {
    this.#parts = parts;
  }

  /** Of all the dispatchers that share these records one passes through them each interval. */
  async takeTurn(): Promise<boolean> {
    // A little less, so that the one that had the last turn does not find it taken by itself.
    const expiresInMs = Math.floor(this.#parts.intervalMs * 0.9);
    return (await this.#parts.records.write({ key: turnKey, when: 'absent', state: 'repair', expiresInMs })).status === 'written';
  }

  /** Never rejects: one record that can't be repaired holds up no other. */
  async repair(record: StoredRecord): Promise<void> {
    try {
      if (isOver(record, this.#parts.clock.now())) await this.#timeOut(record);
      else if (this.#isSettled(record)) await this.#compare(record);
    } catch (error) {
      this.#parts.logger.warn({ err: error, id: record.key }, 'a task could not be looked at: it is tried again at the next pass');
    }
  }

  #isSettled(record: StoredRecord): boolean {
    const now = this.#parts.clock.now();
    return now - (historyOf(record).at(-1)?.at ?? 0) >= settledAfterMs;
  }

  async #timeOut(record: StoredRecord): Promise<void> {
    if (await this.#write(record, { state: 'timed_out', fields: {} })) await this.#queueOf(record).cancel(record.key);
  }

  async #compare(record: StoredRecord): Promise<void> {
    const { records, clock, retentionMs } = this.#parts;
    const message = await this.#queueOf(record).find(record.key);
    if (message?.state === 'dead') await this.#write(record, verdictOfDead(message, clock.now()));
    else if (message === undefined) await this.#write(record, verdictOfGone(record, clock.now()));
    else if (record.state === 'pending') {
      await records.write(moveTo(record.key, 'queued', clock.now(), {}, retentionMs, { revision: record.revision }));
    }
  }

  /** A worker moves the record before it settles the message: where the record is as it was, the message is really as it was found. */
  async #write(record: StoredRecord, { state, fields }: Verdict): Promise<boolean> {
    const { records, notices, clock, logger, retentionMs } = this.#parts;
    const outcome = await records.write(moveTo(record.key, state, clock.now(), fields, retentionMs, { revision: record.revision }));
    if (outcome.status !== 'written') return false;
    logger.warn({ id: record.key, from: record.state, state, reason: fields.reason }, 'a task was found left open, and ended');
    const { dispatcher } = fieldsOf(record);
    if (dispatcher !== undefined) notices.tell(dispatcher, { id: record.key, what: state });
    return true;
  }

  #queueOf(record: StoredRecord): Queue {
    return this.#parts.queue(fieldsOf(record).queue ?? '');
  }
}

function isOver(record: StoredRecord, now: number): boolean {
  const { deadline } = fieldsOf(record);
  return deadline !== undefined && Number(deadline) <= now;
}

function verdictOfDead({ reason, errors, attempts }: MessageView, at: number): Verdict {
  const error = errors.at(-1) ?? { name: 'Error', message: reason ?? 'dead', attempt: attempts, at, worker: '' };
  return { state: 'failed', fields: { error: JSON.stringify(error), reason, attempts: String(attempts) } };
}

function verdictOfGone(record: StoredRecord, at: number): Verdict {
  // Its worker vanished with the cancel unheard: the message was dropped when its lease ended.
  if (fieldsOf(record).cancelAsked !== undefined) return { state: 'cancelled', fields: {} };
  const reason: TaskFailureReason = record.state === 'pending' ? 'not-published' : 'message-gone';
  const message =
    reason === 'not-published'
      ? 'not-published: the dispatcher ended before it published the task'
      : 'message-gone: the message was removed from its queue, or run by a worker that minds no tasks';
  const error: AttemptError = { name: 'TaskLostError', message, code: 'ERR_QUAYSIDE_TASK_LOST', attempt: 0, at, worker: '' };
  return { state: 'failed', fields: { error: JSON.stringify(error), reason } };
}
