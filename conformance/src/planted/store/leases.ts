/** Bugs of a store that lends messages out. */
import {
  type Claim,
  type ClaimRequest,
  type Exchange,
  type LeaseRenewal,
  type LeaseState,
  type Receipt,
  type Settlement,
  type StoreCancelOutcome,
  type StoreStats,
  StoreWrapper,
} from '@quayside/core';

/** Where there is room, it adds a message that another holds. */
export class HandsOutTwice extends StoreWrapper {
  readonly #held = new Map<string, Claim>();

  override async exchange(settlements: readonly Settlement[], request?: ClaimRequest): Promise<Exchange> {
    for (const { receipt } of settlements) this.#held.delete(receipt.id);
    const reply = await this.inner.exchange(settlements, request);
    const isThereRoom = request !== undefined && reply.claims.length < request.max && !reply.isPaused;
    const again = isThereRoom ? [...this.#held.values()].slice(0, 1) : [];
    for (const { receipt } of again) this.#held.delete(receipt.id);
    for (const claim of reply.claims) this.#held.set(claim.receipt.id, claim);
    return { ...reply, claims: [...reply.claims, ...again] };
  }
}

const centuryMs = 100 * 365 * 86_400_000;

export class EndsNoLease extends StoreWrapper {
  override exchange(settlements: readonly Settlement[], request?: ClaimRequest): Promise<Exchange> {
    return this.inner.exchange(settlements, request && { ...request, visibilityTimeoutMs: centuryMs });
  }

  override extend(leases: readonly LeaseRenewal[]): Promise<readonly LeaseState[]> {
    return this.inner.extend(leases, centuryMs);
  }
}

/** Whoever names the message is taken for its holder. */
export class ChecksNoFence extends StoreWrapper {
  readonly #current = new Map<string, Receipt>();

  override async exchange(settlements: readonly Settlement[], request?: ClaimRequest): Promise<Exchange> {
    const reply = await this.inner.exchange(
      settlements.map((settlement) => ({ ...settlement, receipt: this.currentFor(settlement.receipt) })),
      request,
    );
    for (const { receipt } of reply.claims) this.#current.set(receipt.id, receipt);
    return reply;
  }

  protected currentFor(receipt: Receipt): Receipt {
    return this.#current.get(receipt.id) ?? receipt;
  }
}

/** Every delivery of a message has the same receipt. */
export class RepeatsTokens extends ChecksNoFence {
  override async exchange(settlements: readonly Settlement[], request?: ClaimRequest): Promise<Exchange> {
    const reply = await super.exchange(settlements, request);
    return { ...reply, claims: reply.claims.map((claim) => ({ ...claim, receipt: { id: claim.receipt.id, token: 'always' } })) };
  }

  override extend(leases: readonly LeaseRenewal[], visibilityTimeoutMs: number): Promise<readonly LeaseState[]> {
    return this.inner.extend(
      leases.map(({ receipt, isStarted }) => ({ receipt: this.currentFor(receipt), isStarted })),
      visibilityTimeoutMs,
    );
  }
}

/** A second settlement of one delivery is answered like the first, and counted again. */
export class SettlesTwice extends StoreWrapper {
  readonly #completed = new Set<string>();
  #again = 0;

  override async exchange(settlements: readonly Settlement[], request?: ClaimRequest): Promise<Exchange> {
    const reply = await this.inner.exchange(settlements, request);
    const settled = reply.settled.map((answer, place) => this.#judge(settlements[place], answer));
    return { ...reply, settled };
  }

  #judge(settlement: Settlement | undefined, answer: 'settled' | 'lease-lost'): 'settled' | 'lease-lost' {
    if (settlement?.outcome !== 'complete') return answer;
    const name = `${settlement.receipt.id} ${settlement.receipt.token}`;
    if (answer === 'settled') this.#completed.add(name);
    else if (this.#completed.has(name)) this.#again++;
    return this.#completed.has(name) ? 'settled' : answer;
  }

  override async stats(): Promise<StoreStats> {
    const stats = await this.inner.stats();
    return { ...stats, counters: { ...stats.counters, processed: stats.counters.processed + this.#again } };
  }
}

/** Marks no start: only a retry counts one, so a handler that kills its process runs for ever. */
export class CountsNoCrash extends StoreWrapper {
  override exchange(settlements: readonly Settlement[], request?: ClaimRequest): Promise<Exchange> {
    return this.inner.exchange(settlements, request && { ...request, startNow: 0 });
  }

  override extend(leases: readonly LeaseRenewal[], visibilityTimeoutMs: number): Promise<readonly LeaseState[]> {
    return this.inner.extend(
      leases.map(({ receipt }) => ({ receipt, isStarted: false })),
      visibilityTimeoutMs,
    );
  }
}

/** Marks all that one call claims as started. */
export class ChargesNeighbours extends StoreWrapper {
  override exchange(settlements: readonly Settlement[], request?: ClaimRequest): Promise<Exchange> {
    return this.inner.exchange(settlements, request && { ...request, startNow: request.max });
  }
}

export class TellsNoCancel extends StoreWrapper {
  override async extend(leases: readonly LeaseRenewal[], visibilityTimeoutMs: number): Promise<readonly LeaseState[]> {
    const states = await this.inner.extend(leases, visibilityTimeoutMs);
    return states.map((state) => (state === 'cancel-requested' ? 'held' : state));
  }
}

/** Tells the holder of a cancel, but a retry, release or ended lease brings the message back. */
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
    return states.map((state, place) => {
      const isRequested = this.#requested.has(leases[place]?.receipt.id ?? '');
      return state === 'held' && isRequested ? 'cancel-requested' : state;
    });
  }

  override async exchange(settlements: readonly Settlement[], request?: ClaimRequest): Promise<Exchange> {
    const reply = await this.inner.exchange(settlements, request);
    for (const { receipt } of reply.claims) this.#requested.delete(receipt.id);
    return reply;
  }
}
