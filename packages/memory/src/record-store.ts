import {
  type Clock,
  ClosedError,
  type Page,
  type RecordCondition,
  type RecordRemoval,
  type RecordStore,
  type RecordWrite,
  type StoredRecord,
  type WriteOutcome,
} from '@quayside/core';
import { page, readCursor } from './cursor.js';
import { type Due, DueList } from './due-list.js';
import { Ring } from './ring.js';

/** A record as the store keeps it. */
class RecordEntry implements Due {
  readonly key: string;
  state: string;
  readonly fields = new Map<string, string>();
  readonly log: string[] = [];
  revision = 0;
  /** Among all records, and among those of its state. */
  readonly place: number;
  placeInState = 0;
  /** When it vanishes; never, where `isExpiring` is false. */
  at = 0.5;
  order = 0;
  isExpiring = false;

  constructor(key: string, state: string, all: Ring<RecordEntry>) {
    this.key = key;
    this.state = state;
    this.place = all.push(this);
  }
}

/** How many ended records one call forgets: more than the one that a write may add. */
const forgottenPerWrite = 4;
const forgottenPerList = 1_000;

/** Records of one kind. They are listed in the order of their first write; those of one state, in the order in which they came to it. */
export class MemoryRecordStore implements RecordStore {
  readonly #kind: string;
  readonly #clock: Clock;
  readonly #byKey = new Map<string, RecordEntry>();
  readonly #all = new Ring<RecordEntry>();
  readonly #byState = new Map<string, Ring<RecordEntry>>();
  readonly #expiring = new DueList<RecordEntry>();
  #expiryOrder = 0;
  #isClosed = false;

  constructor(kind: string, clock: Clock) {
    this.#kind = kind;
    this.#clock = clock;
  }

  /** How many are held, those whose time is over and that no call has forgotten yet included. */
  get size(): number {
    return this.#byKey.size;
  }

  async write(writes: readonly (RecordWrite | RecordRemoval)[]): Promise<readonly WriteOutcome[]> {
    this.#assertOpen();
    const now = this.#clock.monotonic();
    return writes.map((write) => {
      this.#forgetEnded(now, forgottenPerWrite);
      return 'remove' in write ? this.#removeKey(write.key) : this.#writeOne(write, now);
    });
  }

  async read(keys: readonly string[]): Promise<readonly (StoredRecord | undefined)[]> {
    this.#assertOpen();
    const now = this.#clock.monotonic();
    return keys.map((key) => {
      const entry = this.#find(key, now);
      return entry === undefined ? undefined : copyOf(entry);
    });
  }

  async list(state: string | undefined, cursor: string | undefined, limit: number): Promise<Page<StoredRecord>> {
    this.#assertOpen();
    const now = this.#clock.monotonic();
    this.#forgetEnded(now, forgottenPerList);
    const ring = state === undefined ? this.#all : this.#byState.get(state);
    const [behind = Number.NEGATIVE_INFINITY] = readCursor(cursor, 1);
    const { items, cursor: next } = page(ring?.after(behind, limit + 1) ?? [], limit, (entry) => [
      state === undefined ? entry.place : entry.placeInState,
    ]);
    return { items: items.filter((entry) => !hasEnded(entry, now)).map(copyOf), cursor: next };
  }

  /** The keys of all records. */
  keys(): readonly string[] {
    this.#forgetEnded(this.#clock.monotonic(), Number.POSITIVE_INFINITY);
    return [...this.#byKey.keys()];
  }

  /** Every later call rejects. */
  close(): void {
    this.#isClosed = true;
  }

  #writeOne(write: RecordWrite, now: number): WriteOutcome {
    const standing = this.#find(write.key, now);
    if (!holds(write.when, standing)) return { status: 'refused', current: standing && copyOf(standing) };
    const entry = standing ?? this.#create(write.key, write.state);
    entry.revision++;
    this.#moveTo(entry, write.state);
    for (const [name, value] of Object.entries(write.fields ?? {})) {
      if (value === undefined) entry.fields.delete(name);
      else entry.fields.set(name, value);
    }
    if (write.append !== undefined) entry.log.push(write.append);
    this.#expire(entry, write.expiresInMs, now);
    return { status: 'written', revision: entry.revision };
  }

  #create(key: string, state: string): RecordEntry {
    const entry = new RecordEntry(key, state, this.#all);
    this.#byKey.set(key, entry);
    entry.placeInState = this.#ringOf(state).push(entry);
    return entry;
  }

  #moveTo(entry: RecordEntry, state: string): void {
    if (entry.state === state) return;
    this.#ringOf(entry.state).delete(entry.placeInState);
    entry.state = state;
    entry.placeInState = this.#ringOf(state).push(entry);
  }

  #expire(entry: RecordEntry, expiresInMs: number | undefined, now: number): void {
    if (entry.isExpiring) this.#expiring.delete(entry);
    entry.isExpiring = expiresInMs !== undefined;
    if (expiresInMs !== undefined) this.#expiring.add(entry, now + expiresInMs, this.#expiryOrder++);
  }

  #removeKey(key: string): WriteOutcome {
    const entry = this.#byKey.get(key);
    if (entry !== undefined) this.#remove(entry);
    return { status: 'written', revision: 0 };
  }

  #remove(entry: RecordEntry): void {
    if (entry.isExpiring) this.#expiring.delete(entry);
    this.#ringOf(entry.state).delete(entry.placeInState);
    this.#all.delete(entry.place);
    this.#byKey.delete(entry.key);
  }

  #ringOf(state: string): Ring<RecordEntry> {
    let ring = this.#byState.get(state);
    if (ring === undefined) {
      ring = new Ring();
      this.#byState.set(state, ring);
    }
    return ring;
  }

  /** A record whose time is over is gone, even where no call has forgotten it yet. */
  #find(key: string, now: number): RecordEntry | undefined {
    const entry = this.#byKey.get(key);
    if (entry === undefined || !hasEnded(entry, now)) return entry;
    this.#remove(entry);
    return undefined;
  }

  #forgetEnded(now: number, most: number): void {
    for (let forgotten = 0; forgotten < most; forgotten++) {
      const first = this.#expiring.first;
      if (first === undefined || first.at > now) return;
      this.#remove(first);
    }
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new ClosedError(`the store of ${this.#kind}`);
  }
}

function hasEnded(entry: RecordEntry, now: number): boolean {
  return entry.isExpiring && entry.at <= now;
}

function holds(when: RecordCondition, standing: RecordEntry | undefined): boolean {
  if (when === 'any') return true;
  if (when === 'absent') return standing === undefined;
  if (standing === undefined) return false;
  return 'state' in when ? when.state.includes(standing.state) : when.revision === standing.revision;
}

/** Nothing is shared with the caller. */
function copyOf(entry: RecordEntry): StoredRecord {
  const { key, state, fields, log, revision } = entry;
  return { key, state, fields: Object.fromEntries(fields), log: [...log], revision };
}
