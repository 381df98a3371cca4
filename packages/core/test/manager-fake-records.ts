/** Records in a map: what stands is compared as a real store would; nothing expires. */
import type { RecordCondition, RecordStore, StoredRecord } from '#src/ports/records.js';

export function fakeRecordStore(): RecordStore {
  const records = new Map<string, StoredRecord>();
  return {
    async write(writes) {
      return writes.map((write) => {
        const current = records.get(write.key);
        if ('remove' in write) {
          records.delete(write.key);
          return { status: 'written' as const, revision: 0 };
        }
        if (!holds(write.when, current)) return { status: 'refused' as const, current };
        const revision = (current?.revision ?? 0) + 1;
        const fields = Object.entries({ ...current?.fields, ...write.fields }).filter(
          (entry): entry is [string, string] => entry[1] !== undefined,
        );
        const log = [...(current?.log ?? []), ...(write.append === undefined ? [] : [write.append])];
        records.set(write.key, { key: write.key, state: write.state, fields: Object.fromEntries(fields), log, revision });
        return { status: 'written' as const, revision };
      });
    },
    read: async (keys) => keys.map((key) => records.get(key)),
    list: async (state) => ({ items: [...records.values()].filter((record) => state === undefined || record.state === state) }),
  };
}

function holds(when: RecordCondition, current: StoredRecord | undefined): boolean {
  if (when === 'any') return true;
  if (when === 'absent') return current === undefined;
  if (current === undefined) return false;
  return 'revision' in when ? when.revision === current.revision : when.state.includes(current.state);
}
