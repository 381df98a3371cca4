import type { DeadReason, MessageState, Priority, StoredMessage } from '@quayside/core';
import type { Due } from './due-list.js';
import type { Window } from './windows.js';

/** A message as the store keeps it. What most waiting messages lack stands in objects of its own, so that a million waiting ones stay small. */
export class Entry {
  readonly id: string;
  readonly type: string;
  readonly payload: string;
  readonly meta: string;
  readonly priority: Priority;
  /** The window that it opened, ended by its cancelling or removal. */
  readonly window: Window | undefined;
  state: MessageState = 'waiting';
  /** In its level (waiting) or among the dead. */
  place = 0;
  /** Handler starts; that of the present delivery too, once it is marked. */
  starts = 0;
  deliveries = 0;
  /** Its delay, while it is delayed. */
  delay: Delay | undefined = undefined;
  /** Its present delivery, while it is active. */
  lease: Lease | undefined = undefined;
  past: Past | undefined = undefined;

  constructor(message: StoredMessage, window: Window | undefined) {
    this.id = message.id;
    this.type = message.type;
    this.payload = message.payload;
    this.meta = message.meta;
    this.priority = message.priority;
    this.window = window;
  }
}

/** What happened to a message that failed, died or was redriven. */
export interface Past {
  redrives: number;
  readonly errors: string[];
  reason: DeadReason | undefined;
  /** Milliseconds since the epoch. */
  diedAt: number;
}

export function pastOf(entry: Entry): Past {
  entry.past ??= { redrives: 0, errors: [], reason: undefined, diedAt: 0 };
  return entry.past;
}

/** The first error of a message tells how it began, the last ones how it went on. */
const keptErrors = 20;

export function keepError(entry: Entry, error: string): void {
  const { errors } = pastOf(entry);
  errors.push(error);
  if (errors.length > keptErrors) errors.splice(1, 1);
}

export class Delay implements Due {
  at = 0.5;
  order = 0;
  readonly entry: Entry;

  constructor(entry: Entry) {
    this.entry = entry;
  }
}

/** One delivery: from the claim until its settlement, or until somebody takes the message back. */
export class Lease implements Due {
  at = 0.5;
  order = 0;
  readonly entry: Entry;
  readonly token: string;
  isStarted = false;
  isCancelRequested = false;

  constructor(entry: Entry, token: string) {
    this.entry = entry;
    this.token = token;
  }
}

/** A copy: nothing is shared with the caller. */
export function toStoredMessage(entry: Entry): StoredMessage {
  const { id, type, priority, payload, meta } = entry;
  return { id, type, priority, payload, meta };
}
