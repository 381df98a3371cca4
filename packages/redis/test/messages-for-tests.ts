import { type ClaimRequest, type PublishCall, priorities, type QueueStore, type StoredMessage } from '@quayside/core';

let made = 0;

/** A message that differs from every other one. */
export function message(changes: Partial<StoredMessage> = {}): StoredMessage {
  made++;
  return { id: `m${made}`, type: 'task', priority: 'normal', payload: JSON.stringify(made), meta: '', ...changes };
}

let sequence = 0;

/** Each call of its own. */
export function call(changes: Partial<PublishCall> = {}): PublishCall {
  sequence++;
  return { publisher: 'tests', sequence, checkIds: false, ...changes };
}

export function asking(max: number, changes: Partial<ClaimRequest> = {}): ClaimRequest {
  return { max, startNow: max, visibilityTimeoutMs: 30_000, levels: priorities, ...changes };
}

/** Claims everything that waits, in calls of so many, and answers the ids in order. */
export async function claimAll(store: QueueStore, atOnce = 1_000): Promise<readonly string[]> {
  const ids: string[] = [];
  for (;;) {
    const { claims, nextDueInMs } = await store.exchange([], asking(atOnce));
    ids.push(...claims.map(({ receipt }) => receipt.id));
    if (claims.length === 0 && nextDueInMs !== 0) return ids;
  }
}
