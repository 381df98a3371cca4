/** Tells from what all processes wrote down whether a queue kept its promises. One pass over the lines, one over the messages. */
import type { StoreStats } from '@quayside/core';
import type { HistoryLine } from './line.js';
import { ToldCounts } from './statistics.js';
import { Tale } from './tale.js';
import { judgeTale } from './tale-rules.js';
import type { Violation } from './violation.js';

export interface HistoryFile {
  /** For the report. */
  readonly name: string;
  readonly lines: Iterable<HistoryLine>;
}

/** How the queue stood when all processes had ended. */
export interface QueueEnd {
  readonly queue: string;
  /** Of every message: histories are of queues whose messages have no limit of their own. */
  readonly maxRetries: number;
  /** The ids of what is still in the store, in any state. */
  readonly inStore: ReadonlySet<string>;
  /** Compared where given. */
  readonly stats?: StoreStats;
}

/** Everything that is wrong; empty where nothing is. Lines of other queues are left aside. */
export function checkHistory(files: readonly HistoryFile[], end: QueueEnd): readonly Violation[] {
  const violations: Violation[] = [];
  const tales = new Map<string, Tale>();
  for (const { name, lines } of files) {
    let last = 0;
    for (const line of lines) {
      if (line.seq !== last + 1) violations.push({ rule: 'line-missing', detail: `${name}: line ${line.seq} comes after line ${last}` });
      last = line.seq;
      if (line.queue === end.queue) taleOf(tales, line.id).add(line);
    }
  }
  for (const id of end.inStore) taleOf(tales, id);
  const counts = new ToldCounts();
  for (const [id, tale] of tales) {
    const facts = { isInStore: end.inStore.has(id), maxRetries: end.maxRetries };
    for (const broken of judgeTale(tale, facts)) violations.push({ ...broken, id });
    counts.add(tale);
  }
  if (end.stats !== undefined) violations.push(...counts.judge(end.stats, end.inStore.size));
  return violations;
}

function taleOf(tales: Map<string, Tale>, id: string): Tale {
  const known = tales.get(id);
  if (known !== undefined) return known;
  const tale = new Tale();
  tales.set(id, tale);
  return tale;
}
