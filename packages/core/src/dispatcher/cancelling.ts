import type { Logger } from '../logger.js';
import type { TaskCancelOutcome } from '../ports/dispatcher.js';
import type { Queue } from '../ports/queue.js';
import type { StoredRecord } from '../ports/records.js';
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
    if (!(await this.#write(record, record.revision))) return undefined;
    const { queue = '' } = fieldsOf(record);
    try {
      await this.#parts.queue(queue).cancel(record.key);
    } catch (error) {
      this.#parts.logger.warn({ err: error, id: record.key }, 'the message of a cancelled task stays: whoever takes it runs nothing');
    }
    return 'cancelled';
  }

  /** Its worker writes how it ends. Should that one vanish, the record tells the repair pass why the message is gone. */
  async #cancelRunning(record: StoredRecord): Promise<TaskCancelOutcome | undefined> {
    const { records, clock } = this.#parts;
    const { key, revision } = record;
    const asked = await records.write({ key, when: { revision }, state: 'running', fields: { cancelAsked: String(clock.now()) } });
    if (asked.status !== 'written') return undefined;
    const { queue = '' } = fieldsOf(record);
    if ((await this.#parts.queue(queue).cancel(key)) === 'aborting') return 'aborting';
    return (await this.#write(record, asked.revision)) ? 'cancelled' : undefined;
  }

  async #write(record: StoredRecord, revision: number): Promise<boolean> {
    const { records, notices, clock, retentionMs } = this.#parts;
    const outcome = await records.write(moveTo(record.key, 'cancelled', clock.now(), {}, retentionMs, { revision }));
    if (outcome.status !== 'written') return false;
    const { dispatcher } = fieldsOf(record);
    if (dispatcher !== undefined) notices.tell(dispatcher, { id: record.key, what: 'cancelled' });
    return true;
  }
}
