import { EventEmitter } from 'node:events';
import { resolve } from 'node:path';
import { CapacityError, type Clock, ClosedError, ConnectionError, type Timer } from '@quayside/core';
import Sqlite from 'better-sqlite3';

/** `place` is the order among those of one state, and grows to the tail. `starts` are those before this delivery's, which `isStarted` is. */
const schema = `
  CREATE TABLE IF NOT EXISTS messages (
    queue TEXT, id TEXT, type TEXT, level INTEGER CHECK (level >= 0), payload TEXT, meta TEXT, state TEXT, place INTEGER, at REAL,
    starts INTEGER DEFAULT 0, deliveries INTEGER DEFAULT 0, redrives INTEGER DEFAULT 0, errors TEXT DEFAULT '[]', reason TEXT,
    fence INTEGER, isStarted INTEGER DEFAULT 0, isCancelled INTEGER DEFAULT 0, PRIMARY KEY (queue, id));
  CREATE INDEX IF NOT EXISTS waiting ON messages (queue, level, place) WHERE state = 'waiting';
  CREATE INDEX IF NOT EXISTS due ON messages (queue, at, place) WHERE state IN ('delayed', 'active');
  CREATE INDEX IF NOT EXISTS dead ON messages (queue, at, place) WHERE state = 'dead';
  CREATE TABLE IF NOT EXISTS windows (queue TEXT, id TEXT, firstId TEXT, endsAt REAL, PRIMARY KEY (queue, id));
  CREATE INDEX IF NOT EXISTS windowEnds ON windows (queue, endsAt);
  CREATE INDEX IF NOT EXISTS windowMessages ON windows (queue, firstId);
  CREATE TABLE IF NOT EXISTS publishers (queue TEXT, name TEXT, ran TEXT, heardAt REAL, PRIMARY KEY (queue, name));
  CREATE INDEX IF NOT EXISTS silent ON publishers (queue, heardAt);
  CREATE TABLE IF NOT EXISTS counters (queue TEXT, name TEXT, value INTEGER, PRIMARY KEY (queue, name));
  CREATE TABLE IF NOT EXISTS paused (queue TEXT PRIMARY KEY);
  CREATE TABLE IF NOT EXISTS records (kind TEXT, key TEXT, state TEXT, first INTEGER, place INTEGER, fields TEXT, log TEXT,
    revision INTEGER, endsAt REAL, PRIMARY KEY (kind, key));
  CREATE INDEX IF NOT EXISTS recordEnds ON records (kind, endsAt) WHERE endsAt IS NOT NULL;
  CREATE TABLE IF NOT EXISTS frames (n INTEGER PRIMARY KEY AUTOINCREMENT, scope TEXT, channel TEXT, body TEXT, at REAL);`;

/** Tells all that this process has open of a file that somebody wrote to it. */
const writes = new EventEmitter().setMaxListeners(0);
/** SQLite tells nobody of another process's writes: so everybody looks so often. */
const lookEveryMs = 20;
/** How long a call waits while another process writes. SQLite runs in this thread, so the event loop waits with it. */
const busyMs = 2_000;

export type Database = ReturnType<typeof openDatabase>;

/** @throws ConnectionError */
export function openDatabase(path: string, clock: Clock) {
  const file = resolve(path);
  const sqlite = connect(file);
  const statements = new Map<string, Sqlite.Statement>();
  const prepare = (sql: string) => {
    const statement = statements.get(sql) ?? sqlite.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
  const rows = <Row>(sql: string, ...values: readonly unknown[]) => prepare(sql).all(...values) as Row[];
  const row = <Row>(sql: string, ...values: readonly unknown[]) => prepare(sql).get(...values) as Row | undefined;
  const count = (queue: string, name: string) => {
    const sql = 'INSERT INTO counters VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET value = value + 1 RETURNING value';
    return row<{ value: number }>(sql, queue, name)?.value ?? 0;
  };

  let timer: Timer | undefined;
  const poll = () => {
    writes.emit(file);
    timer = clock.setTimer(poll, lookEveryMs, { unref: true });
  };
  // No other process shares a test's clock.
  if (!clock.isVirtual) poll();

  return {
    rows,
    row,
    run: (sql: string, ...values: readonly unknown[]) => void prepare(sql).run(...values),
    count,
    /** Larger than every one before, in this file: for places and fences. No clearing sets it back. */
    next: () => count('', 'sequence'),
    /** Runs the work alone among all processes, whole or not at all. @throws ClosedError, ConnectionError, CapacityError */
    transact: <T>(work: () => T): T => {
      if (!sqlite.open) throw new ClosedError(`the file '${file}'`);
      try {
        const answer = sqlite.transaction(work).immediate();
        queueMicrotask(() => writes.emit(file));
        return answer;
      } catch (cause) {
        throw cause instanceof Sqlite.SqliteError ? toPortError(file, cause) : cause;
      }
    },
    /** Calls back when somebody may have written. The callback does not throw. Answers how to end it. */
    onWrite: (look: () => void) => {
      writes.on(file, look);
      return () => void writes.off(file, look);
    },
    close: () => {
      timer?.cancel();
      sqlite.close();
      writes.emit(file);
    },
  };
}

function connect(file: string): Sqlite.Database {
  let sqlite: Sqlite.Database | undefined;
  try {
    sqlite = new Sqlite(file, { timeout: busyMs });
    // NORMAL: what is committed outlives the process, however that ends; FULL outlives a power cut, too, for an fsync a call.
    return sqlite.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE; ${schema} COMMIT`);
  } catch (cause) {
    sqlite?.close();
    throw new ConnectionError(`can't open '${file}'`, { cause });
  }
}

function toPortError(file: string, cause: InstanceType<typeof Sqlite.SqliteError>): Error {
  if (cause.code === 'SQLITE_FULL') return new CapacityError(`no room for '${file}'`, { cause });
  // Undone, or never begun; only where the disk failed nobody knows.
  const outcome = cause.code.startsWith('SQLITE_IOERR') ? 'unknown' : 'not-published';
  return new ConnectionError(`'${file}' refused: ${cause.message}`, { outcome, cause });
}
