import type { QueueStore, Receipt, Settlement, StoreCounters, StoredMessage, Timer } from '@quayside/core';
import {
  type Claim,
  type ClaimRequest,
  type Clock,
  ConnectionError,
  type DeadReason,
  type FoundMessage,
  type MessageState,
  type PublishCall,
  type PublishOutcome,
  priorities,
  publishWindow,
  zeroCounters,
} from '@quayside/core';
import type { Database } from './database.js';

/** A message as it lies in its table. `at`: when its delay is over, its lease ends, or it died. `fence`: of its latest delivery. */
type Row = Pick<StoredMessage, 'id' | 'type' | 'payload' | 'meta'> &
  Pick<FoundMessage, 'state' | 'starts' | 'deliveries' | 'redrives'> &
  Record<'level' | 'place' | 'at' | 'fence' | 'isStarted' | 'isCancelled', number> & { errors: string; reason: DeadReason | null };

const capabilities = { shared: true, durable: true, atomicBatch: true, wakes: true, testClock: true, serverTime: false } as const;
const foreigners = { foreignProducers: false, foreignWorkers: false, statsScope: 'all', payload: 'text' } as const;
const dayMs = 86_400_000;

/** One queue in the file. Each method is one transaction, so two processes never meet half-way. */
export function openQueueStore(db: Database, queue: string, clock: Clock): QueueStore {
  const find = (id: string) => db.row<Row>('SELECT * FROM messages WHERE queue = ? AND id = ?', queue, id);
  const isPaused = () => db.row('SELECT 1 FROM paused WHERE queue = ?', queue) !== undefined;
  const count = (name: keyof StoreCounters) => void db.count(queue, name);
  const heldBy = ({ id, token }: Receipt) => {
    const row = find(id);
    return row?.state === 'active' && String(row.fence) === token ? row : undefined;
  };
  /** Answers for each whether it was in one of the states. */
  const moveEach = (ids: readonly string[], states: readonly MessageState[], move: (row: Row) => void) =>
    db.transact(() =>
      ids.map((id) => {
        const row = find(id);
        if (row === undefined || !states.includes(row.state)) return false;
        move(row);
        return true;
      }),
    );

  const save = (row: Row, changes: Partial<Row>) => {
    const changed = Object.keys(changes).map((column) => `${column} = $${column}`);
    db.run(`UPDATE messages SET ${changed} WHERE queue = $queue AND id = $id`, { ...changes, queue, id: row.id });
  };
  /** To the tail of its level, at once or when the delay is over. */
  const comeBack = (row: Row, delayMs: number, changes: Partial<Row> = {}) => {
    const state = delayMs > 0 ? 'delayed' : 'waiting';
    save(row, { state, at: clock.now() + delayMs, place: db.next(), isStarted: 0, ...changes });
  };
  /** Gone, and counted. A deduplication window outlasts its message, unless that was cancelled or removed. */
  const strike = ({ id }: Row, as: 'processed' | 'expired' | 'discarded' | 'cancelled' | 'removed') => {
    count(as);
    db.run('DELETE FROM messages WHERE queue = ? AND id = ?', queue, id);
    if (as === 'cancelled' || as === 'removed') db.run('DELETE FROM windows WHERE queue = ? AND firstId = ?', queue, id);
  };

  /** Answers whether the call ran before. */
  const remember = ({ publisher, sequence }: PublishCall): boolean => {
    const known = db.row<{ ran: string }>('SELECT ran FROM publishers WHERE queue = ? AND name = ?', queue, publisher);
    const ran = JSON.parse(known?.ran ?? '[]') as number[];
    if (ran.includes(sequence)) return true;
    const oldest = Math.max(...ran, sequence) - publishWindow;
    if (sequence < oldest) throw new ConnectionError(`call ${sequence} came too late to know whether it ran`, { outcome: 'unknown' });
    const remembered = JSON.stringify([...ran, sequence].filter((one) => one >= oldest));
    db.run('REPLACE INTO publishers VALUES (?, ?, ?, ?)', queue, publisher, remembered, clock.now());
    db.run('DELETE FROM publishers WHERE queue = ? AND heardAt < ?', queue, clock.now() - dayMs);
    return false;
  };
  const publishOne = (message: StoredMessage, isIdChecked: boolean): PublishOutcome => {
    const { id, type, priority, payload, meta, delayMs = 0, deduplication } = message;
    if (isIdChecked && find(id) !== undefined) return { status: 'duplicate' };
    if (deduplication !== undefined) {
      const sql = 'SELECT firstId FROM windows WHERE queue = ? AND id = ? AND endsAt > ?';
      const window = db.row<{ firstId: string }>(sql, queue, deduplication.id, clock.now());
      if (window !== undefined) {
        count('deduplicated');
        return { status: 'deduplicated', firstId: window.firstId };
      }
      db.run('REPLACE INTO windows VALUES (?, ?, ?, ?)', queue, deduplication.id, id, clock.now() + deduplication.windowMs);
    }
    count('published');
    const sql = 'INSERT INTO messages (queue, id, type, level, payload, meta, state, place, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)';
    const state = delayMs > 0 ? 'delayed' : 'waiting';
    db.run(sql, queue, id, type, priorities.indexOf(priority), payload, meta, state, db.next(), clock.now() + delayMs);
    return { status: 'published' };
  };

  const settle = (settlement: Settlement) => {
    const row = heldBy(settlement.receipt);
    if (row === undefined) return 'lease-lost';
    if ('error' in settlement && settlement.error !== undefined) {
      count('failed');
      const [first, ...later] = [...(JSON.parse(row.errors) as string[]), settlement.error];
      save(row, { errors: JSON.stringify([first, ...later.slice(-19)]) });
    }
    if (settlement.outcome === 'complete') strike(row, 'processed');
    else if (settlement.outcome === 'drop') strike(row, settlement.as);
    else if (row.isCancelled) strike(row, 'cancelled');
    else if (settlement.outcome === 'retry') {
      count('retried');
      comeBack(row, settlement.delayMs, { starts: row.starts + 1 });
    } else if (settlement.outcome === 'release') {
      const isHead = !settlement.delayMs;
      comeBack(row, settlement.delayMs ?? 0, isHead ? { place: -db.next() } : {});
    } else {
      count('deadLettered');
      const starts = row.starts + Number(settlement.isStarted);
      save(row, { state: 'dead', reason: settlement.reason, at: clock.now(), place: db.next(), starts, isStarted: 0 });
    }
    return 'settled';
  };
  const takeBack = () => {
    const sql = `SELECT * FROM messages WHERE queue = ? AND state IN ('delayed', 'active') AND at <= ? ORDER BY at, place LIMIT 1000`;
    for (const row of db.rows<Row>(sql, queue, clock.now())) {
      if (row.state === 'active') count('stalled');
      if (row.isCancelled) strike(row, 'cancelled');
      else comeBack(row, 0, { starts: row.starts + row.isStarted });
    }
  };
  const claim = ({ levels, max, startNow, visibilityTimeoutMs }: ClaimRequest): readonly Claim[] => {
    const claims: Claim[] = [];
    const sql = `SELECT * FROM messages WHERE queue = ? AND state = 'waiting' AND level = ? ORDER BY place LIMIT ?`;
    for (const level of levels) {
      for (const row of db.rows<Row>(sql, queue, priorities.indexOf(level), max - claims.length)) {
        const [fence, deliveries, isStarted] = [db.next(), row.deliveries + 1, Number(claims.length < startNow)];
        save(row, { state: 'active', at: clock.now() + visibilityTimeoutMs, place: fence, fence, deliveries, isStarted });
        const [receipt, message] = [{ id: row.id, token: String(fence) }, toMessage(row)];
        claims.push({ receipt, fencingToken: fence, isForeign: false, message, starts: row.starts, deliveries, redrives: row.redrives });
      }
    }
    return claims;
  };
  const dueInMs = () => {
    const sql = `SELECT at FROM messages WHERE queue = ? AND state IN ('delayed', 'active') ORDER BY at LIMIT 1`;
    const nearest = db.row<{ at: number }>(sql, queue);
    return nearest && Math.max(0, Math.ceil(nearest.at - clock.now()));
  };
  /** 0 where there is something to claim. Of an error a timer could tell nobody: whoever waits looks again at once, and meets it. */
  const workInMs = () => {
    try {
      if (isPaused()) return Number.POSITIVE_INFINITY;
      const waiting = db.row(`SELECT 1 FROM messages WHERE queue = ? AND state = 'waiting' LIMIT 1`, queue);
      return waiting === undefined ? (dueInMs() ?? Number.POSITIVE_INFINITY) : 0;
    } catch {
      return 0;
    }
  };

  return {
    capabilities: { ...capabilities, ...foreigners },
    publish: async (messages, call) =>
      db.transact(() => {
        const isRepeated = remember(call);
        return messages.map((message) => (isRepeated ? { status: 'duplicate' } : publishOne(message, call.checkIds)));
      }),
    exchange: async (settlements, request) =>
      db.transact(() => {
        const settled = settlements.map(settle);
        takeBack();
        db.run('DELETE FROM windows WHERE queue = ? AND endsAt <= ?', queue, clock.now());
        const claims = request === undefined || isPaused() ? [] : claim(request);
        return { settled, claims, nextDueInMs: dueInMs(), isPaused: isPaused() };
      }),
    extend: async (leases, visibilityTimeoutMs) =>
      db.transact(() =>
        leases.map(({ receipt, isStarted }) => {
          const row = heldBy(receipt);
          if (row === undefined) return 'lost';
          save(row, { at: clock.now() + visibilityTimeoutMs, place: db.next(), isStarted: isStarted ? 1 : row.isStarted });
          return row.isCancelled ? 'cancel-requested' : 'held';
        }),
      ),
    wait: (timeoutMs, signal) =>
      new Promise((resolve) => {
        const until = clock.monotonic() + timeoutMs;
        let timer: Timer | undefined;
        const look = () => {
          timer?.cancel();
          const restMs = signal.aborted ? 0 : Math.min(until - clock.monotonic(), workInMs());
          if (restMs > 0) timer = clock.setTimer(look, Math.ceil(restMs));
          else end();
        };
        const unwatch = db.onWrite(look);
        const end = () => {
          unwatch();
          signal.removeEventListener('abort', look);
          resolve();
        };
        signal.addEventListener('abort', look);
        look();
      }),
    cancel: async (ids) =>
      db.transact(() =>
        ids.map((id) => {
          const row = find(id);
          if (row === undefined) return 'not-found';
          if (row.state === 'dead') return 'dead';
          if (row.state === 'active') save(row, { isCancelled: 1 });
          else strike(row, 'cancelled');
          return row.state === 'active' ? 'requested' : 'removed';
        }),
      ),
    promote: async (ids) => moveEach(ids, ['delayed'], (row) => comeBack(row, 0)).filter(Boolean).length,
    redrive: async (ids) =>
      moveEach(ids, ['dead'], (row) => {
        count('redriven');
        comeBack(row, 0, { starts: 0, deliveries: 0, redrives: row.redrives + 1, reason: null });
      }),
    remove: async (ids) => moveEach(ids, ['waiting', 'delayed', 'dead'], (row) => strike(row, 'removed')),
    find: async (id) => {
      const row = db.transact(() => find(id));
      return row && toFound(row);
    },
    list: async (state, cursor, limit) => {
      const [first, way, beyond] =
        state === 'waiting' ? ['level', 'ASC', '>'] : ['at', ...(state === 'dead' ? ['DESC', '<'] : ['ASC', '>'])];
      const behind = cursor === undefined ? '' : `AND (${first}, place) ${beyond} (?, ?)`;
      const sql = `SELECT * FROM messages WHERE queue = ? AND state = '${state}' ${behind} ORDER BY ${first} ${way}, place ${way} LIMIT ?`;
      const rows = db.transact(() => db.rows<Row>(sql, queue, ...(JSON.parse(cursor ?? '[]') as number[]), limit + 1));
      const last = rows.length > limit ? rows[limit - 1] : undefined;
      const next = last && JSON.stringify([state === 'waiting' ? last.level : last.at, last.place]);
      return { items: rows.slice(0, limit).map(toFound), cursor: next };
    },
    clear: async (state, limit) =>
      db.transact(() => {
        const sql = `SELECT * FROM messages WHERE queue = ? AND ? IN (state, 'everything') LIMIT ?`;
        const rows = db.rows<Row>(sql, queue, state, limit);
        for (const row of rows) strike(row, 'removed');
        const left = state === 'everything' && rows.length === 0 ? ['windows', 'publishers', 'counters', 'paused'] : [];
        for (const table of left) db.run(`DELETE FROM ${table} WHERE queue = ?`, queue);
        return rows.length;
      }),
    setPaused: async (isOn) =>
      db.transact(() => db.run(isOn ? 'INSERT OR IGNORE INTO paused VALUES (?)' : 'DELETE FROM paused WHERE queue = ?', queue)),
    stats: async () =>
      db.transact(() => {
        const counts = db.rows<{ name: string; value: number }>('SELECT name, value FROM counters WHERE queue = ?', queue);
        const sql = `SELECT IIF(state = 'waiting', level, state) AS place, COUNT(*) AS n FROM messages WHERE queue = ? GROUP BY 1`;
        const lengths = new Map(db.rows<{ place: string | number; n: number }>(sql, queue).map(({ place, n }) => [place, n]));
        const [critical = 0, high = 0, normal = 0, low = 0] = priorities.map((_, level) => lengths.get(level) ?? 0);
        const [delayed = 0, active = 0, dead = 0] = ['delayed', 'active', 'dead'].map((state) => lengths.get(state) ?? 0);
        const counters = { ...zeroCounters, ...Object.fromEntries(counts.map(({ name, value }) => [name, value])) };
        return { counters, waiting: { critical, high, normal, low }, delayed, active, dead, isPaused: isPaused() };
      }),
  };
}

function toMessage({ id, type, level, payload, meta }: Row): StoredMessage {
  return { id, type, priority: priorities[level] ?? 'normal', payload, meta };
}

function toFound(row: Row): FoundMessage {
  const { state, deliveries, redrives } = row;
  const [starts, errors] = [row.starts + row.isStarted, JSON.parse(row.errors) as string[]];
  const at = state === 'waiting' ? undefined : Math.round(row.at);
  return { message: toMessage(row), state, starts, deliveries, redrives, errors, reason: row.reason ?? undefined, at };
}
