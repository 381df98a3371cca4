/** A store and its model: every call goes to both, and what they answer is compared. */
import { isDeepStrictEqual } from 'node:util';
import {
  type ClaimRequest,
  type Clock,
  ConnectionError,
  type FoundMessage,
  type LeaseRenewal,
  type LeaseState,
  type MessageState,
  type PublishCall,
  type PublishOutcome,
  type QueueStore,
  type Receipt,
  type Settlement,
  type StoredMessage,
} from '@quayside/core';
import type { ModelMessage } from './model-message.js';
import { QueueModel } from './queue-model.js';
import { Disagreement, Trace } from './trace.js';
import { type FoundView, viewExchange, viewFound, viewModelExchange, viewModelMessage, viewStats } from './views.js';

export class Pair {
  readonly model: QueueModel;
  readonly trace = new Trace();
  readonly #store: QueueStore;
  /** Every receipt that was ever handed out. */
  readonly #receipts = new Set<string>();
  readonly #fencingTokens = new WeakMap<ModelMessage, number>();

  constructor(store: QueueStore, clock: Pick<Clock, 'now'>) {
    this.#store = store;
    this.model = new QueueModel(clock);
  }

  async publish(messages: readonly StoredMessage[], call: PublishCall): Promise<void> {
    const expected = this.model.publish(messages, call);
    const actual = await this.#store.publish(messages, call).catch(unknownIsTooOld);
    this.#compare('publish', [messages, call], expected, actual);
  }

  /** Answers the receipts of what was claimed. */
  async exchange(settlements: readonly Settlement[], request?: ClaimRequest): Promise<readonly Receipt[]> {
    const expected = this.model.exchange(settlements, request);
    const actual = await this.#store.exchange(settlements, request);
    this.trace.add('exchange', [settlements, request], actual);
    this.#expect('exchange', viewModelExchange(expected), viewExchange(actual));
    for (const [place, { receipt, fencingToken }] of actual.claims.entries()) {
      const message = expected.claimed[place]?.message;
      if (message !== undefined) this.#handOut(message, receipt, fencingToken);
    }
    return actual.claims.map(({ receipt }) => receipt);
  }

  /** Tokens are the store's to choose, but each is for one delivery only, and the fencing token grows. */
  #handOut(message: ModelMessage, receipt: Receipt, fencingToken: number): void {
    this.#expect('the id of a receipt', message.stored.id, receipt.id);
    const name = JSON.stringify([receipt.id, receipt.token]);
    this.#expect(`receipt ${name} came before`, false, this.#receipts.has(name));
    this.#receipts.add(name);
    const last = this.#fencingTokens.get(message) ?? Number.NEGATIVE_INFINITY;
    this.#expect(`fencing token ${fencingToken} is above the last one, ${last}`, true, fencingToken > last);
    this.#fencingTokens.set(message, fencingToken);
    message.token = receipt.token;
  }

  async extend(leases: readonly LeaseRenewal[], visibilityTimeoutMs: number): Promise<readonly LeaseState[]> {
    const expected = this.model.extend(leases, visibilityTimeoutMs);
    const actual = await this.#store.extend(leases, visibilityTimeoutMs);
    this.#compare('extend', [leases, visibilityTimeoutMs], expected, actual);
    return actual;
  }

  async cancel(ids: readonly string[]): Promise<void> {
    this.#compare('cancel', [ids], this.model.cancel(ids), await this.#store.cancel(ids));
  }

  async promote(ids: readonly string[]): Promise<void> {
    this.#compare('promote', [ids], this.model.promote(ids), await this.#store.promote(ids));
  }

  async redrive(ids: readonly string[]): Promise<void> {
    this.#compare('redrive', [ids], this.model.redrive(ids), await this.#store.redrive(ids));
  }

  async remove(ids: readonly string[]): Promise<void> {
    this.#compare('remove', [ids], this.model.remove(ids), await this.#store.remove(ids));
  }

  /** The store chooses which ones, and how many up to the limit; 0 says that none was left. */
  async clear(state: MessageState, limit: number): Promise<void> {
    const present = this.model.list(state);
    const count = await this.#store.clear(state, limit);
    this.trace.add('clear', [state, limit], count);
    const isAllowed = present.length === 0 ? count === 0 : count >= 1 && count <= Math.min(limit, present.length);
    this.#expect(`${count} of ${present.length} may be removed in a step of ${limit}`, true, isAllowed);
    const found = await Promise.all(present.map(({ stored }) => this.#store.find(stored.id)));
    const removed = present.filter((_, place) => found[place] === undefined);
    this.#expect('how many are gone', count, removed.length);
    this.model.clear(removed);
  }

  async clearEverything(limit: number): Promise<void> {
    const present = this.model.size;
    let removed = 0;
    let count: number;
    do {
      count = await this.#store.clear('everything', limit);
      this.trace.add('clear', ['everything', limit], count);
      removed += count;
      this.#expect(`${count} may be removed in a step of ${limit}, ${removed} in all`, true, count <= limit && removed <= present);
    } while (count > 0);
    this.#expect('how many are gone', present, removed);
    this.model.clearEverything();
  }

  async setPaused(isPaused: boolean): Promise<void> {
    this.model.setPaused(isPaused);
    await this.#store.setPaused(isPaused);
    this.trace.add('setPaused', [isPaused], undefined);
  }

  async find(id: string): Promise<void> {
    const message = this.model.find(id);
    const found = await this.#store.find(id);
    this.#compare('find', [id], message && viewModelMessage(message), found && viewFound(found));
  }

  /** All pages. The port leaves open the order of active ones, and of dead ones that died in the same millisecond. */
  async list(state: MessageState, limit: number): Promise<void> {
    const expected = this.model.list(state).map(viewModelMessage);
    const actual = await this.#listAll(state, limit);
    if (state === 'dead') this.#expect('dead ones come newest first', true, actual.every(isNoOlderThanNext));
    const isOrderOpen = state === 'active' || state === 'dead';
    this.#expect(`list of ${state} ones`, isOrderOpen ? byId(expected) : expected, isOrderOpen ? byId(actual) : actual);
  }

  async #listAll(state: MessageState, limit: number): Promise<readonly FoundView[]> {
    const items: FoundMessage[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.#store.list(state, cursor, limit);
      this.trace.add('list', [state, cursor, limit], { ids: page.items.map(({ message }) => message.id), cursor: page.cursor });
      this.#expect(`${page.items.length} in a page of ${limit}`, true, page.items.length <= limit);
      items.push(...page.items);
      cursor = page.cursor;
    } while (cursor !== undefined);
    return items.map(viewFound);
  }

  async stats(): Promise<void> {
    this.#expect('stats', viewStats(this.model.stats()), viewStats(await this.#store.stats()));
  }

  #compare(what: string, args: readonly unknown[], expected: unknown, actual: unknown): void {
    this.trace.add(what, args, actual);
    this.#expect(what, expected, actual);
  }

  #expect(what: string, expected: unknown, actual: unknown): void {
    if (!isDeepStrictEqual(actual, expected)) throw new Disagreement(what, expected, actual, this.trace);
  }
}

function byId(messages: readonly FoundView[]): readonly FoundView[] {
  return messages.toSorted((a, b) => (a.message.id < b.message.id ? -1 : 1));
}

function isNoOlderThanNext({ at = 0 }: FoundView, place: number, all: readonly FoundView[]): boolean {
  return at >= (all[place + 1]?.at ?? 0);
}

/** A store refuses a sequence that it can't remember any more in this way. */
function unknownIsTooOld(error: unknown): 'too-old' | readonly PublishOutcome[] {
  if (error instanceof ConnectionError && error.outcome === 'unknown') return 'too-old';
  throw error;
}
