import type { Claim, ClaimRequest, LeaseRenewal, LeaseState, Receipt, Settlement } from '@quayside/core';
import { keepError, type Lease, pastOf, toStoredMessage } from './entry.js';
import { LeaseReceipt } from './lease-receipt.js';
import type { Ledger } from './ledger.js';

/** How many ended leases and due delays are taken back at a time, so that none stalls the event loop. */
const takenBackAtOnce = 1_000;

/** The worker's side of a queue: hands messages out, renews and ends their leases, and takes back what is over. */
export class Deliveries {
  readonly #ledger: Ledger;
  /** Grows with each delivery, and never starts anew, not even with the queue: an old receipt would become valid again. */
  #fence = 0;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** @param wallTime milliseconds since the epoch, for showing. */
  settle(settlement: Settlement, now: number, wallTime: number): 'settled' | 'lease-lost' {
    const lease = this.#heldBy(settlement.receipt);
    if (lease === undefined) return 'lease-lost';
    const { shelves, counters } = this.#ledger;
    const { entry } = lease;
    if (settlement.outcome === 'complete') {
      counters.processed++;
      shelves.remove(entry);
      return 'settled';
    }
    if (settlement.outcome !== 'release' && settlement.error !== undefined) {
      counters.failed++;
      keepError(entry, settlement.error);
    }
    if (settlement.outcome === 'drop' && settlement.as !== 'cancelled') {
      counters[settlement.as]++;
      shelves.remove(entry);
    } else if (settlement.outcome === 'drop' || lease.isCancelRequested) {
      // A cancelled message does not come back, and does not lie among the dead.
      this.#ledger.strike(entry, 'cancelled');
    } else {
      this.#keep(lease, settlement, now, wallTime);
    }
    return 'settled';
  }

  #keep(lease: Lease, settlement: Extract<Settlement, { outcome: 'retry' | 'release' | 'dead' }>, now: number, wallTime: number): void {
    const { shelves, counters } = this.#ledger;
    const { entry } = lease;
    shelves.leave(entry);
    switch (settlement.outcome) {
      case 'retry':
        counters.retried++;
        markStart(lease);
        if (settlement.delayMs > 0) shelves.delay(entry, now + settlement.delayMs);
        else shelves.putAtTail(entry);
        return;
      case 'release':
        unmarkStart(lease);
        if (settlement.delayMs !== undefined && settlement.delayMs > 0) shelves.delay(entry, now + settlement.delayMs);
        // Each before those released earlier: who releases several keeps their order by releasing the last one first.
        else shelves.putAtHead(entry);
        return;
      case 'dead':
        counters.deadLettered++;
        if (settlement.isStarted) markStart(lease);
        else unmarkStart(lease);
        Object.assign(pastOf(entry), { reason: settlement.reason, diedAt: wallTime });
        shelves.bury(entry);
    }
  }

  /** Delays that are over, and leases that ended. A start counts only if it was marked, and then it was counted at once. */
  takeBack(now: number): void {
    const { shelves, counters } = this.#ledger;
    for (let taken = 0; taken < takenBackAtOnce; taken++) {
      const entry = shelves.nextDue(now);
      if (entry === undefined) return;
      const { lease } = entry;
      if (lease !== undefined) counters.stalled++;
      if (lease?.isCancelRequested === true) {
        this.#ledger.strike(entry, 'cancelled');
      } else {
        shelves.leave(entry);
        shelves.putAtTail(entry);
      }
    }
  }

  claim(request: ClaimRequest, now: number): readonly Claim[] {
    const claims: Claim[] = [];
    for (const level of request.levels) {
      while (claims.length < request.max) {
        const lease = this.#ledger.shelves.lease(level, String(this.#fence + 1), now + request.visibilityTimeoutMs);
        if (lease === undefined) break;
        this.#fence++;
        claims.push(this.#handOut(lease));
        if (claims.length <= request.startNow) markStart(lease);
      }
    }
    return claims;
  }

  #handOut(lease: Lease): Claim {
    const { entry } = lease;
    entry.deliveries++;
    return {
      receipt: new LeaseReceipt(lease),
      fencingToken: this.#fence,
      isForeign: false,
      message: toStoredMessage(entry),
      starts: entry.starts,
      deliveries: entry.deliveries,
      redrives: entry.past?.redrives ?? 0,
    };
  }

  /** A lease that ended is renewed too, while nobody has taken the message back. */
  extend({ receipt, isStarted }: LeaseRenewal, until: number): LeaseState {
    const lease = this.#heldBy(receipt);
    if (lease === undefined) return 'lost';
    this.#ledger.shelves.renew(lease, until);
    if (isStarted) markStart(lease);
    return lease.isCancelRequested ? 'cancel-requested' : 'held';
  }

  #heldBy(receipt: Receipt): Lease | undefined {
    const own = LeaseReceipt.leaseOf(receipt);
    if (own !== undefined) return own.entry.lease === own ? own : undefined;
    const lease = this.#ledger.shelves.find(receipt.id)?.lease;
    return lease?.token === receipt.token ? lease : undefined;
  }
}

/** Once a delivery, however often a heartbeat repeats it. */
function markStart(lease: Lease): void {
  if (lease.isStarted) return;
  lease.isStarted = true;
  lease.entry.starts++;
}

/** No handler started, although the claim said so beforehand, or what it began does not count. */
function unmarkStart(lease: Lease): void {
  if (!lease.isStarted) return;
  lease.isStarted = false;
  lease.entry.starts--;
}
