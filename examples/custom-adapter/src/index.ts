import { type Adapter, ClosedError, ConnectionError } from '@quayside/core';
import { z } from 'zod';
import { openDatabase } from './database.js';
import { openTransport } from './pubsub-transport.js';
import { openQueueStore } from './queue-store.js';
import { openRecordStore } from './record-store.js';

export interface SqliteOptions {
  /** Made where it does not exist. */
  readonly file: string;
}

export const adapter: Adapter<SqliteOptions> = {
  type: 'sqlite',
  configSchema: z.strictObject({ file: z.string().min(1) }),
  open: async ({ file }, context) => {
    const { clock, namespace, signal } = context;
    if (signal?.aborted) throw new ConnectionError('nobody waits for it any more', { cause: signal.reason });
    const db = openDatabase(file, clock);
    let isClosed = false;
    const closers: (() => Promise<void>)[] = [];
    /** Opens what has this name once. Names hold no space, so no two namespaces meet. */
    const once = <T>(open: (name: string) => T) => {
      const opened = new Map<string, T>();
      return (name: string): T => {
        if (isClosed) throw new ClosedError('the SQLite backend');
        const one = opened.get(name) ?? open(`${namespace} ${name}`);
        opened.set(name, one);
        return one;
      };
    };
    return {
      type: 'sqlite',
      queueStore: once((name) => openQueueStore(db, name, clock)),
      recordStore: once((kind) => openRecordStore(db, kind, clock)),
      pubSubTransport: once((scope) => {
        const transport = openTransport(db, scope, context);
        closers.push(transport.close);
        return transport;
      }),
      health: async () => {
        try {
          db.row('SELECT 1 FROM messages LIMIT 1');
          return { status: 'up', details: { file } };
        } catch (error) {
          return { status: 'down', reason: error instanceof Error ? error.message : String(error) };
        }
      },
      close: async () => {
        if (isClosed) return;
        isClosed = true;
        for (const close of closers) await close();
        db.close();
      },
    };
  },
};
