import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Harness } from '@quayside/conformance';
import { TestClock } from '@quayside/core';
import { openDatabase } from './database.js';
import { adapter } from './index.js';

const folder = mkdtempSync(join(tmpdir(), 'quayside-sqlite-'));
const file = join(folder, 'conformance.db');
/** A second way into the file, for whoever looks at what lies there. On a clock that stands still it wakes nobody. */
const witness = openDatabase(file, new TestClock());

/** A table, what its rows are named by, and the column that begins with the namespace. Frames vanish by themselves. */
const tables = [
  ['messages', 'id', 'queue'],
  ['windows', 'id', 'queue'],
  ['publishers', 'name', 'queue'],
  ['counters', 'name', 'queue'],
  ['paused', 'queue', 'queue'],
  ['records', 'key', 'kind'],
] as const;

export const harness: Harness = {
  name: 'sqlite',
  clock: 'test',
  open: (context) => adapter.open({ file }, context),
  keys: async (namespace) =>
    tables.flatMap(([table, name, owner]) => {
      const sql = `SELECT ${owner} || ' ' || ${name} AS name FROM ${table} WHERE substr(${owner}, 1, ?) = ?`;
      return witness.rows<{ name: string }>(sql, namespace.length + 1, `${namespace} `).map((row) => `${table} ${row.name}`);
    }),
  close: async () => {
    witness.close();
    rmSync(folder, { recursive: true });
  },
};
