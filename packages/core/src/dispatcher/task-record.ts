import type { Codec } from '../message/codec.js';
import type { DispatchOptions, TaskState, TaskStatus } from '../ports/dispatcher.js';
import type { AttemptError } from '../ports/handler.js';
import type { RecordCondition, RecordWrite, StoredRecord } from '../ports/records.js';
import { isFinal, statesBefore } from './states.js';

/** What is kept of a task beside its state. Payload, progress and result are encoded; times are milliseconds since the epoch. */
export interface TaskFields {
  readonly type: string;
  readonly queue: string;
  /** For a redrive: gone when there can be none. */
  readonly payload: string;
  /** What the task is dispatched with again when it is redriven. */
  readonly options: string;
  /** The process that dispatched it. */
  readonly dispatcher: string;
  /** When the task as a whole is over. */
  readonly deadline: string;
  readonly redriveOf: string;
  readonly redrivenAs: string;
  readonly attempts: string;
  readonly worker: string;
  /** Of the delivery that runs it, or ran it last: an older delivery's word counts no more. */
  readonly fence: string;
  /** When a cancel was asked for while it ran. */
  readonly cancelAsked: string;
  readonly progress: string;
  readonly result: string;
  readonly error: string;
  readonly reason: string;
}

export type FieldChanges = { readonly [Name in keyof TaskFields]?: string | undefined };

export function fieldsOf(record: StoredRecord): Partial<TaskFields> {
  return record.fields;
}

/** A move of the status machine, with its time in the history; refused where the machine has none from the state that stands. */
export function moveTo(
  id: string,
  state: TaskState,
  at: number,
  fields: FieldChanges,
  retentionMs: number,
  when: RecordCondition = { state: statesBefore(state) },
): RecordWrite {
  return {
    key: id,
    when,
    state,
    fields: isFinal(state) && state !== 'failed' ? { ...fields, payload: undefined, options: undefined } : fields,
    append: JSON.stringify({ state, at }),
    expiresInMs: isFinal(state) ? retentionMs : undefined,
  };
}

interface Moved {
  readonly state: TaskState;
  readonly at: number;
}

export function historyOf(record: StoredRecord): readonly Moved[] {
  return record.log.map((line) => JSON.parse(line) as Moved);
}

export function toStatus(record: StoredRecord, codec: Codec): TaskStatus {
  const fields = fieldsOf(record);
  const decoded = (text: string | undefined) => (text === undefined ? undefined : codec.decode(text));
  return {
    id: record.key,
    type: fields.type ?? '',
    state: record.state as TaskState,
    queue: fields.queue ?? '',
    attempts: Number(fields.attempts ?? 0),
    worker: fields.worker,
    progress: decoded(fields.progress),
    result: resultOf(record, codec),
    error: fields.error === undefined ? undefined : (JSON.parse(fields.error) as AttemptError),
    reason: fields.reason as TaskStatus['reason'],
    history: historyOf(record).map(({ state, at }) => ({ state, at: new Date(at) })),
    redriveOf: fields.redriveOf,
    redrivenAs: fields.redrivenAs,
  };
}

/** The value of a completed task. */
export function resultOf(record: StoredRecord, codec: Codec): unknown {
  const { result } = fieldsOf(record);
  return result === undefined ? undefined : codec.decode(result);
}

/** The options of a dispatch that a redriven task takes over. */
export function writeOptions({ priority, headers, maxRetries, backoff, timeout, attemptTimeout }: DispatchOptions): string {
  return JSON.stringify({ priority, headers, maxRetries, backoff, timeout, attemptTimeout });
}

export function readOptions(record: StoredRecord): DispatchOptions {
  return JSON.parse(fieldsOf(record).options ?? '{}') as DispatchOptions;
}
