/** What the main thread and the guard's thread say to each other. */
import type { Receipt } from '../ports/queue-store.js';
import type { GuardedQueue } from './guarded-leases.js';

/** At its start. The options are those of the adapter, which the thread opens once more, on connections of its own. */
export interface GuardSetup {
  readonly adapterUrl: string;
  readonly options: unknown;
  readonly namespace: string;
}

/** Whatever the main thread says is a sign of life too. */
export type ToGuard =
  | { readonly kind: 'guard'; readonly queue: GuardedQueue }
  | {
      readonly kind: 'leases';
      readonly queue: string;
      readonly held: readonly Receipt[];
      readonly dropped: readonly string[];
      readonly forMs: number;
    }
  | { readonly kind: 'alive' }
  | { readonly kind: 'close' };

export type FromGuard =
  | { readonly kind: 'open' }
  | { readonly kind: 'failed'; readonly error: { readonly name: string; readonly message: string } }
  /** So many leases were renewed in place of the main thread. */
  | { readonly kind: 'renewed'; readonly queue: string; readonly count: number }
  | { readonly kind: 'not-renewed'; readonly queue: string; readonly count: number; readonly why: string };
