/** The operator's side of a queue: moves and removes what no worker holds. */
import type { MessageState, StoreCancelOutcome } from '@quayside/core';
import type { Ledger } from './ledger.js';

/** An active message is only marked: its holder learns of it by its heartbeat. */
export function cancel(ledger: Ledger, id: string): StoreCancelOutcome {
  const entry = ledger.shelves.find(id);
  if (entry === undefined) return 'not-found';
  if (entry.state === 'dead') return 'dead';
  if (entry.lease !== undefined) {
    entry.lease.isCancelRequested = true;
    return 'requested';
  }
  ledger.strike(entry, 'cancelled');
  return 'removed';
}

export function promote(ledger: Ledger, id: string): boolean {
  const entry = ledger.shelves.find(id);
  if (entry?.state !== 'delayed') return false;
  ledger.shelves.leave(entry);
  ledger.shelves.putAtTail(entry);
  return true;
}

export function redrive(ledger: Ledger, id: string): boolean {
  const entry = ledger.shelves.find(id);
  if (entry?.state !== 'dead' || entry.past === undefined) return false;
  ledger.shelves.leave(entry);
  entry.starts = 0;
  entry.deliveries = 0;
  entry.past.redrives++;
  entry.past.reason = undefined;
  ledger.counters.redriven++;
  ledger.shelves.putAtTail(entry);
  return true;
}

export function remove(ledger: Ledger, id: string): boolean {
  const entry = ledger.shelves.find(id);
  if (entry === undefined || entry.state === 'active') return false;
  ledger.strike(entry, 'removed');
  return true;
}

/** One bounded step. Active messages too: their receipts are no longer the current ones. Answers how many were removed. */
export function clear(ledger: Ledger, state: MessageState, limit: number): number {
  let removed = 0;
  for (; removed < limit; removed++) {
    const entry = ledger.shelves.any(state);
    if (entry === undefined) break;
    ledger.strike(entry, 'removed');
  }
  return removed;
}
