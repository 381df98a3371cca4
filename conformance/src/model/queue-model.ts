/**
 * What a QueueStore must do, in plain arrays: no index, no heap, nothing clever, so that it can be checked by reading. It speaks the
 * port's own types. Only the tokens of receipts are the store's to choose: whoever drives both tells the model each one
 * (`ModelMessage.token`).
 */
import {
  type ClaimRequest,
  type Clock,
  type LeaseRenewal,
  type LeaseState,
  type MessageState,
  type PublishCall,
  type PublishOutcome,
  type Receipt,
  type Settlement,
  type StoreCancelOutcome,
  type StoredMessage,
  type StoreStats,
  zeroCounters,
} from '@quayside/core';
import { CallMemory } from './call-memory.js';
import { createMessage, keepError, type ModelMessage, markStart } from './model-message.js';
import { Places } from './places.js';
import { Windows } from './windows.js';

export interface ModelExchange {
  readonly settled: readonly ('settled' | 'lease-lost')[];
  /** In the order of handing out; `starts` as before this delivery. */
  readonly claimed: readonly { readonly message: ModelMessage; readonly starts: number }[];
  readonly nextDueInMs: number | undefined;
  readonly isPaused: boolean;
}

export class QueueModel {
  readonly #clock: Pick<Clock, 'now'>;
  #places = new Places();
  #calls = new CallMemory();
  #windows: Windows;
  #counts = { ...zeroCounters };
  #isPaused = false;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
    this.#windows = new Windows(clock);
  }

  publish(messages: readonly StoredMessage[], call: PublishCall): readonly PublishOutcome[] | 'too-old' {
    const verdict = this.#calls.admit(call);
    if (verdict === 'too-old') return 'too-old';
    if (verdict === 'repeated') return messages.map(() => ({ status: 'duplicate' }));
    return messages.map((message) => this.#publishOne(message, call.checkIds));
  }

  #publishOne(message: StoredMessage, isIdChecked: boolean): PublishOutcome {
    if (isIdChecked && this.find(message.id) !== undefined) return { status: 'duplicate' };
    const firstId = this.#windows.firstIdFor(message);
    if (firstId !== undefined) {
      this.#counts.deduplicated++;
      return { status: 'deduplicated', firstId };
    }
    this.#counts.published++;
    this.#comeBack(createMessage(message), message.delayMs ?? 0, 'tail');
    return { status: 'published' };
  }

  /** A store may leave some of what fell due to the next call, past 64: a run holds fewer messages. */
  exchange(settlements: readonly Settlement[], request: ClaimRequest | undefined): ModelExchange {
    const settled = settlements.map((settlement) => this.#settle(settlement));
    this.#takeBack();
    const claimed = request === undefined || this.#isPaused ? [] : this.#claim(request);
    const nearest = this.#places.due()[0];
    return { settled, claimed, nextDueInMs: nearest && nearest.at - this.#clock.now(), isPaused: this.#isPaused };
  }

  #settle(settlement: Settlement): 'settled' | 'lease-lost' {
    const message = this.#heldBy(settlement.receipt);
    if (message === undefined) return 'lease-lost';
    if ('error' in settlement && settlement.error !== undefined) {
      this.#counts.failed++;
      keepError(message.errors, settlement.error);
    }
    const isEnd = settlement.outcome === 'complete' || settlement.outcome === 'drop';
    if (message.isCancelRequested && !isEnd) this.#drop(message, 'cancelled');
    else this.#move(message, settlement);
    return 'settled';
  }

  #move(message: ModelMessage, settlement: Settlement): void {
    switch (settlement.outcome) {
      case 'complete':
        this.#drop(message, 'processed');
        return;
      case 'retry':
        this.#counts.retried++;
        markStart(message);
        this.#comeBack(message, settlement.delayMs, 'tail');
        return;
      case 'release':
        if (message.isStartMarked) message.starts--;
        this.#comeBack(message, settlement.delayMs ?? 0, 'head');
        return;
      case 'dead':
        this.#counts.deadLettered++;
        if (message.isStartMarked) message.starts--;
        if (settlement.isStarted) message.starts++;
        Object.assign(message, { state: 'dead', reason: settlement.reason, at: this.#clock.now() });
        this.#places.toDead(message);
        return;
      case 'drop':
        this.#drop(message, settlement.as);
    }
  }

  /** Of what an ended lease leaves, only a marked start counts, and `starts` holds that already. */
  #takeBack(): void {
    for (const message of this.#places.due().filter(({ at }) => at <= this.#clock.now())) {
      if (message.state === 'active') this.#counts.stalled++;
      if (message.isCancelRequested) this.#drop(message, 'cancelled');
      else this.#comeBack(message, 0, 'tail');
    }
  }

  #claim({ levels, max, startNow, visibilityTimeoutMs }: ClaimRequest): ModelExchange['claimed'] {
    const claimable = levels.flatMap((level) => this.#places.level(level));
    return claimable.slice(0, max).map((message, place) => {
      const { starts } = message;
      message.deliveries++;
      this.#hold(message, visibilityTimeoutMs);
      if (place < startNow) markStart(message);
      return { message, starts };
    });
  }

  extend(leases: readonly LeaseRenewal[], visibilityTimeoutMs: number): readonly LeaseState[] {
    return leases.map(({ receipt, isStarted }) => {
      const message = this.#heldBy(receipt);
      if (message === undefined) return 'lost';
      this.#hold(message, visibilityTimeoutMs);
      if (isStarted) markStart(message);
      return message.isCancelRequested ? 'cancel-requested' : 'held';
    });
  }

  cancel(ids: readonly string[]): readonly StoreCancelOutcome[] {
    return ids.map((id) => {
      const message = this.find(id);
      if (message === undefined) return 'not-found';
      if (message.state === 'dead') return 'dead';
      if (message.state === 'active') {
        message.isCancelRequested = true;
        return 'requested';
      }
      this.#drop(message, 'cancelled');
      return 'removed';
    });
  }

  promote(ids: readonly string[]): number {
    return ids.filter((id) => {
      const message = this.find(id);
      if (message?.state !== 'delayed') return false;
      this.#comeBack(message, 0, 'tail');
      return true;
    }).length;
  }

  redrive(ids: readonly string[]): readonly boolean[] {
    return ids.map((id) => {
      const message = this.find(id);
      if (message?.state !== 'dead') return false;
      this.#counts.redriven++;
      Object.assign(message, { starts: 0, deliveries: 0, redrives: message.redrives + 1, reason: undefined });
      this.#comeBack(message, 0, 'tail');
      return true;
    });
  }

  remove(ids: readonly string[]): readonly boolean[] {
    return ids.map((id) => {
      const message = this.find(id);
      if (message === undefined || message.state === 'active') return false;
      this.clear([message]);
      return true;
    });
  }

  /** In any state. Which ones, the store chooses. */
  clear(messages: readonly ModelMessage[]): void {
    for (const message of messages) this.#drop(message, 'removed');
  }

  /** As new: counters, windows and bookkeeping too. */
  clearEverything(): void {
    this.#places = new Places();
    this.#calls = new CallMemory();
    this.#windows = new Windows(this.#clock);
    this.#counts = { ...zeroCounters };
    this.#isPaused = false;
  }

  setPaused(isPaused: boolean): void {
    this.#isPaused = isPaused;
  }

  find(id: string): ModelMessage | undefined {
    return this.#places.find(id);
  }

  /** How many messages there are, whatever their state. */
  get size(): number {
    return this.#places.size;
  }

  list(state: MessageState): readonly ModelMessage[] {
    return this.#places.list(state);
  }

  stats(): StoreStats {
    return { counters: { ...this.#counts }, ...this.#places.lengths(), isPaused: this.#isPaused };
  }

  /** A receipt is the current one until its message is settled, removed or taken back: the end of its lease alone does not end it. */
  #heldBy(receipt: Receipt): ModelMessage | undefined {
    const message = this.find(receipt.id);
    return message?.state === 'active' && message.token === receipt.token ? message : undefined;
  }

  #hold(message: ModelMessage, visibilityTimeoutMs: number): void {
    Object.assign(message, { state: 'active', at: this.#clock.now() + visibilityTimeoutMs });
    this.#places.toDue(message);
  }

  /** To its level: at once (delay 0), or to the tail when the delay is over. */
  #comeBack(message: ModelMessage, delayMs: number, place: 'head' | 'tail'): void {
    Object.assign(message, { state: delayMs > 0 ? 'delayed' : 'waiting', isStartMarked: false, at: this.#clock.now() + delayMs });
    if (delayMs > 0) this.#places.toDue(message);
    else if (place === 'head') this.#places.toHead(message);
    else this.#places.toTail(message);
  }

  /** Gone, and counted. A window outlasts its message, unless that was cancelled or removed. */
  #drop(message: ModelMessage, as: 'processed' | 'expired' | 'discarded' | 'cancelled' | 'removed'): void {
    this.#counts[as]++;
    this.#places.leave(message);
    if (as === 'cancelled' || as === 'removed') this.#windows.end(message.stored);
  }
}
