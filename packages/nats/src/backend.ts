import { type AdapterContext, type Backend, ClosedError, type Health } from '@quayside/core';
import type { Connection } from './connection.js';
import { checkHealth } from './health.js';
import { type DurableSettings, NatsPubSubTransport } from './pubsub-transport.js';

/** What JetStream keeps. */
export interface KeptScope extends DurableSettings {
  readonly scope: string;
}

/** One connection, whatever is published and subscribed to on it. NATS offers no queue of ours: JetStream takes the late word of an old holder. */
export class NatsBackend implements Backend {
  readonly type = 'nats';
  readonly #connection: Connection;
  readonly #context: AdapterContext;
  readonly #kept: KeptScope | undefined;
  readonly #transports = new Map<string, NatsPubSubTransport>();

  constructor(connection: Connection, context: AdapterContext, kept?: KeptScope) {
    this.#connection = connection;
    this.#context = context;
    this.#kept = kept;
  }

  pubSubTransport(scope: string): NatsPubSubTransport {
    if (this.#connection.state === 'closed') throw new ClosedError('the NATS backend');
    const { namespace, logger } = this.#context;
    const durable = this.#kept?.scope === scope ? this.#kept : undefined;
    const parts = { namespace, scope, connection: this.#connection, durable, logger };
    const transport = this.#transports.get(scope) ?? new NatsPubSubTransport(parts);
    this.#transports.set(scope, transport);
    return transport;
  }

  health(): Promise<Health> {
    return checkHealth(this.#connection);
  }

  async close(): Promise<void> {
    this.#connection.close();
  }
}
