/** What came of a run under faults, from the histories of all its processes. */
import type { StoreStats } from '@quayside/core';
import { checkHistory, type HistoryFile, type QueueEnd } from '../history/checker.js';
import type { Violation } from '../history/violation.js';

export interface Account {
  /** Messages that somebody tried to publish. */
  readonly published: number;
  /** Those of which a publish resolved. */
  readonly acknowledged: number;
  readonly completed: number;
  /** Not in the store any more, and the answer to their last settlement never came: completed too, as far as can be known. */
  readonly unanswered: number;
  readonly dead: number;
  /** Handler starts of messages that had been started before, without those of a retry that was asked for. */
  readonly duplicates: number;
  /** Settlements that were answered `lease-lost`. */
  readonly refused: number;
  /** Acknowledged, and neither ended nor in the store. */
  readonly lost: readonly string[];
  readonly violations: readonly Violation[];
  /** All that was written down of the first message with which something is wrong. */
  readonly evidence: readonly string[];
}

interface Seen {
  isAcknowledged: boolean;
  isCompleted: boolean;
  /** A settlement that ends it was sent, whatever came back. */
  mayHaveEnded: boolean;
  starts: number;
  retries: number;
}

const ends: ReadonlySet<string> = new Set(['complete', 'expired', 'cancelled', 'discarded']);

export function takeAccount(files: readonly HistoryFile[], end: QueueEnd & { readonly stats: StoreStats }): Account {
  const lines = files.map(({ name, lines: each }) => ({ name, lines: [...each] }));
  const messages = new Map<string, Seen>();
  const seen = (id: string) => {
    const known = messages.get(id) ?? { isAcknowledged: false, isCompleted: false, mayHaveEnded: false, starts: 0, retries: 0 };
    messages.set(id, known);
    return known;
  };
  let refused = 0;
  for (const line of lines.flatMap((file) => file.lines)) {
    const message = seen(line.id);
    if (line.kind === 'publish-resolved') message.isAcknowledged = true;
    if (line.kind === 'started') message.starts++;
    if (line.kind === 'settling' && ends.has(line.outcome)) message.mayHaveEnded = true;
    if (line.kind === 'settled' && line.answer === 'lease-lost') refused++;
    if (line.kind !== 'settled' || line.answer !== 'settled') continue;
    if (line.outcome === 'complete') message.isCompleted = true;
    if (line.outcome === 'retry') message.retries++;
  }
  const all = [...messages];
  const violations = checkHistory(lines, end);
  const [suspect] = violations.filter(({ id }) => id !== undefined);
  const evidence =
    suspect === undefined
      ? []
      : lines.flatMap((file) => file.lines.filter(({ id }) => id === suspect.id).map((line) => `${file.name}: ${JSON.stringify(line)}`));
  const count = (holds: (message: Seen) => boolean) => all.filter(([, message]) => holds(message)).length;
  return {
    published: all.length,
    acknowledged: count(({ isAcknowledged }) => isAcknowledged),
    completed: count(({ isCompleted }) => isCompleted),
    unanswered: all.filter(([id, { isCompleted, mayHaveEnded }]) => mayHaveEnded && !isCompleted && !end.inStore.has(id)).length,
    dead: end.stats.dead,
    duplicates: all.reduce((sum, [, { starts, retries }]) => sum + Math.max(0, starts - 1 - retries), 0),
    refused,
    lost: all.filter(([id, { isAcknowledged, mayHaveEnded }]) => isAcknowledged && !mayHaveEnded && !end.inStore.has(id)).map(([id]) => id),
    violations,
    evidence,
  };
}
