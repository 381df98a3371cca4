import {
  type ClaimRequest,
  type Clock,
  ClosedError,
  ConfigError,
  ConnectionError,
  type Exchange,
  type FoundMessage,
  type LeaseRenewal,
  type LeaseState,
  type MessageState,
  type Page,
  type PublishCall,
  type PublishOutcome,
  priorities,
  type QueueCapabilities,
  type QueueStore,
  quote,
  type Settlement,
  type StoreCancelOutcome,
  type StoredMessage,
  type StoreStats,
} from '@quayside/core';
import { cancel, clear, promote, redrive, remove } from './contents.js';
import { createCounters } from './counters.js';
import { Deliveries } from './deliveries.js';
import { Entry } from './entry.js';
import { Ledger } from './ledger.js';
import { list, view } from './listing.js';
import { PublishCalls } from './publish-calls.js';
import { Waiters } from './waiters.js';

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

const published: PublishOutcome = { status: 'published' };
const duplicate: PublishOutcome = { status: 'duplicate' };

/**
 * One queue in the memory of this process. No call waits for another, so each runs whole: a batch is stored all or not at all, and
 * two calls never meet half-way. Time is the given clock's `monotonic`: setting the machine's clock moves no lease, delay or window.
 */
export class MemoryQueueStore implements QueueStore {
  readonly capabilities = capabilities;
  readonly #name: string;
  readonly #clock: Clock;
  readonly #ledger = new Ledger();
  readonly #deliveries = new Deliveries(this.#ledger);
  readonly #calls = new PublishCalls();
  readonly #waiters: Waiters;
  #isPaused = false;
  #isClosed = false;

  constructor(name: string, clock: Clock) {
    this.#name = name;
    this.#clock = clock;
    this.#waiters = new Waiters(clock, {
      isThere: () => !this.#isPaused && this.#ledger.shelves.isAnyClaimable(clock.monotonic()),
      nextDueAt: () => (this.#isPaused ? undefined : this.#ledger.shelves.nextDueAt()),
    });
  }

  async publish(messages: readonly StoredMessage[], call: PublishCall): Promise<readonly PublishOutcome[]> {
    this.#assertOpen();
    const verdict = this.#calls.judge(call.publisher, call.sequence);
    if (verdict === 'repeated') return messages.map(() => duplicate);
    if (verdict === 'too-old') {
      const ids = messages.map(({ id }) => id);
      throw new ConnectionError(`publish call ${call.sequence} came too late to know whether it ran before`, { outcome: 'unknown', ids });
    }
    messages.forEach(assertLevel);
    this.#calls.remember(call.publisher, call.sequence);
    const now = this.#clock.monotonic();
    const outcomes = messages.map((message) => this.#publishOne(message, call.checkIds, now));
    this.#waiters.announce();
    return outcomes;
  }

  #publishOne(message: StoredMessage, isIdChecked: boolean, now: number): PublishOutcome {
    const { shelves, windows, counters } = this.#ledger;
    if (isIdChecked && shelves.find(message.id) !== undefined) return duplicate;
    const { deduplication } = message;
    let window: Entry['window'];
    if (deduplication !== undefined) {
      const firstId = windows.firstId(deduplication.id, now);
      if (firstId !== undefined) {
        counters.deduplicated++;
        return { status: 'deduplicated', firstId };
      }
      window = windows.open(deduplication.id, message.id, now, deduplication.windowMs);
    }
    counters.published++;
    const entry = new Entry(message, window);
    shelves.add(entry);
    if (message.delayMs !== undefined && message.delayMs > 0) shelves.delay(entry, now + message.delayMs);
    else shelves.putAtTail(entry);
    return published;
  }

  async exchange(settlements: readonly Settlement[], request?: ClaimRequest): Promise<Exchange> {
    this.#assertOpen();
    const now = this.#clock.monotonic();
    const wallTime = this.#clock.now();
    const settled = settlements.map((settlement) => this.#deliveries.settle(settlement, now, wallTime));
    this.#deliveries.takeBack(now);
    this.#ledger.windows.forgetEnded(now);
    const isPaused = this.#isPaused;
    const claims = request === undefined || isPaused ? [] : this.#deliveries.claim(request, now);
    if (request === undefined) this.#waiters.announce();
    else this.#waiters.looked();
    const dueAt = this.#ledger.shelves.nextDueAt();
    return { settled, claims, nextDueInMs: dueAt === undefined ? undefined : Math.max(0, Math.ceil(dueAt - now)), isPaused };
  }

  async extend(leases: readonly LeaseRenewal[], visibilityTimeoutMs: number): Promise<readonly LeaseState[]> {
    this.#assertOpen();
    const until = this.#clock.monotonic() + visibilityTimeoutMs;
    const states = leases.map((lease) => this.#deliveries.extend(lease, until));
    this.#waiters.keepTime();
    return states;
  }

  async wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    this.#assertOpen();
    await this.#waiters.wait(timeoutMs, signal);
  }

  async cancel(ids: readonly string[]): Promise<readonly StoreCancelOutcome[]> {
    this.#assertOpen();
    return ids.map((id) => cancel(this.#ledger, id));
  }

  async promote(ids: readonly string[]): Promise<number> {
    this.#assertOpen();
    const promoted = ids.filter((id) => promote(this.#ledger, id));
    this.#waiters.announce();
    return promoted.length;
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
    const answers = ids.map((id) => redrive(this.#ledger, id));
    this.#waiters.announce();
    return answers;
  }

  async remove(ids: readonly string[]): Promise<readonly boolean[]> {
    this.#assertOpen();
    return ids.map((id) => remove(this.#ledger, id));
  }

  async clear(state: MessageState | 'everything', limit: number): Promise<number> {
    this.#assertOpen();
    if (state !== 'everything') return clear(this.#ledger, state, limit);
    let removed = 0;
    for (const each of ['waiting', 'delayed', 'active', 'dead'] as const) removed += clear(this.#ledger, each, limit - removed);
    if (removed === 0) this.#forgetEverything();
    return removed;
  }

  /** What is left once there are no more messages. */
  #forgetEverything(): void {
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
    const { critical, high, normal, low } = shelves.levels;
    return {
      counters: { ...counters },
      waiting: { critical: critical.size, high: high.size, normal: normal.size, low: low.size },
      delayed: shelves.delays.size,
      active: shelves.leases.size,
      dead: shelves.dead.size,
      isPaused: this.#isPaused,
    };
  }

  /** The names of all that lies here: of each message, of each deduplication window, and of the bookkeeping. */
  keys(): readonly string[] {
    const { shelves, windows, counters } = this.#ledger;
    windows.forgetEnded(this.#clock.monotonic(), Number.POSITIVE_INFINITY);
    return [
      ...shelves.ids().map((id) => `message:${id}`),
      ...windows.ids().map((id) => `window:${id}`),
      ...this.#calls.publishers().map((name) => `publisher:${name}`),
      ...(Object.values(counters).some((count) => count > 0) ? ['counters'] : []),
      ...(this.#isPaused ? ['paused'] : []),
    ];
  }

  /** Ends every wait; every later call rejects. */
  close(): void {
    this.#isClosed = true;
    this.#waiters.close();
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new ClosedError(`the store of queue '${this.#name}'`);
  }
}

/** Before the first write of a call: there is no level to put such a message in. */
function assertLevel({ id, priority }: StoredMessage): void {
  if (priorities.includes(priority)) return;
  throw new ConfigError(`message ${id} has no level`, [
    { path: 'priority', message: `got ${quote(priority)}; allowed are ${priorities.join(', ')}` },
  ]);
}
