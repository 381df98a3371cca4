import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Logger } from '../logger.js';
import type { Clock } from '../time/clock.js';
import type { PubSubTransport } from './pubsub.js';
import type { QueueStore } from './queue-store.js';
import type { RecordStore } from './records.js';

export interface AdapterContext {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Set apart from others on the same server: a key prefix, a subject prefix. Default `quayside`. */
  readonly namespace: string;
  /** Aborted when nobody waits for `open` any more (time is up, another backend failed): it rejects, and leaves nothing open. */
  readonly signal?: AbortSignal;
}

export interface Health {
  readonly status: 'up' | 'degraded' | 'down';
  /** Why, where it is not `up`. */
  readonly reason?: string;
  /** Names and figures worth showing; never a secret. */
  readonly details?: Readonly<Record<string, string | number | boolean>>;
}

/** One open connection set of a backend, and the faces that it offers. A face that is absent is a port that it lacks. */
export interface Backend {
  readonly type: string;
  /** The same name gives the same store. */
  queueStore?(name: string): QueueStore;
  /** `kind` sets records apart: `schedules`, `tasks`. */
  recordStore?(kind: string): RecordStore;
  /** `scope` sets traffic apart: `channels` for PubSub, `events` for a remote EventBus. The same scope gives the same transport. */
  pubSubTransport?(scope: string): PubSubTransport;
  health(): Promise<Health>;
  /** Within 1 s, also with the server dead. Idempotent. */
  close(): Promise<void>;
}

/** What stands behind a config's `type`. An adapter package exports one as `adapter`. */
export interface Adapter<Options = unknown> {
  readonly type: string;
  /** Validates this adapter's own options, whose keys come in camelCase however they were written; its issues are told with their path in the config. */
  readonly configSchema: StandardSchemaV1<unknown, Options>;
  /** Connects, or rejects with a ConfigError or ConnectionError and leaves nothing open. */
  open(options: Options, context: AdapterContext): Promise<Backend>;
}
