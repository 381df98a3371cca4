/** Records by key: schedules and task status. The backend's third face, three methods. The table of allowed moves is core's; a store only checks `when`. */
import type { Page } from './queue-store.js';

/** A condition on what stands: `absent`, `any`, its state, or its exact revision. */
export type RecordCondition = 'absent' | 'any' | { readonly state: readonly string[] } | { readonly revision: number };

export interface RecordWrite {
  readonly key: string;
  readonly when: RecordCondition;
  readonly state: string;
  /** Merged into what stands; `undefined` removes a field. */
  readonly fields?: Readonly<Record<string, string | undefined>>;
  /** One entry at the end of the record's log. */
  readonly append?: string;
  /** The record vanishes after so long; absent: it stays (and an earlier expiry is lifted). */
  readonly expiresInMs?: number;
}

export interface RecordRemoval {
  readonly key: string;
  readonly remove: true;
}

export interface StoredRecord {
  readonly key: string;
  readonly state: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly log: readonly string[];
  /** Grows by 1 with each write, from 1. */
  readonly revision: number;
}

/** A refused write is told what stands, so that no second read is needed. */
export type WriteOutcome =
  | { readonly status: 'written'; readonly revision: number }
  | { readonly status: 'refused'; readonly current: StoredRecord | undefined };

export interface RecordStore {
  /** Each write on its own, in order. */
  write(writes: readonly (RecordWrite | RecordRemoval)[]): Promise<readonly WriteOutcome[]>;
  read(keys: readonly string[]): Promise<readonly (StoredRecord | undefined)[]>;
  /** Pages through all records in the order of their first write, or those in one state in the order in which they came to it. */
  list(state: string | undefined, cursor: string | undefined, limit: number): Promise<Page<StoredRecord>>;
}
