import {
  type Claim,
  type ClaimRequest,
  type Clock,
  ClosedError,
  ConnectionError,
  type Exchange,
  type FoundMessage,
  type LeaseRenewal,
  type LeaseState,
  type MessageState,
  type Page,
  type PublishCall,
  type PublishOutcome,
  type QueueCapabilities,
  type QueueStore,
  type Receipt,
  type Settlement,
  type StoreCancelOutcome,
  type StoredMessage,
  type StoreStats,
} from '@quayside/core';
import { createCounters } from './counters.js';
import { Entry, type Lease, levelOf, toStoredMessage } from './entry.js';
import { list, view } from './listing.js';
import { PublishCalls } from './publish-calls.js';
import { dropCancelled, removeWithWindow, settle } from './settling.js';
import { Shelves } from './shelves.js';
import { Waiters } from './waiters.js';
import { Windows } from './windows.js';

const capabilities: QueueCapabilities = {
  shared: false,
  durable: false,
  atomicBatch: true,
  wakes: true,
  testClock: true,
  serverTime: true,
  foreignProducers: false,
  foreignWorkers: false,
  statsScope: 'all',
  payload: 'text',
};

/** How many ended leases and due delays one exchange takes back, so that none stalls the event loop. */
const takenBackPerExchange = 1_000;

const repeated: PublishOutcome = { status: 'duplicate' };
const published: PublishOutcome = { status: 'published' };

/**
 * One queue in the memory of this process. No call waits for another, so each runs whole: a batch is stored all or not at all, and
 * two calls never meet half-way. Time is the given clock's `monotonic`: setting the machine's clock moves no lease, delay or window.
 */
export class MemoryQueueStore implements QueueStore {
  readonly capabilities = capabilities;
  readonly #name: string;
  readonly #clock: Clock;
  readonly #calls = new PublishCalls();
  readonly #ledger = { shelves: new Shelves(), windows: new Windows(), counters: createCounters() };
  readonly #waiters: Waiters;
  /** Grows with each delivery; never starts anew, not even with the queue, or an old receipt could become valid again. */
  #fence = 0;
  #isPaused = false;
  #isClosed = false;

  constructor(name: string, clock: Clock) {
    this.#name = name;
    this.#clock = clock;
    this.#waiters = new Waiters(clock, {
      isThere: () =>
        !this.#isPaused && (this.#ledger.shelves.isAnyWaiting || this.#ledger.shelves.nextDue(clock.monotonic()) !== undefined),
      nextDueAt: () => (this.#isPaused ? undefined : this.#ledger.shelves.nextDueAt()),
    });
  }

  async publish(messages: readonly StoredMessage[], call: PublishCall): Promise<readonly PublishOutcome[]> {
    this.#assertOpen();
    const verdict = this.#calls.judge(call.publisher, call.sequence);
    if (verdict === 'repeated') return messages.map(() => repeated);
    if (verdict === 'too-old') {
      throw new ConnectionError(`publish call ${call.sequence} came too late to know whether it ran before`, {
        outcome: 'unknown',
        ids: messages.map((message) => message.id),
      });
    }
    const now = this.#clock.monotonic();
    this.#ledger.windows.forgetEnded(now);
    this.#calls.remember(call.publisher, call.sequence);
    const outcomes = messages.map((message) => this.#publishOne(message, call.checkIds, now));
    this.#waiters.announce();
    return outcomes;
  }

  #publishOne(message: StoredMessage, isIdChecked: boolean, now: number): PublishOutcome {
    const { shelves, windows, counters } = this.#ledger;
    if (isIdChecked && shelves.find(message.id) !== undefined) return repeated;
    const { deduplication } = message;
    let window: Entry['window'];
    if (deduplication !== undefined) {
      const firstId = windows.firstId(deduplication.id, now);
      if (firstId !== undefined) {
        counters.deduplicated++;
        return { status: 'deduplicated', firstId };
      }
      window = windows.open(deduplication.id, message.id, now + deduplication.windowMs);
    }
    counters.published++;
    const entry = new Entry(message, levelOf(message.priority), window);
    shelves.add(entry);
    if (message.delayMs !== undefined && message.delayMs > 0) shelves.delay(entry, now + message.delayMs);
    else shelves.putAtTail(entry);
    return published;
  }

  async exchange(settlements: readonly Settlement[], request?: ClaimRequest): Promise<Exchange> {
    this.#assertOpen();
    const now = this.#clock.monotonic();
    const settled = settlements.map((settlement) => this.#settle(settlement, now));
    this.#takeBack(now);
    this.#ledger.windows.forgetEnded(now);
    const claims = request === undefined || this.#isPaused ? [] : this.#claim(request, now);
    if (request === undefined) this.#waiters.announce();
    else this.#waiters.looked();
    const nextDueAt = this.#ledger.shelves.nextDueAt();
    return {
      settled,
      claims,
      nextDueInMs: nextDueAt === undefined ? undefined : Math.max(0, Math.ceil(nextDueAt - now)),
      isPaused: this.#isPaused,
    };
  }

  #settle(settlement: Settlement, now: number): 'settled' | 'lease-lost' {
    const lease = this.#heldBy(settlement.receipt);
    if (lease === undefined) return 'lease-lost';
    settle(this.#ledger, lease, settlement, now, settlement.outcome === 'dead' ? this.#clock.now() : 0);
    return 'settled';
  }

  #takeBack(now: number): void {
    const { shelves, counters } = this.#ledger;
    for (let taken = 0; taken < takenBackPerExchange; taken++) {
      const entry = shelves.nextDue(now);
      if (entry === undefined) return;
      const { lease } = entry;
      if (lease !== undefined) counters.stalled++;
      if (lease?.isCancelRequested === true) {
        dropCancelled(this.#ledger, entry);
      } else {
        shelves.leave(entry);
        shelves.putAtTail(entry);
      }
    }
  }

  #claim(request: ClaimRequest, now: number): Claim[] {
    const claims: Claim[] = [];
    for (const priority of request.levels) {
      const level = levelOf(priority);
      while (claims.length < request.max) {
        const fence = this.#fence + 1;
        const token = String(fence);
        const lease = this.#ledger.shelves.lease(level, token, now + request.visibilityTimeoutMs);
        if (lease === undefined) break;
        this.#fence = fence;
        const { entry } = lease;
        entry.deliveries++;
        claims.push({
          receipt: { id: entry.id, token },
          fencingToken: fence,
          isForeign: false,
          message: toStoredMessage(entry),
          starts: entry.starts,
          deliveries: entry.deliveries,
          redrives: entry.past?.redrives ?? 0,
        });
        if (claims.length <= request.startNow) markStart(lease);
      }
    }
    return claims;
  }

  async extend(leases: readonly LeaseRenewal[], visibilityTimeoutMs: number): Promise<readonly LeaseState[]> {
    this.#assertOpen();
    const until = this.#clock.monotonic() + visibilityTimeoutMs;
    const states = leases.map(({ receipt, isStarted }): LeaseState => {
      const lease = this.#heldBy(receipt);
      if (lease === undefined) return 'lost';
      this.#ledger.shelves.renew(lease, until);
      if (isStarted) markStart(lease);
      return lease.isCancelRequested ? 'cancel-requested' : 'held';
    });
    this.#waiters.keepTime();
    return states;
  }

  async wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    this.#assertOpen();
    await this.#waiters.wait(timeoutMs, signal);
  }

  async cancel(ids: readonly string[]): Promise<readonly StoreCancelOutcome[]> {
    this.#assertOpen();
    return ids.map((id) => {
      const entry = this.#ledger.shelves.find(id);
      if (entry === undefined) return 'not-found';
      if (entry.state === 'dead') return 'dead';
      if (entry.lease !== undefined) {
        entry.lease.isCancelRequested = true;
        return 'requested';
      }
      dropCancelled(this.#ledger, entry);
      return 'removed';
    });
  }

  async promote(ids: readonly string[]): Promise<number> {
    this.#assertOpen();
    const { shelves } = this.#ledger;
    let promoted = 0;
    for (const id of ids) {
      const entry = shelves.find(id);
      if (entry?.state !== 'delayed') continue;
      shelves.leave(entry);
      shelves.putAtTail(entry);
      promoted++;
    }
    this.#waiters.announce();
    return promoted;
  }

  async find(id: string): Promise<FoundMessage | undefined> {
    this.#assertOpen();
    const entry = this.#ledger.shelves.find(id);
    return entry === undefined ? undefined : view(entry, this.#clock);
  }

  async list(state: MessageState, cursor: string | undefined, limit: number): Promise<Page<FoundMessage>> {
    this.#assertOpen();
    const page = list(this.#ledger.shelves, state, cursor, limit);
    return { ...page, items: page.items.map((entry) => view(entry, this.#clock)) };
  }

  async redrive(ids: readonly string[]): Promise<readonly boolean[]> {
    this.#assertOpen();
    const { shelves, counters } = this.#ledger;
    const answers = ids.map((id) => {
      const entry = shelves.find(id);
      if (entry?.state !== 'dead' || entry.past === undefined) return false;
      shelves.leave(entry);
      entry.starts = 0;
      entry.deliveries = 0;
      entry.past.redrives++;
      entry.past.reason = undefined;
      counters.redriven++;
      shelves.putAtTail(entry);
      return true;
    });
    this.#waiters.announce();
    return answers;
  }

  async remove(ids: readonly string[]): Promise<readonly boolean[]> {
    this.#assertOpen();
    return ids.map((id) => {
      const entry = this.#ledger.shelves.find(id);
      if (entry === undefined || entry.state === 'active') return false;
      this.#removeOne(entry);
      return true;
    });
  }

  #removeOne(entry: Entry): void {
    this.#ledger.counters.removed++;
    removeWithWindow(this.#ledger, entry);
  }

  async clear(state: MessageState | 'everything', limit: number): Promise<number> {
    this.#assertOpen();
    if (state !== 'everything') return this.#clearState(state, limit);
    let removed = 0;
    for (const each of ['waiting', 'delayed', 'active', 'dead'] as const) removed += this.#clearState(each, limit - removed);
    if (removed === 0) this.#beginAnew();
    return removed;
  }

  #clearState(state: MessageState, limit: number): number {
    let removed = 0;
    for (; removed < limit; removed++) {
      const entry = this.#ledger.shelves.any(state);
      if (entry === undefined) break;
      this.#removeOne(entry);
    }
    return removed;
  }

  #beginAnew(): void {
    Object.assign(this.#ledger.counters, createCounters());
    this.#ledger.windows.clear();
    this.#calls.clear();
    this.#isPaused = false;
  }

  async setPaused(isPaused: boolean): Promise<void> {
    this.#assertOpen();
    this.#isPaused = isPaused;
    this.#waiters.announce();
  }

  async stats(): Promise<StoreStats> {
    this.#assertOpen();
    const { shelves, counters } = this.#ledger;
    const [critical, high, normal, low] = shelves.levels.map((level) => level.size) as [number, number, number, number];
    return {
      counters: { ...counters },
      waiting: { critical, high, normal, low },
      delayed: shelves.delays.size,
      active: shelves.leases.size,
      dead: shelves.dead.size,
      isPaused: this.#isPaused,
    };
  }

  /** The names of all that lies here: of each message, of each deduplication window, and of the bookkeeping. */
  keys(): readonly string[] {
    this.#ledger.windows.forgetEnded(this.#clock.monotonic(), Number.POSITIVE_INFINITY);
    return [
      ...this.#ledger.shelves.ids().map((id) => `message:${id}`),
      ...this.#ledger.windows.ids().map((id) => `window:${id}`),
      ...this.#calls.names().map((name) => `publisher:${name}`),
      ...(Object.values(this.#ledger.counters).some((count) => count > 0) ? ['counters'] : []),
      ...(this.#isPaused ? ['paused'] : []),
    ];
  }

  /** Ends every wait; every later call rejects. */
  close(): void {
    this.#isClosed = true;
    this.#waiters.close();
  }

  #heldBy(receipt: Receipt): Lease | undefined {
    const lease = this.#ledger.shelves.find(receipt.id)?.lease;
    return lease?.token === receipt.token ? lease : undefined;
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new ClosedError(`the store of queue '${this.#name}'`);
  }
}

/** Once a delivery, however often a heartbeat repeats it. */
function markStart(lease: Lease): void {
  if (lease.isStarted) return;
  lease.isStarted = true;
  lease.entry.starts++;
}
