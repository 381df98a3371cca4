import type { Logger } from '../logger.js';
import type { Codec } from '../message/codec.js';
import type { MessageDefinition } from '../message/schema.js';
import type { Middleware } from '../ports/handler.js';
import type { QueueEvents } from '../ports/queue.js';
import type { QueueStore } from '../ports/queue-store.js';
import type { Clock } from '../time/clock.js';
import type { QueueSettings } from './settings.js';

/** Tells what happened. A listener that throws harms nothing: it is logged. Without a listener an event costs one look-up. */
export interface QueueTelling {
  hasListeners(event: keyof QueueEvents): boolean;
  emit<E extends keyof QueueEvents>(event: E, ...args: Parameters<QueueEvents[E]>): void;
}

/** What the parts of one queue's engine share. */
export interface QueueEngine {
  readonly name: string;
  readonly store: QueueStore;
  readonly settings: QueueSettings;
  readonly clock: Clock;
  /** From 0 (included) to 1. Given, so that a test can seed it. */
  readonly random: () => number;
  readonly logger: Logger;
  readonly codec: Codec;
  /** Declared message types; empty where none is. */
  readonly definitions: ReadonlyMap<string, MessageDefinition>;
  /** In the order of adding; fixed from `start` on. */
  readonly middleware: readonly Middleware[];
  readonly events: QueueTelling;
  /** Host, process and instance, as the dead letters show it. */
  readonly workerName: string;
}
