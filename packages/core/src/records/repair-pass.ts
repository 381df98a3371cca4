import type { Logger } from '../logger.js';
import type { RecordStore, StoredRecord } from '../ports/records.js';
import type { Clock, Timer } from '../time/clock.js';
import { withDeadline } from '../time/deadline.js';

const pageSize = 200;
/** Core's own bound of a call: a client library's own time-out is not one. */
const callTimeoutMs = 4_000;

export interface RepairParts {
  readonly records: RecordStore;
  /** Only records in these states are looked at. */
  readonly states: readonly string[];
  /** Must be harmless when done twice, also by two processes at once. */
  readonly repair: (record: StoredRecord) => Promise<unknown>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly intervalMs: number;
  /** False: another process has this interval's pass. Default: each process makes its own. */
  readonly takeTurn?: () => Promise<boolean>;
  /** Hears what failed. */
  readonly onError?: (error: unknown) => void;
}

/**
 * Looks through records page by page, at start and then at intervals: for what a crash between two steps left unfinished. A record that
 * can't be repaired, or read, keeps none of the others from it.
 */
export class RepairPass {
  readonly #parts: RepairParts;
  #timer: Timer | undefined;
  /** What runs stops when it is aborted. */
  #run: AbortController | undefined;

  constructor(parts: RepairParts) {
    this.#parts = parts;
  }

  start(): void {
    if (this.#run !== undefined) return;
    this.#run = new AbortController();
    void this.#pass(this.#run.signal);
  }

  /** Begins no repair any more. */
  stop(): void {
    this.#run?.abort();
    this.#run = undefined;
    this.#timer?.cancel();
  }

  async #pass(signal: AbortSignal): Promise<void> {
    try {
      const isMine = (await this.#parts.takeTurn?.()) ?? true;
      for (const state of isMine ? this.#parts.states : []) await this.#lookThrough(state, signal);
    } catch (error) {
      this.#tell(error, signal, 'the repair pass failed: it is tried again at its next time');
    }
    if (signal.aborted) return;
    this.#timer = this.#parts.clock.setTimer(() => void this.#pass(signal), this.#parts.intervalMs, { unref: true });
  }

  async #lookThrough(state: string, signal: AbortSignal): Promise<void> {
    const { records, clock } = this.#parts;
    let cursor: string | undefined;
    while (!signal.aborted) {
      const page = await withDeadline(clock, records.list(state, cursor, pageSize), callTimeoutMs);
      await Promise.all(page.items.map((record) => this.#repair(record, signal)));
      cursor = page.cursor;
      if (cursor === undefined) return;
    }
  }

  async #repair(record: StoredRecord, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    try {
      await this.#parts.repair(record);
    } catch (error) {
      this.#tell(error, signal, `record '${record.key}' could not be repaired`);
    }
  }

  /** What a stopped pass finds closed is no fault. */
  #tell(error: unknown, signal: AbortSignal, what: string): void {
    if (signal.aborted) return;
    this.#parts.logger.warn({ err: error }, what);
    this.#parts.onError?.(error);
  }
}
