/**
 * The queue's backend face. A store keeps messages in four states, moves them when told, and counts the moves; it makes no
 * policy. Backoff, retry limits, expiry, validation, batching and statistics of handlers are core's.
 *
 * Time is the store's: delays, leases and windows are durations, added to the server's clock (or the test clock given at open); one
 * of d set at t is over at t + d. What falls due returns only when somebody exchanges: until then find, list, stats, promote and
 * cancel show what was before.
 * Every method may be called concurrently, settles within the client's own time-out, and may be repeated after a lost reply.
 * A store rejects with a ConnectionError that carries `outcome: 'not-published'` only where the call certainly did not run,
 * and with a CapacityError where the server refused the whole call for want of room.
 */
import type { Priority } from '../message/message.js';

export type MessageState = 'waiting' | 'delayed' | 'active' | 'dead';

/** Why a message is dead. `corrupt`: what the backend holds can't be read. */
export type DeadReason =
  | 'attempts-exhausted'
  | 'deliveries-exhausted'
  | 'unrecoverable'
  | 'invalid-payload'
  | 'no-handler'
  | 'corrupt'
  | 'expired';

/** What a store keeps of a message. `payload` and `meta` are sealed: a store never looks inside. */
export interface StoredMessage {
  /** Made by the client, unique in the queue, in order of time. */
  readonly id: string;
  readonly type: string;
  readonly priority: Priority;
  /** The encoded payload. */
  readonly payload: string;
  /** Core's own: headers, version, limits, expiry; one line, empty where all is default. */
  readonly meta: string;
  /** Not claimable before it has passed. Absent or 0: at once. */
  readonly delayMs?: number;
  readonly deduplication?: { readonly id: string; readonly windowMs: number };
}

export type PublishOutcome =
  | { readonly status: 'published' }
  /** This call ran before, or `checkIds` was set and the id is here. */
  | { readonly status: 'duplicate' }
  | { readonly status: 'deduplicated'; readonly firstId: string };

/**
 * Names a publish call, so that a repeated one stores nothing. A store remembers of each publisher the highest sequence and which
 * of the `publishWindow` sequences before it ran (the anti-replay window of IPsec, RFC 4303); calls may arrive out of order. It rejects a
 * sequence older than that with a ConnectionError of outcome `unknown`. A publisher's name lasts no longer than its process: a store may
 * forget one that made no call for a day, and of more than 10,000 in a queue the one that was silent for longest, or one of those. A repeat
 * of a forgotten publisher's call counts as new.
 */
export interface PublishCall {
  readonly publisher: string;
  /** From 1, each used for one call and its repeats. */
  readonly sequence: number;
  /**
   * Look the ids up besides, before the deduplication windows: they were given by the application. A live or dead message with the id
   * makes it `duplicate`, which counts nowhere. The messages of one call are looked up in order, each after those before it.
   */
  readonly checkIds: boolean;
}

/** How many calls one publisher has in flight at the most, and how far back a store remembers. */
export const publishWindow = 64;

/** Opaque, unique to a DELIVERY: a token that came twice would break fencing. */
export interface Receipt {
  readonly id: string;
  readonly token: string;
}

export interface Claim {
  readonly receipt: Receipt;
  /** Grows with each delivery of this message. */
  readonly fencingToken: number;
  /** Put in by another client of the backend. */
  readonly isForeign: boolean;
  readonly message: StoredMessage;
  /** Handler starts before this delivery. */
  readonly starts: number;
  /** Hand-overs, this one included. */
  readonly deliveries: number;
  /** How often it was redriven. */
  readonly redrives: number;
}

/**
 * How a delivery ended. Where its cancel was requested meanwhile, `retry`, `release` and `dead` drop it as cancelled; they are settled.
 * A receipt is current until the message is taken back, so a settlement after the lease's end may still count.
 * `error` is one line, sealed by core. A store keeps of each message the first error and the last 19, and counts settlements that carry one as
 * `failed`.
 */
export type Settlement = { readonly receipt: Receipt } & (
  | { readonly outcome: 'complete' }
  /** To the tail of its level when due (at once with `delayMs` 0); starts + 1 unless the start was marked already. */
  | { readonly outcome: 'retry'; readonly delayMs: number; readonly error: string }
  /** Starts as before this delivery, also where marked; to the head of its level (each in turn), or with a delay to the tail when due. */
  | { readonly outcome: 'release'; readonly delayMs?: number }
  /** Starts as before this delivery, and one more where its handler started, marked or not. */
  | { readonly outcome: 'dead'; readonly reason: DeadReason; readonly isStarted: boolean; readonly error?: string }
  | { readonly outcome: 'drop'; readonly as: 'expired' | 'cancelled' | 'discarded'; readonly error?: string }
);

export interface ClaimRequest {
  readonly max: number;
  /** The first so many of the claimed are marked as started at once. */
  readonly startNow: number;
  readonly visibilityTimeoutMs: number;
  /** The order to look in; a level that is not named is not claimed. */
  readonly levels: readonly Priority[];
}

export interface Exchange {
  /** One for each settlement, in order. A receipt that is not the current one changes nothing and is `lease-lost`. */
  readonly settled: readonly ('settled' | 'lease-lost')[];
  readonly claims: readonly Claim[];
  /** Until the nearest delay or lease ends, after these claims, told also while paused: bounds the next wait. Absent: nothing will fall due. */
  readonly nextDueInMs?: number;
  readonly isPaused: boolean;
}

/** A lease to renew; `isStarted` marks the handler's start. */
export interface LeaseRenewal {
  readonly receipt: Receipt;
  readonly isStarted: boolean;
}
export type LeaseState = 'held' | 'lost' | 'cancel-requested';

export type StoreCancelOutcome = 'removed' | 'requested' | 'dead' | 'not-found' | 'held-by-foreign-worker';

export interface FoundMessage {
  readonly message: StoredMessage;
  readonly state: MessageState;
  /** Of an active message with the present delivery's, once that is marked. */
  readonly starts: number;
  readonly deliveries: number;
  readonly redrives: number;
  /** Core's sealed lines, oldest first. */
  readonly errors: readonly string[];
  readonly reason?: DeadReason;
  /** Milliseconds since the epoch by the store's clock, for showing only: due (delayed), lease end (active), died (dead). */
  readonly at?: number;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** For the next page; absent after the last one. */
  readonly cursor?: string;
}

/** Counters since the queue began. At rest: published = processed + expired + removed + cancelled + discarded + waiting + delayed + active + dead. */
export interface StoreCounters {
  readonly published: number;
  readonly processed: number;
  /** Settlements that carried an error. */
  readonly failed: number;
  readonly retried: number;
  /** Entries into the dead letters, over all time. */
  readonly deadLettered: number;
  readonly redriven: number;
  readonly expired: number;
  /** Removed or purged in any state. */
  readonly removed: number;
  readonly cancelled: number;
  readonly discarded: number;
  readonly deduplicated: number;
  /** Leases that ran out. */
  readonly stalled: number;
}

/** What a queue has counted before its first message: the names of all counters, each 0. */
export const zeroCounters: StoreCounters = Object.freeze({
  published: 0,
  processed: 0,
  failed: 0,
  retried: 0,
  deadLettered: 0,
  redriven: 0,
  expired: 0,
  removed: 0,
  cancelled: 0,
  discarded: 0,
  deduplicated: 0,
  stalled: 0,
});

export interface StoreStats {
  readonly counters: StoreCounters;
  readonly waiting: Readonly<Record<Priority, number>>;
  readonly delayed: number;
  readonly active: number;
  readonly dead: number;
  readonly isPaused: boolean;
}

/** What a store promises beyond the minimum, each with one exact meaning. */
export interface QueueCapabilities {
  /** Other processes see the same queue. */
  readonly shared: boolean;
  /** Survives a restart, as far as the server's own persistence goes. */
  readonly durable: boolean;
  /** A batch is stored whole or not at all, also when the server fails midway. */
  readonly atomicBatch: boolean;
  /** `wait` returns as soon as there is something to claim. Without it core polls each `pollInterval`. */
  readonly wakes: boolean;
  /** Leases, delays and windows move by the given virtual clock. */
  readonly testClock: boolean;
  /** A client's wrong clock changes nothing. */
  readonly serverTime: boolean;
  /** Other clients of the backend put messages in. */
  readonly foreignProducers: boolean;
  /** Other clients of the backend take messages. */
  readonly foreignWorkers: boolean;
  /** `own`: the counters leave out what other clients of the backend do. */
  readonly statsScope: 'all' | 'own';
  /** `json`: the payload must be JSON text (other clients read it). */
  readonly payload: 'text' | 'json';
  /** The largest payload in bytes, where the backend has a limit of its own. */
  readonly maxPayloadBytes?: number;
}

export interface QueueStore {
  readonly capabilities: QueueCapabilities;
  /** All are stored, or none (without `atomicBatch` the error's `ids` lists what was). A call seen before stores nothing and answers `duplicate` for each. */
  publish(messages: readonly StoredMessage[], call: PublishCall): Promise<readonly PublishOutcome[]>;
  /**
   * Turns the wheel in one call: settles, takes back ended leases and due delays (a bounded number, at least 64, also without a request
   * and while paused), then claims unless paused. Never blocks. What falls due goes to the tail of its level in the order of due times,
   * ties in the order in which they were set; an ended lease counts its start only if marked, or is dropped as cancelled where that was
   * requested.
   */
  exchange(settlements: readonly Settlement[], request?: ClaimRequest): Promise<Exchange>;
  /**
   * The heartbeat of a worker, one call for all that it holds: each lease ends so long from now (also one that is to be cancelled, or
   * whose end passed and that nobody took back), starts are marked, and what was lost or is to be cancelled is told.
   */
  extend(leases: readonly LeaseRenewal[], visibilityTimeoutMs: number): Promise<readonly LeaseState[]>;
  /** Returns when there may be something to claim, at the timeout, or when aborted. Hands nothing out; may return early; never hangs; never rejects for an abort. */
  wait(timeoutMs: number, signal: AbortSignal): Promise<void>;
  /** `requested`: it is active; its holder learns by `extend`; if its lease ends first it is dropped as cancelled. */
  cancel(ids: readonly string[]): Promise<readonly StoreCancelOutcome[]>;
  /** Delayed messages become claimable now, at the tail of their level. Answers how many were. */
  promote(ids: readonly string[]): Promise<number>;
  find(id: string): Promise<FoundMessage | undefined>;
  /** In the order of claiming; dead letters newest first. A page may hold fewer than `limit`. */
  list(state: MessageState, cursor: string | undefined, limit: number): Promise<Page<FoundMessage>>;
  /** Dead -> waiting (tail), starts and deliveries from 0, errors kept, the fencing token growing on. Answers for each id whether it was dead. */
  redrive(ids: readonly string[]): Promise<readonly boolean[]>;
  /** Removes waiting, delayed or dead messages, and ends their deduplication windows, as cancel does. Answers for each id whether it was removed. */
  remove(ids: readonly string[]): Promise<readonly boolean[]>;
  /**
   * One bounded step: removes up to `limit` messages of a state, active ones too; answers how many. 0: none is left. `everything` also
   * removes counters, windows, pause and bookkeeping.
   */
  clear(state: MessageState | 'everything', limit: number): Promise<number>;
  setPaused(isPaused: boolean): Promise<void>;
  stats(): Promise<StoreStats>;
}
