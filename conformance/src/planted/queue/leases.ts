/** Stores that go wrong where a message is leased and settled. */
import type { Claim, ClaimRequest, Exchange, LeaseRenewal, LeaseState, QueueStore, Receipt, Settlement, StoreStats } from '@quayside/core';
import { StoreWrapper } from '../../queue/store-wrapper.js';

/** Hands out once more what the last exchange handed out. */
export class HandsOutTwice extends StoreWrapper {
  #again: Claim | undefined;

  override async exchange(settlements: readonly Settlement[], request?: ClaimRequest): Promise<Exchange> {
    if (settlements.some(({ receipt }) => receipt.token === this.#again?.receipt.token)) this.#again = undefined;
    const again = request === undefined ? undefined : this.#again;
    if (request === undefined || again === undefined) {
      const exchange = await this.inner.exchange(settlements, request);
      if (request !== undefined) this.#again = exchange.claims[0];
      return exchange;
    }
    this.#again = undefined;
    const exchange = await this.inner.exchange(settlements, { ...request, max: request.max - 1 });
    return { ...exchange, claims: [again, ...exchange.claims] };
  }
}

/** Holds every lease for ever. */
export class NeverExpiresALease extends StoreWrapper {
  override exchange(settlements: readonly Settlement[], request?: ClaimRequest): Promise<Exchange> {
    return this.inner.exchange(settlements, request && { ...request, visibilityTimeoutMs: 1e12 });
  }

  override extend(leases: readonly LeaseRenewal[]): Promise<readonly LeaseState[]> {
    return this.inner.extend(leases, 1e12);
  }
}

/** Takes any receipt of a message for its current one. */
export class ChecksNoFence extends StoreWrapper {
  readonly #current = new Map<string, Receipt>();

  override async exchange(settlements: readonly Settlement[], request?: ClaimRequest): Promise<Exchange> {
    const trusting = settlements.map((settlement) => ({ ...settlement, receipt: this.current(settlement.receipt) }));
    const exchange = await this.inner.exchange(trusting, request);
    for (const { receipt } of exchange.claims) this.#current.set(receipt.id, receipt);
    return exchange;
  }

  override extend(leases: readonly LeaseRenewal[], visibilityTimeoutMs: number): Promise<readonly LeaseState[]> {
    const trusting = leases.map((lease) => ({ ...lease, receipt: this.current(lease.receipt) }));
    return this.inner.extend(trusting, visibilityTimeoutMs);
  }

  protected current(receipt: Receipt): Receipt {
    return this.#current.get(receipt.id) ?? receipt;
  }
}

/** Gives every delivery of a message the same token. */
export class UsesATokenTwice extends ChecksNoFence {
  override async exchange(settlements: readonly Settlement[], request?: ClaimRequest): Promise<Exchange> {
    const exchange = await super.exchange(settlements, request);
    return { ...exchange, claims: exchange.claims.map((claim) => ({ ...claim, receipt: { ...claim.receipt, token: claim.receipt.id } })) };
  }
}

/** Takes a settlement that it has carried out for a new one. */
export class SettlesTwice extends StoreWrapper {
  readonly #done = new Set<string>();
  #repeated = 0;

  override async exchange(settlements: readonly Settlement[], request?: ClaimRequest): Promise<Exchange> {
    const exchange = await this.inner.exchange(settlements, request);
    const settled = settlements.map(({ receipt }, index) => {
      if (!this.#done.has(receipt.token)) return exchange.settled[index] ?? 'lease-lost';
      this.#repeated++;
      return 'settled';
    });
    settlements.forEach(({ receipt }, index) => {
      if (settled[index] === 'settled') this.#done.add(receipt.token);
    });
    return { ...exchange, settled };
  }

  override async stats(): Promise<StoreStats> {
    const stats = await this.inner.stats();
    return { ...stats, counters: { ...stats.counters, processed: stats.counters.processed + this.#repeated } };
  }
}

/** Forgets the starts of handlers that never settled. */
export class ForgetsCrashedStarts extends StoreWrapper {
  readonly #retries = new Map<string, number>();

  override async exchange(settlements: readonly Settlement[], request?: ClaimRequest): Promise<Exchange> {
    for (const { outcome, receipt } of settlements) {
      if (outcome === 'retry') this.#retries.set(receipt.id, (this.#retries.get(receipt.id) ?? 0) + 1);
    }
    const exchange = await this.inner.exchange(settlements, request);
    return { ...exchange, claims: exchange.claims.map((claim) => ({ ...claim, starts: this.#retries.get(claim.receipt.id) ?? 0 })) };
  }
}

/** Changes what a worker is told of its claims. */
export class MistellsClaims extends StoreWrapper {
  readonly #mistell: (claim: Claim) => Partial<Claim>;

  constructor(inner: QueueStore, mistell: (claim: Claim) => Partial<Claim>) {
    super(inner);
    this.#mistell = mistell;
  }

  override async exchange(settlements: readonly Settlement[], request?: ClaimRequest): Promise<Exchange> {
    const exchange = await this.inner.exchange(settlements, request);
    return { ...exchange, claims: exchange.claims.map((claim) => ({ ...claim, ...this.#mistell(claim) })) };
  }
}
