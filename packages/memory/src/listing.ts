import { type Clock, type FoundMessage, type MessageState, type Page, priorities } from '@quayside/core';
import { page, readCursor } from './cursor.js';
import { type Entry, toStoredMessage } from './entry.js';
import type { Shelves } from './shelves.js';

/** What find and list show of a message. A copy: nothing is shared with the caller. */
export function view(entry: Entry, clock: Clock): FoundMessage {
  const { past } = entry;
  return {
    message: toStoredMessage(entry),
    state: entry.state,
    starts: entry.starts,
    deliveries: entry.deliveries,
    redrives: past?.redrives ?? 0,
    errors: past === undefined ? [] : [...past.errors],
    reason: past?.reason,
    at: shownTime(entry, clock),
  };
}

/** Delays and leases run by the monotonic clock, so that setting the machine's clock moves none of them; people read the other one. */
function shownTime(entry: Entry, clock: Clock): number | undefined {
  const due = entry.lease ?? entry.delay;
  if (due !== undefined) return Math.round(clock.now() + due.at - clock.monotonic());
  return entry.state === 'dead' ? entry.past?.diedAt : undefined;
}

/**
 * One page in the order of claiming, dead letters newest first. A cursor names the last place that was shown, so messages that come
 * or go between two pages shift none of the others.
 */
export function list(shelves: Shelves, state: MessageState, cursor: string | undefined, limit: number): Page<Entry> {
  switch (state) {
    case 'waiting':
      return listWaiting(shelves, cursor, limit);
    case 'dead': {
      const [before = Number.POSITIVE_INFINITY] = readCursor(cursor, 1);
      return page(shelves.dead.before(before, limit + 1), limit, (entry) => [entry.place]);
    }
    case 'delayed':
    case 'active': {
      const [at = Number.NEGATIVE_INFINITY, order = 0] = readCursor(cursor, 2);
      const dues = state === 'active' ? shelves.leases : shelves.delays;
      const entries = dues.after(at, order, limit + 1).map((due) => due.entry);
      return page(entries, limit, (entry) => {
        const due = entry.lease ?? entry.delay;
        return [due?.at ?? 0, due?.order ?? 0];
      });
    }
  }
}

function listWaiting(shelves: Shelves, cursor: string | undefined, limit: number): Page<Entry> {
  const [firstLevel = 0, firstBehind = Number.NEGATIVE_INFINITY] = readCursor(cursor, 2);
  const entries: Entry[] = [];
  for (let level = firstLevel; level < priorities.length; level++) {
    const behind = level === firstLevel ? firstBehind : Number.NEGATIVE_INFINITY;
    const priority = priorities[level];
    if (priority !== undefined) entries.push(...shelves.levels[priority].after(behind, limit + 1 - entries.length));
  }
  return page(entries, limit, (entry) => [priorities.indexOf(entry.priority), entry.place]);
}
