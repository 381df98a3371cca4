/** Stores that go wrong where work is paused, cancelled or waited for. */
import {
  type ClaimRequest,
  type Clock,
  type Exchange,
  type LeaseRenewal,
  type LeaseState,
  type PublishCall,
  type PublishOutcome,
  type QueueStore,
  type Settlement,
  type StoreCancelOutcome,
  type StoredMessage,
  type StoreStats,
  sleep,
} from '@quayside/core';
import { StoreWrapper } from '../../queue/store-wrapper.js';

/** A pause that is told and not kept: by any claim, or by what was delayed. */
export class IgnoresPause extends StoreWrapper {
  readonly #who: 'claims' | 'delays';
  readonly #delayed = new Set<string>();
  #isPaused = false;

  constructor(inner: QueueStore, who: 'claims' | 'delays') {
    super(inner);
    this.#who = who;
  }

  override publish(messages: readonly StoredMessage[], call: PublishCall): Promise<readonly PublishOutcome[]> {
    for (const { id, delayMs } of messages) if (delayMs) this.#delayed.add(id);
    return this.inner.publish(messages, call);
  }

  override async setPaused(isPaused: boolean): Promise<void> {
    this.#isPaused = isPaused;
  }

  override async stats(): Promise<StoreStats> {
    return { ...(await this.inner.stats()), isPaused: this.#isPaused };
  }

  override async exchange(settlements: readonly Settlement[], request?: ClaimRequest): Promise<Exchange> {
    const exchange = await this.inner.exchange(settlements, request);
    if (!this.#isPaused || this.#who === 'claims') return exchange;
    const claims = exchange.claims.filter(({ receipt }) => this.#delayed.has(receipt.id));
    const kept = exchange.claims.filter((claim) => !claims.includes(claim)).toReversed();
    await this.inner.exchange(kept.map(({ receipt }) => ({ receipt, outcome: 'release' })));
    return { ...exchange, claims };
  }
}

/** Does not tell the holder of a message that it was cancelled. */
export class KeepsCancelsToItself extends StoreWrapper {
  override async extend(leases: readonly LeaseRenewal[], visibilityTimeoutMs: number): Promise<readonly LeaseState[]> {
    const states = await this.inner.extend(leases, visibilityTimeoutMs);
    return states.map((state) => (state === 'cancel-requested' ? 'held' : state));
  }
}

/** Aborts a cancelled message, and then gives it another try. */
export class RetriesCancelled extends StoreWrapper {
  readonly #requested = new Set<string>();

  override async cancel(ids: readonly string[]): Promise<readonly StoreCancelOutcome[]> {
    const outcomes: StoreCancelOutcome[] = [];
    for (const id of ids) {
      const isActive = (await this.inner.find(id))?.state === 'active';
      if (isActive) this.#requested.add(id);
      outcomes.push(isActive ? 'requested' : ((await this.inner.cancel([id]))[0] ?? 'not-found'));
    }
    return outcomes;
  }

  override async extend(leases: readonly LeaseRenewal[], visibilityTimeoutMs: number): Promise<readonly LeaseState[]> {
    const states = await this.inner.extend(leases, visibilityTimeoutMs);
    return states.map((state, index) => (this.#requested.has(leases[index]?.receipt.id ?? '') ? 'cancel-requested' : state));
  }

  override exchange(settlements: readonly Settlement[], request?: ClaimRequest): Promise<Exchange> {
    const retried = settlements.map((settlement): Settlement => {
      const isCancelled = settlement.outcome === 'drop' && settlement.as === 'cancelled';
      if (!isCancelled) return settlement;
      this.#requested.delete(settlement.receipt.id);
      return { receipt: settlement.receipt, outcome: 'retry', delayMs: 0, error: '{}' };
    });
    return this.inner.exchange(retried, request);
  }
}

/** Lets every waiting worker sleep on, whatever arrives. */
export class SwallowsWakeUps extends StoreWrapper {
  readonly #clock: Clock;

  constructor(inner: QueueStore, clock: Clock) {
    super(inner);
    this.#clock = clock;
  }

  override wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    return sleep(this.#clock, timeoutMs, signal);
  }
}
