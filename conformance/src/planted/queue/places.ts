/** Stores that go wrong where a message stands in its queue. */
import type { Claim, ClaimRequest, Exchange, Settlement } from '@quayside/core';
import { StoreWrapper } from '../../queue/store-wrapper.js';

const everything = 100_000;

/** Gives back to the head, so that what stood there stands there again. */
function giveBack(claims: readonly Claim[]): readonly Settlement[] {
  return claims.toReversed().map(({ receipt }) => ({ receipt, outcome: 'release' }));
}

/** Last in, first out. */
export class TakesTheLastFirst extends StoreWrapper {
  override async exchange(settlements: readonly Settlement[], request?: ClaimRequest): Promise<Exchange> {
    if (request === undefined) return this.inner.exchange(settlements);
    const exchange = await this.inner.exchange(settlements, { ...request, max: everything });
    const first = Math.max(0, exchange.claims.length - request.max);
    await this.inner.exchange(giveBack(exchange.claims.slice(0, first)));
    return { ...exchange, claims: exchange.claims.slice(first).toReversed() };
  }
}

/** Puts a message that comes back into the normal level, whatever its own is. */
class LosesPriority extends StoreWrapper {
  protected readonly held = new Map<string, Claim>();
  readonly #returned = new Map<string, Claim>();
  #sequence = 0;

  /** Claims, showing what came back as the message that it was. */
  protected async claim(request: ClaimRequest | undefined): Promise<Exchange> {
    const exchange = await this.inner.exchange([], request);
    const claims = exchange.claims.map((claim) => ({ ...claim, ...this.#returned.get(claim.receipt.id), receipt: claim.receipt }));
    for (const claim of claims) this.held.set(claim.receipt.id, claim);
    return { ...exchange, claims };
  }

  /** Publishes a completed message anew, in the wrong level. */
  protected async bringBack(claim: Claim, delayMs: number): Promise<void> {
    const call = { publisher: 'brought back', sequence: ++this.#sequence, checkIds: false };
    await this.inner.publish([{ ...claim.message, priority: 'normal', delayMs }], call);
    this.#returned.set(claim.receipt.id, { ...claim, starts: claim.starts + 1 });
  }
}

export class LosesPriorityOnRetry extends LosesPriority {
  override async exchange(settlements: readonly Settlement[], request?: ClaimRequest): Promise<Exchange> {
    const { settled } = await this.inner.exchange(
      settlements.map((settlement) => (settlement.outcome === 'retry' ? { receipt: settlement.receipt, outcome: 'complete' } : settlement)),
    );
    for (const settlement of settlements) {
      const claim = this.held.get(settlement.receipt.id);
      if (settlement.outcome === 'retry' && claim !== undefined) await this.bringBack(claim, settlement.delayMs);
    }
    return { ...(await this.claim(request)), settled };
  }
}

export class LosesPriorityOnExpiry extends LosesPriority {
  override async exchange(settlements: readonly Settlement[], request?: ClaimRequest): Promise<Exchange> {
    for (const { receipt } of settlements) this.held.delete(receipt.id);
    const { settled } = await this.inner.exchange(settlements);
    const { claims } = await this.inner.exchange([], request && { ...request, max: everything });
    const expired = claims.filter(({ receipt }) => this.held.has(receipt.id));
    await this.inner.exchange(giveBack(claims.filter((claim) => !expired.includes(claim))));
    for (const claim of expired) {
      this.held.delete(claim.receipt.id);
      await this.inner.exchange([{ receipt: claim.receipt, outcome: 'complete' }]);
      await this.bringBack(claim, 0);
    }
    return { ...(await this.claim(request)), settled };
  }
}

/** Puts what is released behind the others. */
export class ReleasesToTheTail extends StoreWrapper {
  readonly #releases = new Map<string, number>();

  override async exchange(settlements: readonly Settlement[], request?: ClaimRequest): Promise<Exchange> {
    const toTheTail = settlements.map((settlement): Settlement => {
      if (settlement.outcome !== 'release' || settlement.delayMs) return settlement;
      const { receipt } = settlement;
      this.#releases.set(receipt.id, (this.#releases.get(receipt.id) ?? 0) + 1);
      return { receipt, outcome: 'retry', delayMs: 0, error: '' };
    });
    const exchange = await this.inner.exchange(toTheTail, request);
    const claims = exchange.claims.map((claim) => ({ ...claim, starts: claim.starts - (this.#releases.get(claim.receipt.id) ?? 0) }));
    return { ...exchange, claims };
  }
}

/** Says that a release is done, and leaves the message with its holder. */
export class ReleasesNothing extends StoreWrapper {
  override async exchange(settlements: readonly Settlement[], request?: ClaimRequest): Promise<Exchange> {
    const kept = settlements.filter(({ outcome }) => outcome !== 'release');
    const exchange = await this.inner.exchange(kept, request);
    const answers = [...exchange.settled];
    return {
      ...exchange,
      settled: settlements.map(({ outcome }) => (outcome === 'release' ? 'settled' : (answers.shift() ?? 'lease-lost'))),
    };
  }
}
