import type { Receipt } from '../ports/queue-store.js';

/** The main thread is taken for blocked when it gave no sign of life for so long. It gives one four times as often. */
export const silentAfterMs = 1_000;
/** How often the guard looks. */
export const lookMs = 250;

interface GuardedLease {
  readonly receipt: Receipt;
  until: number;
}

/** What the guard knows of one queue. */
export interface GuardedQueue {
  readonly name: string;
  readonly visibilityTimeoutMs: number;
  readonly maxBlockedMs: number;
}

/**
 * The leases of one queue as the main thread told of them, and which of them need renewing because it is silent. All times are the guard's own
 * monotonic ones, so no clock is compared with another.
 */
export class GuardedLeases {
  readonly queue: GuardedQueue;
  readonly #leases = new Map<string, GuardedLease>();

  constructor(queue: GuardedQueue) {
    this.queue = queue;
  }

  get size(): number {
    return this.#leases.size;
  }

  hold(receipts: readonly Receipt[], until: number): void {
    for (const receipt of receipts) this.#leases.set(receipt.token, { receipt, until });
  }

  drop(tokens: readonly string[]): void {
    for (const token of tokens) this.#leases.delete(token);
  }

  /**
   * While the main thread breathes it renews its leases itself, and one whose time has passed is forgotten: it was given up. While it is silent,
   * for no longer than the queue allows, those past half of their time are renewed for it.
   */
  due(now: number, lastSign: number): readonly Receipt[] {
    const silentMs = now - lastSign;
    if (silentMs <= silentAfterMs) {
      for (const [token, { until }] of this.#leases) if (until < now) this.#leases.delete(token);
      return [];
    }
    const { visibilityTimeoutMs, maxBlockedMs } = this.queue;
    if (silentMs > maxBlockedMs) return [];
    const isDue = ({ until }: GuardedLease) => until - now < visibilityTimeoutMs / 2;
    return [...this.#leases.values()].filter(isDue).map(({ receipt }) => receipt);
  }
}
