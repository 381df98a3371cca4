import { ConnectionError, TimeoutError } from '../errors.js';
import type { Logger } from '../logger.js';
import type { Codec } from '../message/codec.js';
import type { TaskState } from '../ports/dispatcher.js';
import type { StoredRecord } from '../ports/records.js';
import type { GatheredRecords } from '../records/gathered-records.js';
import type { Clock, Timer } from '../time/clock.js';
import type { Notice } from './notices.js';
import { isFinal } from './states.js';
import { TaskNotFoundError } from './task-error.js';
import { toStatus } from './task-record.js';
import { WaitingResults } from './waiting-results.js';
import type { WatchedTasks } from './watched-tasks.js';

export interface TaskNewsParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly watched: WatchedTasks;
  readonly records: GatheredRecords;
  readonly codec: Codec;
}

/** A read of a task's record that is under way. */
interface Look {
  /** Told meanwhile: what is read may be older than that. */
  isStale: boolean;
  hasProgress: boolean;
}

/** How often it is asked which tasks were open for long without a word. */
const sweepEveryMs = 30_000;

/** What is heard of tasks, and found in their records, on its way to those who watch them or wait for them. */
export class TaskNews {
  readonly waiting: WaitingResults;
  readonly #parts: TaskNewsParts;
  readonly #looks = new Map<string, Look>();
  #sweep: Timer | undefined;
  #isStopped = false;

  constructor(parts: TaskNewsParts) {
    this.#parts = parts;
    this.waiting = new WaitingResults(
      parts.clock,
      (id) => parts.watched.has(id),
      (id) => this.look(id),
    );
  }

  /** Where a task ended or got on, its record tells the rest; each is read in order, so that nobody hears of a task backwards. */
  hear(notices: readonly Notice[]): void {
    const { watched } = this.#parts;
    for (const { id, what } of notices) {
      if (what === 'progress') {
        if (watched.wantsProgress(id)) this.look(id, true);
      } else if (!isFinal(what)) watched.moved(id, what);
      else if (watched.has(id) || this.waiting.has(id)) this.look(id);
    }
  }

  /** Reads the record of a task and tells who is concerned. What can't be read now is read again later. */
  look(id: string, hasProgress = false): void {
    const under = this.#looks.get(id);
    if (under === undefined) {
      void this.#look(id, { isStale: false, hasProgress });
    } else {
      under.isStale = true;
      under.hasProgress ||= hasProgress;
    }
  }

  /** What could have been told while nobody listened. */
  lookAgain(): void {
    for (const id of new Set([...this.#parts.watched.ids(), ...this.waiting.ids()])) this.look(id);
  }

  /** From now on, what nobody tells is found in the records, in time. */
  start(): void {
    if (this.#isStopped) return;
    this.#sweep ??= this.#parts.clock.setTimer(
      () => {
        this.#sweep = undefined;
        for (const id of this.#parts.watched.takeOverdue()) this.look(id);
        this.start();
      },
      sweepEveryMs,
      { unref: true },
    );
  }

  stop(reason: Error): void {
    this.#isStopped = true;
    this.#sweep?.cancel();
    this.#parts.watched.stop();
    this.waiting.failAll(reason);
  }

  async #look(id: string, look: Look): Promise<void> {
    this.#looks.set(id, look);
    try {
      do {
        const { hasProgress } = look;
        look.isStale = false;
        look.hasProgress = false;
        this.#spread(id, await this.#parts.records.read(id), hasProgress);
      } while (look.isStale);
    } catch (error) {
      this.#failed(id, error);
    } finally {
      this.#looks.delete(id);
    }
  }

  #spread(id: string, record: StoredRecord | undefined, hasProgress: boolean): void {
    const { watched, codec } = this.#parts;
    if (record === undefined) {
      watched.forget(id, true);
      this.waiting.fail(id, new TaskNotFoundError(id));
      return;
    }
    const status = () => toStatus(record, codec);
    if (hasProgress) watched.progressed(id, status);
    if (!isFinal(record.state)) return;
    watched.ended(id, record.state as TaskState, status);
    this.waiting.ended(record);
  }

  /** A backend that is away comes back; anything else does not get better. */
  #failed(id: string, error: unknown): void {
    this.#parts.logger.warn({ err: error, id }, 'the status of a task could not be read');
    if (!(error instanceof ConnectionError || error instanceof TimeoutError)) this.waiting.fail(id, error);
  }
}
