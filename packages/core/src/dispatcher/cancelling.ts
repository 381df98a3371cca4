import type { Logger } from '../logger.js';
import type { TaskCancelOutcome } from '../ports/dispatcher.js';
import type { Queue } from '../ports/queue.js';
import type { RecordCondition, StoredRecord, WriteOutcome } from '../ports/records.js';
import type { GatheredRecords } from '../records/gathered-records.js';
import type { Clock } from '../time/clock.js';
import type { NoticeSender } from './notices.js';
import { isFinal } from './states.js';
import { fieldsOf, moveTo } from './task-record.js';

export interface CancellingParts {
  readonly queue: (name: string) => Queue;
  readonly records: GatheredRecords;
  readonly notices: NoticeSender;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly retentionMs: number;
}

/** Cancels tasks of any process: the record first, so that a worker that is faster finds its task over. */
export class Cancelling {
  readonly #parts: CancellingParts;

  constructor(parts: CancellingParts) {
    this.#parts = parts;
  }

  async cancel(id: string): Promise<TaskCancelOutcome> {
    for (;;) {
      const record = await this.#parts.records.read(id);
      if (record === undefined) return 'not-found';
      if (isFinal(record.state)) return 'finished';
      const outcome = record.state === 'running' ? await this.#cancelRunning(record) : await this.#cancelWaiting(record);
      // Refused, since the task has moved meanwhile: it is looked at again.
      if (outcome !== undefined) return outcome;
    }
  }

  async #cancelWaiting(record: StoredRecord): Promise<TaskCancelOutcome | undefined> {
    if ((await this.#write(record, { revision: record.revision })).status !== 'written') return undefined;
    const { queue = '' } = fieldsOf(record);
    try {
      await this.#parts.queue(queue).cancel(record.key);
    } catch (error) {
      this.#parts.logger.warn({ err: error, id: record.key }, 'the message of a cancelled task stays: whoever takes it runs nothing');
    }
    return 'cancelled';
  }

  /**
   * From the mark on the task can't end but as cancelled (or timed out): its worker finds the mark where it writes how it ended, and so does
   * whoever comes after that one. The queue's own cancel is what aborts the handler soon.
   */
  async #cancelRunning(record: StoredRecord): Promise<TaskCancelOutcome | undefined> {
    const { records, clock } = this.#parts;
    const { key, revision } = record;
    const asked = await records.write({ key, when: { revision }, state: 'running', fields: { cancelAsked: String(clock.now()) } });
    if (asked.status !== 'written') return undefined;
    const { queue = '' } = fieldsOf(record);
    if ((await this.#parts.queue(queue).cancel(key)) === 'aborting') return 'aborting';
    // No worker has it: there is nothing to abort.
    const ended = await this.#write(record);
    if (ended.status === 'written') return 'cancelled';
    return ended.current?.state === 'cancelled' ? 'aborting' : 'finished';
  }

  async #write(record: StoredRecord, when?: RecordCondition): Promise<WriteOutcome> {
    const { records, notices, clock, retentionMs } = this.#parts;
    const outcome = await records.write(moveTo(record.key, 'cancelled', clock.now(), {}, retentionMs, when));
    const { dispatcher } = fieldsOf(record);
    if (outcome.status === 'written' && dispatcher !== undefined) notices.tell(dispatcher, { id: record.key, what: 'cancelled' });
    return outcome;
  }
}
