import type { TaskState } from '../ports/dispatcher.js';
import type { AttemptError } from '../ports/handler.js';
import type { Queue } from '../ports/queue.js';
import type { StoredRecord } from '../ports/records.js';
import type { GatheredRecords } from '../records/gathered-records.js';
import type { Clock } from '../time/clock.js';
import { historyOf, moveTo, type TaskFields } from './task-record.js';

/** Twice the bound of a publish: by then its message is there, or never will be. */
const settledAfterMs = 10_000;

export interface TaskRepairParts {
  readonly queue: (name: string) => Queue;
  readonly records: GatheredRecords;
  readonly clock: Clock;
  readonly retentionMs: number;
}

/** Ends what a crash left open for ever: a task whose message was never published or is gone, or whose time is over. */
export class TaskRepair {
  readonly #parts: TaskRepairParts;

  constructor(parts: TaskRepairParts) {
    this.#parts = parts;
  }

  async repair(record: StoredRecord): Promise<void> {
    const { clock, records, retentionMs } = this.#parts;
    const fields = record.fields as Partial<TaskFields>;
    const queue = this.#parts.queue(fields.queue ?? '');
    const now = clock.now();
    if (fields.deadline !== undefined && Number(fields.deadline) <= now) {
      const outcome = await records.write(moveTo(record.key, 'timed_out', now, {}, retentionMs));
      if (outcome.status === 'written') await queue.cancel(record.key);
      return;
    }
    if (now - (historyOf(record).at(-1)?.at ?? now) < settledAfterMs) return;
    if ((await queue.find(record.key)) !== undefined) return;
    // A worker moves the record before it settles the message: where the record is as it was, the message is really gone.
    const current = await records.read(record.key);
    if (current?.revision !== record.revision) return;
    const error = lostError(record.state as TaskState, now);
    await records.write(moveTo(record.key, 'failed', now, { error: JSON.stringify(error) }, retentionMs, { revision: record.revision }));
  }
}

function lostError(state: TaskState, at: number): AttemptError {
  const isUnpublished = state === 'pending';
  const message = isUnpublished
    ? 'not-published: the dispatcher ended before it published the task'
    : 'the message was removed from its queue';
  const code = isUnpublished ? 'ERR_QUAYSIDE_NOT_PUBLISHED' : 'ERR_QUAYSIDE_MESSAGE_GONE';
  return { name: 'TaskLostError', message, code, attempt: 0, at, worker: '' };
}
