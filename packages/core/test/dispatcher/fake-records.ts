import type { Page, RecordRemoval, RecordStore, RecordWrite, StoredRecord, WriteOutcome } from '#src/index.js';

/** Records as the port says them, in a Map. Nothing expires. A test may put another method in the place of one. */
export class FakeRecords implements RecordStore {
  readonly records = new Map<string, StoredRecord>();
  readonly writes: (RecordWrite | RecordRemoval)[] = [];
  /** Of each call of `write`, how many writes. */
  readonly writeCalls: number[] = [];
  readonly readCalls: number[] = [];

  async write(writes: readonly (RecordWrite | RecordRemoval)[]): Promise<readonly WriteOutcome[]> {
    this.writeCalls.push(writes.length);
    return writes.map((write) => this.#writeOne(write));
  }

  async read(keys: readonly string[]): Promise<readonly (StoredRecord | undefined)[]> {
    this.readCalls.push(keys.length);
    return keys.map((key) => this.records.get(key));
  }

  async list(state: string | undefined): Promise<Page<StoredRecord>> {
    return { items: [...this.records.values()].filter((record) => state === undefined || record.state === state) };
  }

  #writeOne(write: RecordWrite | RecordRemoval): WriteOutcome {
    this.writes.push(write);
    if ('remove' in write) {
      this.records.delete(write.key);
      return { status: 'written', revision: 0 };
    }
    const current = this.records.get(write.key);
    if (!holds(write.when, current)) return { status: 'refused', current };
    const fields = Object.fromEntries(Object.entries({ ...current?.fields, ...write.fields }).filter(([, value]) => value !== undefined));
    const log = [...(current?.log ?? []), ...(write.append === undefined ? [] : [write.append])];
    const revision = (current?.revision ?? 0) + 1;
    this.records.set(write.key, { key: write.key, state: write.state, fields: fields as Record<string, string>, log, revision });
    return { status: 'written', revision };
  }
}

function holds(when: RecordWrite['when'], current: StoredRecord | undefined): boolean {
  if (when === 'any') return true;
  if (when === 'absent') return current === undefined;
  if (current === undefined) return false;
  return 'state' in when ? when.state.includes(current.state) : when.revision === current.revision;
}
