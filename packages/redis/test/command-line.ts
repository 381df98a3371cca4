import type { ConnectionState } from '@quayside/core';
import type { Redis } from 'ioredis';
import { Line } from '#src/line.js';
import type { CommandSide } from '#src/pubsub-transport.js';

/** The least command side: one line, dialled anew by hand. */
export class CommandLine implements CommandSide {
  readonly #dial: () => Redis;
  readonly #listeners = new Set<(state: ConnectionState) => void>();
  #line: Line | undefined;

  constructor(dial: () => Redis) {
    this.#dial = dial;
  }

  get publisher(): Redis | undefined {
    return this.#line?.client;
  }

  onState(listener: (state: ConnectionState) => void): () => void {
    this.#listeners.add(listener);
    listener(this.#line === undefined ? 'disconnected' : 'connected');
    return () => void this.#listeners.delete(listener);
  }

  async open(): Promise<void> {
    this.#line = await Line.open(this.#dial, () => this.close());
    for (const listener of this.#listeners) listener('connected');
  }

  close(): void {
    this.#line?.close();
    this.#line = undefined;
    for (const listener of this.#listeners) listener('disconnected');
  }
}
