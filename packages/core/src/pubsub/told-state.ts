import type { ConnectionState } from '../ports/pubsub.js';

/** For adapters: how a connection is, and those who want to know of each change. `closed` is the last word. */
export class ToldState {
  readonly #listeners = new Set<(state: ConnectionState) => void>();
  #now: ConnectionState;

  constructor(now: ConnectionState = 'disconnected') {
    this.#now = now;
  }

  get now(): ConnectionState {
    return this.#now;
  }

  /** Tells the present state first. Answers a function that ends it. */
  tell(listener: (state: ConnectionState) => void): () => void {
    if (this.#now !== 'closed') this.#listeners.add(listener);
    listener(this.#now);
    return () => void this.#listeners.delete(listener);
  }

  /** Tells nobody where it is so already, or closed. */
  become(state: ConnectionState): void {
    if (this.#now === 'closed' || this.#now === state) return;
    this.#now = state;
    const listeners = [...this.#listeners];
    if (state === 'closed') this.#listeners.clear();
    for (const listener of listeners) listener(state);
  }
}
