import { ConfigError } from '../errors.js';
import type { RecordCondition, RecordWrite, StoredRecord } from '../ports/records.js';
import type { RunOutcome, ScheduleOptions } from '../ports/scheduler.js';
import type { Occurrence } from './occurrence.js';

/** `scheduled` also while an occurrence runs. The states but `paused` and this one are final. */
export type ScheduleState = 'scheduled' | 'paused' | 'completed' | 'failed' | 'cancelled';

export type FinalState = Exclude<ScheduleState, 'scheduled' | 'paused'>;

/** An occurrence that began and has not ended: it runs, or waits for its next attempt. */
export interface RunningOccurrence extends Occurrence {
  /** The fencing token of the delivery that runs it: a worker that lost its lease unknowingly has no say any more. */
  readonly fence: number;
}

export interface LastRun {
  /** Milliseconds since the epoch: when it was due. */
  readonly due: number;
  readonly outcome: RunOutcome;
  readonly error?: string;
}

/** What a schedule is made of; two that agree in it are the same schedule. */
export interface Definition {
  readonly name: string;
  /** Encoded. */
  readonly payload: string;
  readonly options: ScheduleOptions;
}

export interface ScheduleContent extends Definition {
  readonly state: ScheduleState;
  /** Milliseconds since the epoch: from where `every` and `delay` count. */
  readonly anchor: number;
  readonly edition: string;
  /** The occurrence that waits; or, without `overlap`, the one that runs and whose end decides which is next. */
  readonly current: Occurrence;
  readonly running: readonly RunningOccurrence[];
  readonly last: LastRun | undefined;
}

/** A schedule as it is kept. */
export interface Schedule extends ScheduleContent {
  readonly id: string;
  readonly revision: number;
}

/** What changes of a schedule. */
export type Move = Partial<ScheduleContent>;

export function isFinal(state: ScheduleState): state is FinalState {
  return state !== 'scheduled' && state !== 'paused';
}

/** @throws ConfigError where the record is damaged */
export function readSchedule(record: StoredRecord): Schedule {
  try {
    return toSchedule(record);
  } catch (cause) {
    throw new ConfigError(`the record of schedule '${record.key}' is damaged`, [], { cause });
  }
}

function toSchedule(record: StoredRecord): Schedule {
  const { name = '', payload = '', options = '', anchor = '', edition = '', current = '', running, last } = record.fields;
  return {
    id: record.key,
    revision: record.revision,
    state: record.state as ScheduleState,
    name,
    payload,
    options: readOptions(options),
    anchor: Number(anchor),
    edition,
    current: JSON.parse(current) as Occurrence,
    running: running === undefined ? [] : (JSON.parse(running) as readonly RunningOccurrence[]),
    last: last === undefined ? undefined : (JSON.parse(last) as LastRun),
  };
}

/** One write: what changes, and nothing else. @param retentionMs how long a schedule that ended can be read */
export function writeMove(id: string, when: RecordCondition, state: ScheduleState, move: Move, retentionMs: number): RecordWrite {
  const fields: Record<string, string | undefined> = {};
  if (move.name !== undefined) fields.name = move.name;
  if (move.payload !== undefined) fields.payload = move.payload;
  if (move.options !== undefined) fields.options = writeOptions(move.options);
  if (move.anchor !== undefined) fields.anchor = String(move.anchor);
  if (move.edition !== undefined) fields.edition = move.edition;
  if (move.current !== undefined) fields.current = JSON.stringify(move.current);
  if (move.running !== undefined) fields.running = move.running.length === 0 ? undefined : JSON.stringify(move.running);
  if ('last' in move) fields.last = move.last && JSON.stringify(move.last);
  return { key: id, when, state, fields, expiresInMs: isFinal(state) ? retentionMs : undefined };
}

/** In one order, however they were written down. Dates travel as ISO text. */
function writeOptions(options: ScheduleOptions): string {
  return JSON.stringify(sorted({ ...options, backoff: options.backoff && sorted(options.backoff) }));
}

function sorted(options: object): object {
  return Object.fromEntries(Object.entries(options).sort(([one], [other]) => (one < other ? -1 : 1)));
}

const dates = new Set(['at', 'from', 'until']);

function readOptions(text: string): ScheduleOptions {
  return JSON.parse(text, (key, value: unknown) => (dates.has(key) ? new Date(value as string) : value)) as ScheduleOptions;
}

export function isSameDefinition(one: Definition, other: Definition): boolean {
  return one.name === other.name && one.payload === other.payload && writeOptions(one.options) === writeOptions(other.options);
}

/** Whether both repeat at the same times: a change of the rest keeps the phase of a period. */
export function isSameRhythm(one: ScheduleOptions, other: ScheduleOptions): boolean {
  return rhythmOf(one) === rhythmOf(other);
}

function rhythmOf({ every, cron, timezone, from, delay, at }: ScheduleOptions): string {
  return writeOptions({ every, cron, timezone, from, delay, at });
}
