/** What a store owes to whoever speaks to it, kept beside the store: each answer is held against all that it answered before. */
import {
  type Claim,
  type ClaimRequest,
  type LeaseRenewal,
  type LeaseState,
  type Priority,
  type PublishOutcome,
  priorities,
  type Settlement,
  type StoreCancelOutcome,
  type StoredMessage,
} from '@quayside/core';

interface Holder {
  readonly token: string;
  endsAt: number;
  isMarked: boolean;
}

interface Account {
  readonly message: StoredMessage;
  readonly order: number;
  state: 'there' | 'dead' | 'over';
  dueAt: number;
  holder: Holder | undefined;
  starts: number;
  deliveries: number;
  fence: number;
  isCancelRequested: boolean;
  /** Where it stands at its level: released, it is at the head; never handed out, delayed or redriven, in the order of storing. */
  place: 'head' | 'in order' | 'tail';
}

/** So many ended leases and delays at least a store takes back at once. */
const leastTakenBack = 64;

interface Window {
  readonly firstId: string;
  readonly endsAt: number;
  /** The running message that opened it is to be cancelled: the window goes with it, which nobody is told. */
  mayHaveEnded: boolean;
}

export class Ledger {
  readonly violations: string[] = [];
  isPaused = false;
  readonly #now: () => number;
  readonly #nameOf: (id: string) => string;
  readonly #accounts = new Map<string, Account>();
  #stored = 0;
  readonly #windows = new Map<string, Window>();

  constructor(now: () => number, nameOf: (id: string) => string) {
    this.#now = now;
    this.#nameOf = nameOf;
  }

  published(message: StoredMessage, outcome: PublishOutcome | undefined): void {
    this.#judgeWindow(message, outcome);
    if (outcome?.status !== 'published') return;
    const before = this.#accounts.get(message.id);
    if (before?.state === 'there') this.#broken(message.id, 'stored a second time while it was there');
    this.#accounts.set(message.id, {
      message,
      order: this.#stored++,
      state: 'there',
      dueAt: this.#now() + (message.delayMs ?? 0),
      holder: undefined,
      starts: 0,
      deliveries: 0,
      fence: before?.fence ?? 0,
      isCancelRequested: false,
      place: (message.delayMs ?? 0) === 0 ? 'in order' : 'tail',
    });
  }

  settled(settlement: Settlement, answer: 'settled' | 'lease-lost' | undefined): void {
    const { id, token } = settlement.receipt;
    const account = this.#accounts.get(id);
    const isHolder = account?.holder?.token === token;
    if (answer === 'settled' && !isHolder) this.#broken(id, `'${settlement.outcome}' accepted of one who no longer holds it`);
    if (answer === 'lease-lost' && account?.holder !== undefined && isHolder && this.#now() < account.holder.endsAt) {
      this.#broken(id, `'${settlement.outcome}' refused to its holder`);
    }
    if (answer !== 'settled' || account?.holder === undefined) return;
    this.#settle(account, account.holder, settlement);
  }

  #settle(account: Account, holder: Holder, settlement: Settlement): void {
    account.holder = undefined;
    const isBack = settlement.outcome === 'retry' || settlement.outcome === 'release';
    if (settlement.outcome === 'complete' || settlement.outcome === 'drop' || account.isCancelRequested) account.state = 'over';
    else if (settlement.outcome === 'dead') account.state = 'dead';
    if (settlement.outcome === 'release' && (settlement.delayMs ?? 0) === 0) account.place = 'head';
    if (isBack) account.dueAt = this.#now() + (settlement.delayMs ?? 0);
    if (settlement.outcome === 'retry') account.starts++;
    else if (!isBack && holder.isMarked) account.starts++;
  }

  claimed(claims: readonly Claim[], { max, startNow, visibilityTimeoutMs, levels }: ClaimRequest, wasPaused: boolean): void {
    if (wasPaused && claims.length > 0) this.violations.push(`${claims.length} messages handed out while paused`);
    for (const [place, claim] of claims.entries()) {
      const { id, token } = claim.receipt;
      const account = this.#accounts.get(id);
      if (account === undefined) {
        this.#broken(id, 'handed out, and never stored');
        continue;
      }
      this.#judgeState(account);
      this.#judgeCounts(account, claim);
      this.#judgeOrder(account, levels);
      account.starts = claim.starts;
      account.deliveries = claim.deliveries;
      account.fence = claim.fencingToken;
      account.place = 'tail';
      account.holder = { token, endsAt: this.#now() + visibilityTimeoutMs, isMarked: place < startNow };
    }
    if (!wasPaused && claims.length < max) this.#judgeRest(levels);
  }

  extended({ receipt: { id, token }, isStarted }: LeaseRenewal, state: LeaseState | undefined, visibilityTimeoutMs: number): void {
    const account = this.#accounts.get(id);
    const holder = account?.holder?.token === token ? account.holder : undefined;
    if (state === 'lost') {
      if (holder !== undefined && this.#now() < holder.endsAt) this.#broken(id, 'its lease is told as lost before its end');
      return;
    }
    if (account === undefined || holder === undefined) {
      this.#broken(id, `its lease is '${state}' for one who no longer holds it`);
      return;
    }
    if (account.isCancelRequested && state === 'held') this.#broken(id, 'its holder is not told of the cancel');
    holder.endsAt = this.#now() + visibilityTimeoutMs;
    holder.isMarked ||= isStarted;
  }

  cancelled(id: string, outcome: StoreCancelOutcome | undefined): void {
    const account = this.#accounts.get(id);
    if (account === undefined) return;
    if (outcome === 'removed') account.state = 'over';
    if (outcome === 'requested') account.isCancelRequested = true;
    const windowId = account.message.deduplication?.id ?? '';
    const window = this.#windows.get(windowId);
    if (window?.firstId !== id) return;
    if (outcome === 'removed') this.#windows.delete(windowId);
    if (outcome === 'requested') window.mayHaveEnded = true;
  }

  redriven(id: string): void {
    const account = this.#accounts.get(id);
    if (account !== undefined) Object.assign(account, { state: 'there', starts: 0, deliveries: 0, dueAt: this.#now() });
  }

  #judgeState({ message: { id }, state, dueAt, holder, isCancelRequested }: Account): void {
    if (state !== 'there') this.#broken(id, `handed out though it is ${state}`);
    if (this.#now() < dueAt) this.#broken(id, `handed out ${dueAt - this.#now()} ms before its time`);
    if (holder !== undefined && this.#now() < holder.endsAt) this.#broken(id, 'handed out while another holds it');
    if (isCancelRequested) this.#broken(id, 'handed out after its cancel');
  }

  #judgeCounts({ message, starts, deliveries, fence, holder }: Account, claim: Claim): void {
    // Its holder's lease ran out: a start counts where it was marked.
    const counted = starts + (holder?.isMarked === true ? 1 : 0);
    if (claim.starts !== counted) this.#broken(message.id, `handed out with ${claim.starts} starts, and it had ${counted}`);
    if (claim.deliveries !== deliveries + 1) this.#broken(message.id, `delivery ${claim.deliveries} comes after ${deliveries}`);
    if (claim.fencingToken <= fence) this.#broken(message.id, `fence ${claim.fencingToken} comes after ${fence}`);
    const { type, payload, meta, priority } = claim.message;
    if (type !== message.type || payload !== message.payload || meta !== message.meta || priority !== message.priority) {
      this.#broken(message.id, 'handed out otherwise than it was stored');
    }
  }

  /** No higher level waits, nothing that was released to the head of its own, and nothing that came before it where both stand in order. */
  #judgeOrder({ message, place, order }: Account, levels: readonly Priority[]): void {
    for (const other of this.#accounts.values()) {
      if (other.message.id === message.id || other.state !== 'there' || !levels.includes(other.message.priority)) continue;
      const rank = priorities.indexOf(other.message.priority) - priorities.indexOf(message.priority);
      const isBehind =
        rank === 0 &&
        ((other.place === 'head' && place !== 'head') || (place === 'in order' && other.place === 'in order' && other.order < order));
      if (other.place === 'tail' || !(rank < 0 || isBehind)) continue;
      this.#broken(message.id, `handed out before ${this.#nameOf(other.message.id)}, whose turn it was`);
    }
  }

  /** A store that had room left in its answer has nothing more to hand out. */
  #judgeRest(levels: readonly Priority[]): void {
    const isDue = ({ state, message, dueAt, holder }: Account) =>
      state === 'there' &&
      levels.includes(message.priority) &&
      dueAt <= this.#now() &&
      (holder === undefined || holder.endsAt <= this.#now());
    const left = [...this.#accounts.values()].filter((account) => isDue(account) && !account.isCancelRequested);
    if (left.length >= leastTakenBack) return;
    for (const { message } of left) this.#broken(message.id, 'left lying though it was due');
  }

  #judgeWindow({ id, deduplication }: StoredMessage, outcome: PublishOutcome | undefined): void {
    if (deduplication === undefined || outcome === undefined) return;
    const window = this.#windows.get(deduplication.id);
    const isOpen = window !== undefined && this.#now() < window.endsAt;
    if (outcome.status === 'deduplicated' && !isOpen) this.#broken(id, 'taken for a copy, and there is no window');
    if (outcome.status !== 'published') return;
    if (isOpen && !window.mayHaveEnded) this.#broken(id, `stored within the window of ${this.#nameOf(window.firstId)}`);
    this.#windows.set(deduplication.id, { firstId: id, endsAt: this.#now() + deduplication.windowMs, mayHaveEnded: false });
  }

  #broken(id: string, what: string): void {
    this.violations.push(`${this.#nameOf(id)}: ${what}`);
  }
}
