import {
  type ClaimRequest,
  type Exchange,
  type LeaseRenewal,
  type LeaseState,
  type PublishCall,
  type PublishOutcome,
  type QueueStore,
  type Settlement,
  type StoreCancelOutcome,
  type StoredMessage,
  StoreWrapper,
} from '@quayside/core';
import type { Ledger } from './ledger.js';

/** Stands between all lines and the store, and has each answer of the store judged. */
export class WitnessedStore extends StoreWrapper {
  readonly #ledger: Ledger;

  constructor(inner: QueueStore, ledger: Ledger) {
    super(inner);
    this.#ledger = ledger;
  }

  override async publish(messages: readonly StoredMessage[], call: PublishCall): Promise<readonly PublishOutcome[]> {
    const outcomes = await super.publish(messages, call);
    for (const [place, message] of messages.entries()) this.#ledger.published(message, outcomes[place]);
    return outcomes;
  }

  override async exchange(settlements: readonly Settlement[], request?: ClaimRequest): Promise<Exchange> {
    const wasPaused = this.#ledger.isPaused;
    const reply = await super.exchange(settlements, request);
    for (const [place, settlement] of settlements.entries()) this.#ledger.settled(settlement, reply.settled[place]);
    if (request !== undefined) this.#ledger.claimed(reply.claims, request, wasPaused);
    return reply;
  }

  override async extend(leases: readonly LeaseRenewal[], visibilityTimeoutMs: number): Promise<readonly LeaseState[]> {
    const states = await super.extend(leases, visibilityTimeoutMs);
    for (const [place, lease] of leases.entries()) this.#ledger.extended(lease, states[place], visibilityTimeoutMs);
    return states;
  }

  override async cancel(ids: readonly string[]): Promise<readonly StoreCancelOutcome[]> {
    const outcomes = await super.cancel(ids);
    for (const [place, id] of ids.entries()) this.#ledger.cancelled(id, outcomes[place]);
    return outcomes;
  }

  override async redrive(ids: readonly string[]): Promise<readonly boolean[]> {
    const redriven = await super.redrive(ids);
    for (const [place, id] of ids.entries()) if (redriven[place]) this.#ledger.redriven(id);
    return redriven;
  }

  override async setPaused(isPaused: boolean): Promise<void> {
    await super.setPaused(isPaused);
    this.#ledger.isPaused = isPaused;
  }
}
