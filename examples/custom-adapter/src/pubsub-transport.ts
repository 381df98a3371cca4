import {
  type AdapterContext,
  type ChannelFilter,
  ClosedError,
  ConnectionError,
  type Frame,
  type FrameReceiver,
  type PubSubTransport,
  ToldState,
} from '@quayside/core';
import type { Database } from './database.js';

const capabilities = { shared: true, delivery: 'at-most-once', patterns: 'native', groups: false, durable: false } as const;
/** What a process leaves unread for so long it has missed; core tells it by a gap. */
const keptMs = 60_000;

/** Frames are rows; each transport remembers how far it has read. */
export function openTransport(db: Database, scope: string, { clock, logger }: AdapterContext): PubSubTransport {
  /** `from`: the last frame before it listened. */
  const subscribers = new Set<{ readonly filter: ChannelFilter; readonly receive: FrameReceiver; readonly from: number }>();
  const state = new ToldState('connected');
  let readTo = 0;

  const assertUsable = (signal: AbortSignal) => {
    if (state.now === 'closed') throw new ClosedError(`the pub/sub transport of '${scope}'`);
    if (signal.aborted) throw new ConnectionError('aborted before it began', { outcome: 'not-published', cause: signal.reason });
  };
  const read = () => {
    if (subscribers.size === 0) return;
    const sql = 'SELECT n, channel, body FROM frames WHERE n > ? AND scope = ? ORDER BY n';
    for (const { n, channel, body } of db.rows<Frame & { n: number }>(sql, readTo, scope)) {
      readTo = n;
      for (const { filter, receive, from } of subscribers) if (n > from && filter.matches(channel)) receive(channel, body);
    }
  };
  const unwatch = db.onWrite(() => {
    try {
      read();
    } catch (error) {
      logger.error({ err: error, scope }, 'frames could not be read: the next look tries again');
    }
  });

  return {
    capabilities: { ...capabilities, maxFrameBytes: 64 * 1024 * 1024 },
    publish: async (frames, signal) => {
      assertUsable(signal);
      const now = clock.now();
      db.transact(() => {
        for (const { channel, body } of frames) db.run('INSERT INTO frames VALUES (NULL, ?, ?, ?, ?)', scope, channel, body, now);
        db.run('DELETE FROM frames WHERE n IN (SELECT n FROM frames WHERE at < ? ORDER BY n LIMIT 1000)', now - keptMs);
      });
    },
    subscribe: async (filter, receive, { signal }) => {
      assertUsable(signal);
      const from = db.transact(() => db.row<{ n: number | null }>('SELECT MAX(n) AS n FROM frames')?.n ?? 0);
      if (subscribers.size === 0) readTo = from;
      const subscriber = { filter, receive, from };
      subscribers.add(subscriber);
      return { close: async () => void subscribers.delete(subscriber) };
    },
    onState: (listener) => state.tell(listener),
    close: async () => {
      unwatch();
      subscribers.clear();
      state.become('closed');
    },
  };
}
