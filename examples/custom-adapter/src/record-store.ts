import type { Clock, RecordCondition, RecordStore, RecordWrite, StoredRecord, WriteOutcome } from '@quayside/core';
import type { Database } from './database.js';

/** `fields` and `log` are JSON. `first` and `place`: when it came to the store, and to its state. */
type Row = { key: string; state: string; fields: string; log: string; revision: number; first: number; place: number };

/** Records of one kind, listed in the order of their first write; those of one state, in the order in which they came to it. */
export function openRecordStore(db: Database, kind: string, clock: Clock): RecordStore {
  const find = (key: string) => db.row<Row>('SELECT * FROM records WHERE kind = ? AND key = ?', kind, key);
  /** First forgets what is over. */
  const transact = <T>(work: () => T) =>
    db.transact(() => {
      db.run('DELETE FROM records WHERE kind = ? AND endsAt <= ?', kind, clock.now());
      return work();
    });

  const writeOne = ({ key, when, state, fields, append, expiresInMs }: RecordWrite): WriteOutcome => {
    const row = find(key);
    const current = row && toRecord(row);
    if (!holds(when, current)) return { status: 'refused', current };
    const { first, place } = row ?? { first: db.next(), place: 0 };
    const revision = (current?.revision ?? 0) + 1;
    // What is undefined is left out of the text.
    const merged = JSON.stringify({ ...current?.fields, ...fields });
    const log = JSON.stringify([...(current?.log ?? []), ...(append === undefined ? [] : [append])]);
    const endsAt = expiresInMs === undefined ? null : clock.now() + expiresInMs;
    const placeNow = row?.state === state ? place : db.next();
    db.run('REPLACE INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)', kind, key, state, first, placeNow, merged, log, revision, endsAt);
    return { status: 'written', revision };
  };

  const remove = (key: string): WriteOutcome => {
    db.run('DELETE FROM records WHERE kind = ? AND key = ?', kind, key);
    return { status: 'written', revision: 0 };
  };

  return {
    write: async (writes) => transact(() => writes.map((write) => ('remove' in write ? remove(write.key) : writeOne(write)))),
    read: async (keys) => transact(() => keys.map(find)).map((row) => row && toRecord(row)),
    list: async (state, cursor, limit) => {
      const order = state === undefined ? 'first' : 'place';
      const sql = `SELECT * FROM records WHERE kind = ? AND state = IFNULL(?, state) AND ${order} > ? ORDER BY ${order} LIMIT ?`;
      const rows = transact(() => db.rows<Row>(sql, kind, state ?? null, Number(cursor ?? 0), limit + 1));
      const items = rows.slice(0, limit);
      return { items: items.map(toRecord), cursor: rows.length > limit ? String(items.at(-1)?.[order]) : undefined };
    },
  };
}

function toRecord({ key, state, revision, fields, log }: Row): StoredRecord {
  return { key, state, revision, fields: JSON.parse(fields), log: JSON.parse(log) };
}

function holds(when: RecordCondition, current: StoredRecord | undefined): boolean {
  if (when === 'any') return true;
  if (when === 'absent' || current === undefined) return when === 'absent' && current === undefined;
  return 'state' in when ? when.state.includes(current.state) : when.revision === current.revision;
}
