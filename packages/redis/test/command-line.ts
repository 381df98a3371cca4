import type { ConnectionState } from '@quayside/core';
import type { Redis } from 'ioredis';
import { Line } from '#src/line.js';
import type { CommandSide } from '#src/pubsub-transport.js';
import type { Argument } from '#src/scripts.js';

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

  async send(name: string, args: readonly Argument[]): Promise<unknown> {
    if (this.#line === undefined) throw new Error('there is no connection');
    return this.#line.client.call(name, ...args.map(String));
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
