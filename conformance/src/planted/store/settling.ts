/** Bugs of a store that takes messages back. */
import {
  type Claim,
  type ClaimRequest,
  type Exchange,
  type FoundMessage,
  type Settlement,
  type StoreStats,
  StoreWrapper,
} from '@quayside/core';

/** The message stays active until its lease ends. */
export class IgnoresRelease extends StoreWrapper {
  override async exchange(settlements: readonly Settlement[], request?: ClaimRequest): Promise<Exchange> {
    const others = settlements.filter(({ outcome }) => outcome !== 'release');
    const reply = await this.inner.exchange(others, request);
    const answers = [...reply.settled];
    return { ...reply, settled: settlements.map(({ outcome }) => (outcome === 'release' ? 'settled' : (answers.shift() ?? 'settled'))) };
  }
}

/** A released message goes behind all others of its level. */
export class ReleasesToTail extends StoreWrapper {
  override async exchange(settlements: readonly Settlement[], request?: ClaimRequest): Promise<Exchange> {
    const isAtOnce = (settlement: Settlement) => settlement.outcome === 'release' && (settlement.delayMs ?? 0) === 0;
    const delayed = settlements.map((settlement) => (isAtOnce(settlement) ? { ...settlement, delayMs: 1 } : settlement));
    const { settled } = await this.inner.exchange(delayed);
    const released = settlements.filter((settlement, place) => isAtOnce(settlement) && settled[place] === 'settled');
    await this.inner.promote(released.map(({ receipt }) => receipt.id));
    return { ...(await this.inner.exchange([], request)), settled };
  }
}

/** Changes how claims look. */
abstract class MiscountedStarts extends StoreWrapper {
  protected abstract miscount(claim: Claim): number;

  override async exchange(settlements: readonly Settlement[], request?: ClaimRequest): Promise<Exchange> {
    const reply = await this.inner.exchange(settlements, request);
    return { ...reply, claims: reply.claims.map((claim) => ({ ...claim, starts: this.miscount(claim) })) };
  }
}

/** A message that was started and then released has spent an attempt. */
export class ChargesReleases extends StoreWrapper {
  readonly #claimed = new Map<string, Claim>();
  readonly #charges = new Map<string, number>();

  override async exchange(settlements: readonly Settlement[], request?: ClaimRequest): Promise<Exchange> {
    for (const { receipt, outcome } of settlements) {
      const claim = outcome === 'release' ? this.#claimed.get(receipt.id) : undefined;
      const found = claim && (await this.inner.find(receipt.id));
      if (claim && found && found.starts > claim.starts) this.#charges.set(receipt.id, (this.#charges.get(receipt.id) ?? 0) + 1);
    }
    const reply = await this.inner.exchange(settlements, request);
    for (const claim of reply.claims) this.#claimed.set(claim.receipt.id, claim);
    const claims = reply.claims.map((claim) => ({ ...claim, starts: claim.starts + (this.#charges.get(claim.receipt.id) ?? 0) }));
    return { ...reply, claims };
  }
}

/** Counts from -1, as it were: one attempt too many, and one retry too few in the statistics. */
export class MiscountsRetries extends MiscountedStarts {
  protected miscount({ starts }: Claim): number {
    return Math.max(0, starts - 1);
  }

  override async stats(): Promise<StoreStats> {
    const stats = await this.inner.stats();
    return { ...stats, counters: { ...stats.counters, retried: Math.max(0, stats.counters.retried - 1) } };
  }
}

/** A redriven message goes on counting where it died. */
export class KeepsStartsOnRedrive extends MiscountedStarts {
  readonly #before = new Map<string, number>();

  override async redrive(ids: readonly string[]): Promise<readonly boolean[]> {
    for (const id of ids) {
      const found = await this.inner.find(id);
      if (found?.state === 'dead') this.#before.set(id, found.starts);
    }
    return this.inner.redrive(ids);
  }

  protected miscount({ message, starts }: Claim): number {
    return starts + (this.#before.get(message.id) ?? 0);
  }
}

/** How often a message was handed over is forgotten. */
export class CountsNoDeliveries extends StoreWrapper {
  override async exchange(settlements: readonly Settlement[], request?: ClaimRequest): Promise<Exchange> {
    const reply = await this.inner.exchange(settlements, request);
    return { ...reply, claims: reply.claims.map((claim) => ({ ...claim, deliveries: 1 })) };
  }
}

/** The body of a completed message stays behind. */
export class LeavesBodies extends StoreWrapper {
  readonly #bodies = new Map<string, FoundMessage>();

  override async exchange(settlements: readonly Settlement[], request?: ClaimRequest): Promise<Exchange> {
    for (const { receipt, outcome } of settlements) {
      const found = outcome === 'complete' ? await this.inner.find(receipt.id) : undefined;
      if (found !== undefined) this.#bodies.set(receipt.id, found);
    }
    return this.inner.exchange(settlements, request);
  }

  override async find(id: string): Promise<FoundMessage | undefined> {
    return (await this.inner.find(id)) ?? this.#bodies.get(id);
  }
}
