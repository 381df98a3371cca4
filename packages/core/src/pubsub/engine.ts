import { toError } from '../errors.js';
import type { Listeners } from '../listeners.js';
import type { Logger } from '../logger.js';
import type { Codec } from '../message/codec.js';
import type { IdMaker } from '../message/ids.js';
import type { MessageDefinition } from '../message/schema.js';
import type { PubSubEvents, PubSubTransport } from '../ports/pubsub.js';
import type { Clock } from '../time/clock.js';
import type { Connection } from './connection.js';
import type { RunningHandlers } from './running.js';
import type { PubSubSettings } from './settings.js';

/** What the parts of one PubSub share. */
export interface PubSubEngine {
  readonly transport: PubSubTransport;
  readonly connection: Connection;
  readonly settings: PubSubSettings;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly codec: Codec;
  readonly ids: IdMaker;
  /** Declared channels; empty where none is. */
  readonly definitions: ReadonlyMap<string, MessageDefinition>;
  readonly events: Listeners<PubSubEvents>;
  readonly running: RunningHandlers;
  readonly counts: { published: number; received: number; dropped: number; missed: number };
}

/** Before a call is tried again that the backend refused although it said that it is connected. */
export const retryDelayMs = 100;

/** What fails in the background is told and logged, never swallowed. */
export function reportError(
  engine: PubSubEngine,
  cause: unknown,
  where: { readonly channel?: string; readonly id?: string },
  what: string,
) {
  const error = toError(cause, what);
  engine.logger.error({ err: error, ...where }, what);
  engine.events.tell('error', error, where);
}
