import { LeaseLostError } from '../errors.js';
import type { TaskState } from '../ports/dispatcher.js';
import type { RecordCondition, RecordWrite, StoredRecord } from '../ports/records.js';
import type { GatheredRecords } from '../records/gathered-records.js';
import type { Clock } from '../time/clock.js';
import { writePatiently } from './patience.js';
import { isFinal } from './states.js';
import { type FieldChanges, fieldsOf, moveTo } from './task-record.js';

export interface TaskRunParts {
  readonly records: GatheredRecords;
  readonly clock: Clock;
  readonly retentionMs: number;
}

/** Of which delivery of which task a run is. */
export interface Delivered {
  readonly id: string;
  readonly type: string;
  readonly queue: string;
  readonly dispatcher: string;
  readonly fencingToken: number;
}

/**
 * One delivery of a task's message, as its record knows it. The record carries the fencing token of the delivery that runs it: a worker
 * that lost its lease without noticing can neither end nor hold up the task for its successor.
 */
export class TaskRun {
  readonly delivered: Delivered;
  /** Why `running` could not be written: the message goes back, its start not counted. */
  failure: unknown;
  readonly #parts: TaskRunParts;
  /** Of the record after this run's last write; none before `running` is written. */
  #revision: number | undefined;
  #ended: TaskState | undefined;

  constructor(parts: TaskRunParts, delivered: Delivered) {
    this.#parts = parts;
    this.delivered = delivered;
  }

  get hasBegun(): boolean {
    return this.#revision !== undefined;
  }

  /** The final state in which this run found its task, or left it. */
  get ended(): TaskState | undefined {
    return this.#ended;
  }

  /**
   * Writes `running`. Answers the record where the task has ended already: then there is nothing to run.
   * @throws LeaseLostError where a later delivery runs it
   */
  async begin(fields: FieldChanges): Promise<StoredRecord | undefined> {
    const fence = String(this.delivered.fencingToken);
    let when: RecordCondition = { state: ['pending', 'queued'] };
    let changes: FieldChanges = { ...fields, fence };
    for (;;) {
      const outcome = await this.#write(this.#move('running', changes, when));
      if (outcome.status === 'written') {
        this.#revision = outcome.revision;
        return undefined;
      }
      const { current } = outcome;
      if (current === undefined) {
        // Whoever could say that the task is over is gone: better twice than never.
        when = 'absent';
        changes = { ...this.#identity(), ...fields, fence };
      } else if (isFinal(current.state)) {
        this.#ended = current.state as TaskState;
        return current;
      } else if (this.#isOutdatedBy(current)) {
        throw new LeaseLostError(this.delivered.id);
      } else if (isCancelAsked(current)) {
        this.#revision = current.revision;
        const state = await this.end('cancelled', {});
        if (state === undefined) throw new LeaseLostError(this.delivered.id);
        return { ...current, state };
      } else if (fieldsOf(current).fence === fence) {
        this.#revision = current.revision;
        return undefined;
      } else {
        when = { revision: current.revision };
      }
    }
  }

  /**
   * Writes where the task stands after this delivery; `cancelled`, whatever came of it, where that was asked for meanwhile. Answers the
   * state to tell of; nothing where a later delivery has the word.
   */
  async end(asked: TaskState, fields: FieldChanges): Promise<TaskState | undefined> {
    let state = asked;
    let when = this.#condition();
    let changes = fields;
    while (this.#ended === undefined) {
      const outcome = await this.#write(this.#move(state, changes, when));
      if (outcome.status === 'written') {
        this.#wrote(state, outcome.revision);
        return state;
      }
      const { current } = outcome;
      if (current === undefined) {
        when = 'absent';
        changes = { ...this.#identity(), ...changes };
      } else if (this.#isOutdatedBy(current)) {
        return undefined;
      } else if (isFinal(current.state) || current.state === state) {
        this.#wrote(current.state as TaskState, current.revision);
        return current.state as TaskState;
      } else {
        when = { revision: current.revision };
        if (isCancelAsked(current) && state !== 'timed_out') {
          state = 'cancelled';
          changes = {};
        }
      }
    }
    return this.#ended;
  }

  /** False where the task has ended, or a later delivery runs it. One try: the next value comes soon. */
  async tellProgress(progress: string): Promise<boolean> {
    const { records } = this.#parts;
    while (this.#ended === undefined && this.#revision !== undefined) {
      const { id } = this.delivered;
      const outcome = await records.write({ key: id, when: { revision: this.#revision }, state: 'running', fields: { progress } });
      if (outcome.status === 'written') {
        this.#revision = outcome.revision;
        return true;
      }
      const { current } = outcome;
      if (current?.state !== 'running' || this.#isOutdatedBy(current)) return false;
      this.#revision = current.revision;
    }
    return false;
  }

  #condition(): RecordCondition | undefined {
    return this.#revision === undefined ? undefined : { revision: this.#revision };
  }

  #wrote(state: TaskState, revision: number): void {
    this.#revision = revision;
    if (isFinal(state)) this.#ended = state;
  }

  #isOutdatedBy(current: StoredRecord): boolean {
    return Number(fieldsOf(current).fence ?? 0) > this.delivered.fencingToken;
  }

  /** What a record needs that is made anew. */
  #identity(): FieldChanges {
    const { type, queue, dispatcher } = this.delivered;
    return { type, queue, dispatcher };
  }

  #move(state: TaskState, fields: FieldChanges, when: RecordCondition | undefined): RecordWrite {
    const { clock, retentionMs } = this.#parts;
    return moveTo(this.delivered.id, state, clock.now(), fields, retentionMs, when);
  }

  #write(write: RecordWrite) {
    return writePatiently(this.#parts.records, this.#parts.clock, write);
  }
}

function isCancelAsked(record: StoredRecord): boolean {
  return fieldsOf(record).cancelAsked !== undefined;
}
