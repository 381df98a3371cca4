import type { Page } from '../ports/queue-store.js';
import type { RecordStore, StoredRecord } from '../ports/records.js';
import { GatheredRecords } from '../records/gathered-records.js';
import type { Clock } from '../time/clock.js';
import { withDeadline } from '../time/deadline.js';
import { type Move, readSchedule, type Schedule, type ScheduleContent, writeMove } from './record.js';

/** Core's own bound of a call. */
const callTimeoutMs = 4_000;

/** `schedule`: what stands now, be it written by this move or by somebody else. */
export type Moved =
  | { readonly isMoved: true; readonly schedule: Schedule }
  | { readonly isMoved: false; readonly schedule: Schedule | undefined };

/** The schedules' records. Each change is a compare-and-set, so that whoever moves a schedule knows from where. */
export class ScheduleRecords {
  readonly #store: RecordStore;
  readonly #clock: Clock;
  readonly #records: GatheredRecords;
  readonly #retentionMs: number;

  /** @param retentionMs how long a schedule that ended can be read */
  constructor(store: RecordStore, clock: Clock, retentionMs: number) {
    this.#store = store;
    this.#clock = clock;
    this.#retentionMs = retentionMs;
    this.#records = new GatheredRecords(store, clock);
  }

  async read(id: string): Promise<Schedule | undefined> {
    const record = await this.#records.read(id);
    return record && readSchedule(record);
  }

  async create(id: string, content: ScheduleContent): Promise<Moved> {
    const outcome = await this.#records.write(writeMove(id, 'absent', content.state, content, this.#retentionMs));
    if (outcome.status === 'written') return { isMoved: true, schedule: { ...content, id, revision: outcome.revision } };
    return { isMoved: false, schedule: outcome.current && readSchedule(outcome.current) };
  }

  async move(schedule: Schedule, move: Move): Promise<Moved> {
    const moved = { ...schedule, ...move };
    const when = { revision: schedule.revision };
    const outcome = await this.#records.write(writeMove(schedule.id, when, moved.state, move, this.#retentionMs));
    if (outcome.status === 'written') return { isMoved: true, schedule: { ...moved, revision: outcome.revision } };
    return { isMoved: false, schedule: outcome.current && readSchedule(outcome.current) };
  }

  /** Takes back a creation, unless somebody changed it meanwhile. */
  async forget({ id, revision }: Schedule): Promise<void> {
    await this.#records.write({ key: id, when: { revision }, state: 'cancelled', expiresInMs: 1 });
  }

  list(state: string | undefined, cursor: string | undefined, limit: number): Promise<Page<StoredRecord>> {
    return withDeadline(this.#clock, this.#store.list(state, cursor, limit), callTimeoutMs);
  }
}
