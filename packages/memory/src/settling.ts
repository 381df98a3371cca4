import type { Settlement } from '@quayside/core';
import type { Counters } from './counters.js';
import { type Entry, keepError, type Lease, pastOf } from './entry.js';
import type { Shelves } from './shelves.js';
import type { Windows } from './windows.js';

/** What a settlement may touch. */
export interface Ledger {
  readonly shelves: Shelves;
  readonly windows: Windows;
  readonly counters: Counters;
}

/** Ends a delivery. The receipt was checked by the caller: this is the present lease. */
export function settle(ledger: Ledger, lease: Lease, settlement: Settlement, now: number, wallTime: number): void {
  const { shelves, counters } = ledger;
  const { entry } = lease;
  if (settlement.outcome === 'complete') {
    counters.processed++;
    shelves.remove(entry);
    return;
  }
  if (settlement.outcome !== 'release' && settlement.error !== undefined) {
    counters.failed++;
    keepError(entry, settlement.error);
  }
  if (settlement.outcome === 'drop') {
    if (settlement.as === 'cancelled') {
      dropCancelled(ledger, entry);
    } else {
      counters[settlement.as]++;
      shelves.remove(entry);
    }
    return;
  }
  // It would come back, or lie among the dead: a cancelled message does neither.
  if (lease.isCancelRequested) {
    dropCancelled(ledger, entry);
    return;
  }
  shelves.leave(entry);
  switch (settlement.outcome) {
    case 'retry':
      counters.retried++;
      if (!lease.isStarted) entry.starts++;
      if (settlement.delayMs > 0) shelves.delay(entry, now + settlement.delayMs);
      else shelves.putAtTail(entry);
      return;
    case 'release':
      if (lease.isStarted) entry.starts--;
      if (settlement.delayMs !== undefined && settlement.delayMs > 0) shelves.delay(entry, now + settlement.delayMs);
      else shelves.putAtHead(entry);
      return;
    case 'dead': {
      counters.deadLettered++;
      const past = pastOf(entry);
      past.reason = settlement.reason;
      past.diedAt = wallTime;
      shelves.bury(entry);
    }
  }
}

export function dropCancelled(ledger: Ledger, entry: Entry): void {
  ledger.counters.cancelled++;
  removeWithWindow(ledger, entry);
}

/** Cancelled or removed: its deduplication window ends with it. */
export function removeWithWindow(ledger: Ledger, entry: Entry): void {
  ledger.shelves.remove(entry);
  if (entry.window !== undefined) ledger.windows.end(entry.window);
}
