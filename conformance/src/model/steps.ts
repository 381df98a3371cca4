/**
 * The steps of a random run, as plain data that fast-check can shrink and a reader can read. What a step acts on is named by a
 * number, which the player turns into a message, a receipt or a call of that moment.
 */
import type { ClaimRequest, MessageState, StoredMessage } from '@quayside/core';

/** The `place`-th message, counted round, that is in this state; `anything` covers ended and unknown ids too. */
export interface MessagePick {
  readonly from: MessageState | 'anything';
  readonly place: number;
}

/** `held`: by a worker that goes on. `let-go`: settled, lost, or a crashed worker's. `forged`: never handed out. */
export interface ReceiptPick {
  readonly from: 'held' | 'let-go' | 'forged';
  readonly place: number;
}

export interface MessageSketch extends Pick<StoredMessage, 'priority' | 'delayMs' | 'deduplication'> {
  /** One of a few ids of the application's own, which may be live already; the call then looks ids up. */
  readonly ownId?: number;
}

export type OutcomeSketch =
  | { readonly outcome: 'complete' }
  | { readonly outcome: 'retry'; readonly delayMs: number }
  | { readonly outcome: 'release'; readonly delayMs?: number }
  | { readonly outcome: 'dead'; readonly isStarted: boolean; readonly hasError: boolean }
  | { readonly outcome: 'drop'; readonly as: 'expired' | 'cancelled' | 'discarded'; readonly hasError: boolean };

export type SettlementSketch = OutcomeSketch & { readonly of: ReceiptPick };

export interface LeaseSketch {
  readonly of: ReceiptPick;
  readonly isStarted: boolean;
}

export type Step =
  /** `skips` leaves out so many of the publisher's sequences: calls that are still on their way. */
  | { readonly do: 'publish'; readonly publisher: string; readonly skips: number; readonly messages: readonly MessageSketch[] }
  /** One of the calls that were left out arrives now. */
  | { readonly do: 'publish late'; readonly place: number; readonly messages: readonly MessageSketch[] }
  /** An earlier call once more, as after a lost reply. */
  | { readonly do: 'resend'; readonly place: number }
  | { readonly do: 'exchange'; readonly settlements: readonly SettlementSketch[]; readonly request?: ClaimRequest }
  /** Retries all that is held and claims all that waits, so many times. */
  | { readonly do: 'wear out'; readonly rounds: number }
  | { readonly do: 'extend'; readonly leases: readonly LeaseSketch[]; readonly visibilityTimeoutMs: number }
  | { readonly do: 'advance'; readonly ms: number }
  /** Whoever holds messages forgets them. */
  | { readonly do: 'crash' }
  | { readonly do: 'cancel' | 'promote' | 'redrive' | 'remove'; readonly picks: readonly MessagePick[] }
  | { readonly do: 'clear'; readonly state: MessageState | 'everything'; readonly limit: number }
  | { readonly do: 'set paused'; readonly isPaused: boolean }
  | { readonly do: 'find'; readonly pick: MessagePick }
  | { readonly do: 'list'; readonly state: MessageState; readonly limit: number };
