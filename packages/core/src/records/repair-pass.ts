import type { Logger } from '../logger.js';
import type { RecordStore, StoredRecord } from '../ports/records.js';
import type { Clock, Timer } from '../time/clock.js';

const pageSize = 200;

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
}

/** Looks through records page by page, at start and then at intervals: for what a crash between two steps left unfinished. */
export class RepairPass {
  readonly #parts: RepairParts;
  #timer: Timer | undefined;
  #isStarted = false;

  constructor(parts: RepairParts) {
    this.#parts = parts;
  }

  start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    void this.#run();
  }

  stop(): void {
    this.#isStarted = false;
    this.#timer?.cancel();
  }

  async #run(): Promise<void> {
    try {
      const isMine = (await this.#parts.takeTurn?.()) ?? true;
      for (const state of isMine ? this.#parts.states : []) await this.#lookThrough(state);
    } catch (error) {
      this.#parts.logger.warn({ err: error }, 'the repair pass failed: it is tried again at its next time');
    }
    if (!this.#isStarted) return;
    this.#timer = this.#parts.clock.setTimer(() => void this.#run(), this.#parts.intervalMs, { unref: true });
  }

  async #lookThrough(state: string): Promise<void> {
    let cursor: string | undefined;
    do {
      const page = await this.#parts.records.list(state, cursor, pageSize);
      await Promise.all(page.items.map((record) => this.#parts.repair(record)));
      cursor = page.cursor;
    } while (cursor !== undefined && this.#isStarted);
  }
}
