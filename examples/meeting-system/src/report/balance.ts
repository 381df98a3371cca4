import type { QueueStats } from '@quayside/core';
import type { LedgerRow } from './ledger.js';

export interface Account {
  readonly rows: readonly LedgerRow[];
  /** The queue's figures before the first task went in, and after the last one came out. Only the difference is this run's. */
  readonly before: QueueStats;
  readonly after: QueueStats;
}

export interface Balance {
  /** The account in a sentence. */
  readonly sentence: string;
  /** Everything that does not fit; empty where what went in equals what came out. */
  readonly differences: readonly string[];
}

/** Holds what the ledger saw of each task against what the queue counted. */
export function strikeBalance({ rows, before, after }: Account): Balance {
  const grown = (name: keyof QueueStats & `total_${string}`) => after[name] - before[name];
  const own = rows.filter(({ isOwn }) => isOwn).length;
  const ended = (outcome: 'complete' | 'dead') => rows.filter(({ endings }) => endings.some((ending) => ending.outcome === outcome)).length;
  const left = atHand(after);

  const differences = rows
    .filter(({ endings }) => endings.length !== 1)
    .map(({ type, subject, endings }) => `${type} ${subject} ended ${endings.length} times`);
  const compare = (what: string, counted: number, expected: number) => {
    if (counted !== expected) differences.push(`${what}: the queue counts ${counted}, the ledger ${expected}`);
  };
  compare('published', grown('total_published'), own);
  compare('processed', grown('total_processed'), ended('complete'));
  compare('dead letters', grown('total_dead_letter'), ended('dead'));
  if (left > 0) differences.push(`${left} tasks are left in the queue`);
  const carried = atHand(before);
  const out = grown('total_processed') + grown('total_dead_letter');
  if (carried + grown('total_published') !== out + left)
    differences.push(`${carried + grown('total_published')} in, ${out} out, ${left} left`);

  const sum = `${grown('total_processed')} processed + ${grown('total_dead_letter')} dead letters`;
  const leftBehind = carried > 0 ? ` + ${carried} left by an earlier run` : '';
  return { sentence: `${grown('total_published')} published${leftBehind} = ${sum}, ${left} left`, differences };
}

/** Waiting, delayed and active: what is in the queue and has not ended. */
export function atHand({ queue_length, delayed_count, processing_count }: QueueStats): number {
  return queue_length + delayed_count + processing_count;
}
