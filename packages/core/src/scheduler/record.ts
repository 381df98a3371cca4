import type { RecordWrite, StoredRecord } from '../ports/records.js';
import type { ScheduleOptions } from '../ports/scheduler.js';
import { type Rule, toRule } from './rule.js';

/** `scheduled` also while an occurrence runs. The other states but `paused` are final. */
export type ScheduleState = 'scheduled' | 'paused' | 'completed' | 'failed' | 'cancelled';

export interface LastRun {
  /** Milliseconds since the epoch: when it was due. */
  readonly due: number;
  readonly outcome: 'completed' | 'failed' | 'cancelled';
  readonly error?: string;
}

/** A schedule as it is kept. */
export interface Schedule {
  readonly id: string;
  readonly revision: number;
  readonly state: ScheduleState;
  readonly name: string;
  /** Encoded. */
  readonly payload: string;
  readonly options: ScheduleOptions;
  readonly rule: Rule;
  /** Milliseconds since the epoch: from where `every` and `delay` count. */
  readonly anchor: number;
  /** The occurrence that waits or runs, by when it is due. With `overlap` an earlier one may run besides. */
  readonly next: number;
  /** With `overlap`: the occurrence that started last. */
  readonly started: number | undefined;
  readonly last: LastRun | undefined;
}

/** The message of an occurrence has an id that says which it is: so it is published once, whoever publishes it, however often. */
export function occurrenceId(scheduleId: string, due: number): string {
  return `${scheduleId}:${due}`;
}

/** Dates travel as ISO text. */
export function writeOptions(options: ScheduleOptions): string {
  return JSON.stringify(options);
}

const dates = new Set(['at', 'from', 'until']);

function readOptions(text: string): ScheduleOptions {
  return JSON.parse(text, (key, value: unknown) => (dates.has(key) ? new Date(value as string) : value)) as ScheduleOptions;
}

export function readSchedule(record: StoredRecord): Schedule {
  const { name = '', payload = 'null', options = '{}', anchor = '0', next = '0', started, last } = record.fields;
  const read = readOptions(options);
  return {
    id: record.key,
    revision: record.revision,
    state: record.state as ScheduleState,
    name,
    payload,
    options: read,
    rule: toRule(read, Number(anchor)),
    anchor: Number(anchor),
    next: Number(next),
    started: started === undefined ? undefined : Number(started),
    last: last === undefined ? undefined : (JSON.parse(last) as LastRun),
  };
}

/** What the definition of a schedule is made of; two that agree in it are the same schedule. */
export interface Definition {
  readonly name: string;
  readonly payload: string;
  readonly options: ScheduleOptions;
}

export function isSameDefinition(schedule: Schedule, definition: Definition): boolean {
  return (
    schedule.name === definition.name &&
    schedule.payload === definition.payload &&
    writeOptions(schedule.options) === writeOptions(definition.options)
  );
}

export function toWrite(
  id: string,
  when: RecordWrite['when'],
  definition: Definition,
  times: { readonly anchor: number; readonly next: number },
  state: ScheduleState = 'scheduled',
): RecordWrite {
  const { name, payload, options } = definition;
  const fields = { name, payload, options: writeOptions(options), anchor: String(times.anchor), next: String(times.next) };
  return { key: id, when, state, fields: { ...fields, started: undefined } };
}
