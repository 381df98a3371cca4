import type { Listeners } from '../listeners.js';
import type { Logger } from '../logger.js';
import type { Codec } from '../message/codec.js';
import type { IdMaker } from '../message/ids.js';
import type { MessageDefinition } from '../message/schema.js';
import type { Middleware } from '../ports/handler.js';
import type { QueueEvents } from '../ports/queue.js';
import type { QueueStore } from '../ports/queue-store.js';
import type { Clock } from '../time/clock.js';
import { withDeadline } from '../time/deadline.js';
import type { QueueSettings } from './settings.js';

/** What the parts of one queue's engine share. */
export interface QueueEngine {
  readonly name: string;
  readonly store: QueueStore;
  readonly settings: QueueSettings;
  readonly clock: Clock;
  readonly ids: IdMaker;
  /** From 0 (included) to 1. Given, so that a test can seed it. */
  readonly random: () => number;
  readonly logger: Logger;
  readonly codec: Codec;
  /** Declared message types; empty where none is. */
  readonly definitions: ReadonlyMap<string, MessageDefinition>;
  /** In the order of adding; fixed from `start` on. */
  readonly middleware: readonly Middleware[];
  readonly events: Listeners<QueueEvents>;
  /** Host, process and instance, as the dead letters show it. */
  readonly workerName: string;
}

/** Bound of a call to the backend that is not a publish: a client library's own time-out is not one. */
export const storeCallTimeoutMs = 4_000;

/** Core's own deadline round a call to the backend. */
export function bounded<T>(engine: QueueEngine, work: Promise<T>): Promise<T> {
  return withDeadline(engine.clock, work, storeCallTimeoutMs);
}
