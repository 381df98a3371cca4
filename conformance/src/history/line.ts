/**
 * What a process writes down of what it does with messages: one line of JSON each, in a file of its own. Only the order inside one
 * file is certain. Between files there is none but the protocol's (called before started, fences grow); clocks are never compared.
 */

/** How a delivery is settled. The last three are the port's `drop`. */
export type SettledAs = 'complete' | 'retry' | 'release' | 'dead' | 'expired' | 'cancelled' | 'discarded';

/**
 * Whatever can change a message is written before it is sent and after it is answered, so that a process that dies, or a lost reply,
 * leaves a line without an answer: it may have happened, or not.
 */
export type HistoryEntry = { readonly queue: string; readonly id: string } & (
  | { readonly kind: 'publish-called' }
  /** `duplicate`: its own id was there; `deduplicated`: another one, in its window. */
  | { readonly kind: 'publish-resolved'; readonly outcome: 'published' | 'deduplicated' | 'duplicate' }
  | { readonly kind: 'publish-rejected'; readonly outcome: 'not-published' | 'unknown' }
  | { readonly kind: 'started'; readonly attempt: number; readonly fence: number }
  | { readonly kind: 'ended'; readonly attempt: number; readonly fence: number; readonly outcome: 'returned' | 'threw' }
  | { readonly kind: 'settling'; readonly fence: number; readonly outcome: SettledAs; readonly hasError: boolean }
  | { readonly kind: 'settled'; readonly fence: number; readonly outcome: SettledAs; readonly answer: 'settled' | 'lease-lost' }
  | { readonly kind: 'removal-called'; readonly by: RemovedBy }
  /** `requested`: it is active, and goes when its delivery ends, if it does not complete. */
  | { readonly kind: 'removal-answered'; readonly by: RemovedBy; readonly outcome: 'removed' | 'requested' | 'refused' }
  | { readonly kind: 'redrive-called' }
  | { readonly kind: 'redrive-answered'; readonly outcome: 'redriven' | 'refused' }
);
export type RemovedBy = 'cancel' | 'remove';

/** `seq` counts the lines of one file, from 1: a gap shows that one is missing. */
export type HistoryLine = HistoryEntry & { readonly seq: number };
