import { ConnectionError } from '../errors.js';
import type { Listeners } from '../listeners.js';
import type { ConnectionState, PubSubEvents, PubSubTransport } from '../ports/pubsub.js';

/** What is known of the connection. Tells the application of its losses and returns, and the engine's parts of every change. */
export class Connection {
  #state: ConnectionState | undefined;
  readonly #watchers = new Set<(state: ConnectionState) => void>();
  readonly #events: Listeners<PubSubEvents>;
  readonly #unwatch: () => void;

  constructor(transport: PubSubTransport, events: Listeners<PubSubEvents>) {
    this.#events = events;
    this.#unwatch = transport.onState((state) => this.#moved(state));
  }

  get isConnected(): boolean {
    return this.#state === 'connected';
  }

  get isClosed(): boolean {
    return this.#state === 'closed';
  }

  /** Calls back at each change from now on. Answers a function that ends it. */
  watch(watcher: (state: ConnectionState) => void): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  /** Resolves when connected. Rejects when aborted, or when the connection will not come back. */
  whenConnected(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (signal.aborted) settle(() => reject(signal.reason));
        else if (this.isConnected) settle(resolve);
        else if (this.isClosed) settle(() => reject(new ConnectionError('the connection is closed and will not come back')));
      };
      const unwatch = this.watch(look);
      const settle = (done: () => void) => {
        unwatch();
        signal.removeEventListener('abort', look);
        done();
      };
      signal.addEventListener('abort', look);
      look();
    });
  }

  /** Hears no more of the transport. */
  release(): void {
    this.#unwatch();
  }

  #moved(state: ConnectionState): void {
    const before = this.#state;
    if (state === before) return;
    this.#state = state;
    for (const watcher of [...this.#watchers]) watcher(state);
    if (before === 'connected') this.#events.tell('disconnected');
    else if (before === 'disconnected' && state === 'connected') this.#events.tell('reconnected');
  }
}
