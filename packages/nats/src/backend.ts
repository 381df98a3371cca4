import { type AdapterContext, type Backend, ClosedError, type Health } from '@quayside/core';
import type { Connection } from './connection.js';
import { checkHealth } from './health.js';
import { NatsPubSubTransport } from './pubsub-transport.js';

/** One connection, whatever is published and subscribed to on it. NATS offers no queue of ours: JetStream takes the late word of an old holder. */
export class NatsBackend implements Backend {
  readonly type = 'nats';
  readonly #connection: Connection;
  readonly #context: AdapterContext;
  readonly #transports = new Map<string, NatsPubSubTransport>();

  constructor(connection: Connection, context: AdapterContext) {
    this.#connection = connection;
    this.#context = context;
  }

  pubSubTransport(scope: string): NatsPubSubTransport {
    if (this.#connection.state === 'closed') throw new ClosedError('the NATS backend');
    const { namespace, logger } = this.#context;
    const transport = this.#transports.get(scope) ?? new NatsPubSubTransport({ namespace, scope, connection: this.#connection, logger });
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
