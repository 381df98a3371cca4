import { ConfigError } from '../errors.js';
import type { Logger } from '../logger.js';
import type { Codec } from '../message/codec.js';
import type { DispatchOptions } from '../ports/dispatcher.js';
import type { Queue } from '../ports/queue.js';
import type { StoredRecord } from '../ports/records.js';
import type { GatheredRecords } from '../records/gathered-records.js';
import { fieldsOf, readOptions } from './task-record.js';

export interface RedrivingParts {
  readonly queue: (name: string) => Queue;
  readonly records: GatheredRecords;
  readonly codec: Codec;
  readonly logger: Logger;
  readonly retentionMs: number;
}

/** What a failed task is dispatched with again. */
export interface Redrive {
  readonly type: string;
  readonly payload: unknown;
  readonly options: DispatchOptions;
  readonly runId: string;
}

/** Links a failed task to the run that repeats it, before that one is dispatched: so whoever asks again gets the same run. */
export class Redriving {
  readonly #parts: RedrivingParts;

  constructor(parts: RedrivingParts) {
    this.#parts = parts;
  }

  /** @param runId of the new run, where there is none yet. @throws ConfigError */
  async begin(id: string, runId: string): Promise<Redrive> {
    const { records, retentionMs } = this.#parts;
    for (;;) {
      const record = await records.read(id);
      if (record?.state !== 'failed') {
        throw refused(id, record === undefined ? 'is not known' : `is ${record.state}; only a failed task is redriven`);
      }
      const earlier = fieldsOf(record).redrivenAs;
      if (earlier !== undefined) return this.#redriveOf(record, earlier);
      const link = {
        key: id,
        when: { revision: record.revision },
        state: 'failed',
        fields: { redrivenAs: runId },
        expiresInMs: retentionMs,
      };
      if ((await records.write(link)).status === 'written') return this.#redriveOf(record, runId);
    }
  }

  /** The new run stands for the old one's dead letter. */
  async end(id: string): Promise<void> {
    const { records, queue, logger } = this.#parts;
    try {
      const record = await records.read(id);
      if (record !== undefined) await queue(fieldsOf(record).queue ?? '').remove(id);
    } catch (error) {
      logger.warn({ err: error, id }, 'the dead letter of a redriven task stays: remove it by hand');
    }
  }

  #redriveOf(record: StoredRecord, runId: string): Redrive {
    const { type = '', payload } = fieldsOf(record);
    if (payload === undefined) throw refused(record.key, 'was run without a record: its payload is not kept');
    return { type, payload: this.#parts.codec.decode(payload), options: readOptions(record), runId };
  }
}

function refused(id: string, message: string): ConfigError {
  return new ConfigError(`task '${id}' is not redriven`, [{ path: 'id', message }]);
}
