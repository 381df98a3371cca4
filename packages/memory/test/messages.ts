import { type ClaimRequest, type PublishOutcome, priorities, type QueueStore, type StoredMessage, TestClock } from '@quayside/core';
import { MemoryQueueStore } from '#src/queue-store.js';

export interface StoreAndClock {
  readonly store: MemoryQueueStore;
  readonly clock: TestClock;
}

export function openStore(): StoreAndClock {
  const clock = new TestClock();
  return { store: new MemoryQueueStore('tasks', clock), clock };
}

export function message(id: string, more: Partial<StoredMessage> = {}): StoredMessage {
  return { id, type: 'task', priority: 'normal', payload: `{"id":"${id}"}`, meta: '', ...more };
}

let sequence = 0;

/** Publishes in a call of its own. */
export function publish(store: QueueStore, ...messages: readonly StoredMessage[]): Promise<readonly PublishOutcome[]> {
  return store.publish(messages, { publisher: 'test', sequence: ++sequence, checkIds: false });
}

export const leaseMs = 30_000;

export function request(max: number, more: Partial<ClaimRequest> = {}): ClaimRequest {
  return { max, startNow: max, visibilityTimeoutMs: leaseMs, levels: priorities, ...more };
}

/** Claims up to `max`, and answers them by id. */
export async function claim(store: QueueStore, max = 1) {
  const { claims } = await store.exchange([], request(max));
  return claims;
}

export async function idsOf(claims: ReturnType<typeof claim>): Promise<readonly string[]> {
  return (await claims).map(({ receipt }) => receipt.id);
}
