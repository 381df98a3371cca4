import { ClosedError, ConnectionError, type ConnectionState, type Logger, sleep, systemClock, withDeadline } from '@quayside/core';
import type { Redis } from 'ioredis';
import { describeFailure } from './failure.js';
import { Line } from './line.js';

export interface LastingLineParts {
  /** For the log: `command`, `subscriber`. */
  readonly name: string;
  /** Makes a client as `Line.open` wants it. */
  readonly dial: () => Redis;
  /** What must be done, within 3 s, before a new line counts as connected. */
  readonly prepare?: (client: Redis) => Promise<void>;
  readonly logger: Logger;
  readonly random?: () => number;
}

const firstPauseMs = 50;
const longestPauseMs = 1_000;
const prepareBoundMs = 3_000;

/** A line that is dialled anew, for ever, when it was lost. Says truly how it is, and leaves to its holder what to do meanwhile. */
export class LastingLine {
  readonly #parts: LastingLineParts;
  readonly #listeners = new Set<(state: ConnectionState) => void>();
  readonly #closing = new AbortController();
  #line: Line | undefined;
  #state: ConnectionState = 'disconnected';

  constructor(parts: LastingLineParts) {
    this.#parts = parts;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** That of the open line, also while it is being prepared. */
  get client(): Redis | undefined {
    return this.#line?.client;
  }

  /** The first line; call it once. @throws ConnectionError, and then it is closed. */
  async connect(): Promise<void> {
    try {
      await this.#dial();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Tells the present state first. Answers a function that ends it. */
  onState(listener: (state: ConnectionState) => void): () => void {
    this.#listeners.add(listener);
    listener(this.#state);
    return () => void this.#listeners.delete(listener);
  }

  /** Hangs up on a server that is not the right one any more, and dials anew. */
  leave(reason: string): void {
    const line = this.#line;
    if (line === undefined) return;
    line.close();
    this.#lost(line, reason);
  }

  /** At once, whatever the server does. Idempotent. */
  close(): void {
    if (this.#state === 'closed') return;
    this.#closing.abort();
    this.#line?.close();
    this.#line = undefined;
    this.#move('closed');
    this.#listeners.clear();
  }

  async #dial(): Promise<void> {
    const line: Line = await Line.open(this.#parts.dial, (reason) => this.#lost(line, reason.message));
    if (this.#state === 'closed') {
      line.close();
      throw new ClosedError(`the ${this.#parts.name} connection`);
    }
    this.#line = line;
    try {
      if (this.#parts.prepare !== undefined) await withDeadline(systemClock, this.#parts.prepare(line.client), prepareBoundMs);
      if (this.#line !== line) throw new ConnectionError('the connection was cut');
    } catch (error) {
      line.close();
      if (this.#line === line) this.#line = undefined;
      throw error;
    }
    this.#move('connected');
  }

  #lost(line: Line, reason: string): void {
    if (this.#line !== line) return;
    this.#line = undefined;
    // Lost while it was prepared, it is dialled anew by whoever dialled it.
    if (this.#state !== 'connected') return;
    this.#parts.logger.warn({ reason }, `the ${this.#parts.name} connection was lost`);
    this.#move('disconnected');
    void this.#redial();
  }

  async #redial(): Promise<void> {
    const { logger, name } = this.#parts;
    for (let failures = 0; ; failures++) {
      await sleep(systemClock, this.#pauseMs(failures), this.#closing.signal);
      if (this.#state === 'closed') return;
      try {
        await this.#dial();
        logger.info({ failures }, `the ${name} connection is back`);
        return;
      } catch (error) {
        const level = failures === 0 ? 'warn' : 'debug';
        logger[level]({ reason: describeFailure(error), failures }, `the ${name} connection is not back yet`);
      }
    }
  }

  /** Doubles up to a second, and spreads the processes that lost the same server. */
  #pauseMs(failures: number): number {
    const random = this.#parts.random ?? Math.random;
    return Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(failures, 10)) * (0.5 + random() / 2);
  }

  #move(state: ConnectionState): void {
    this.#state = state;
    for (const listener of [...this.#listeners]) listener(state);
  }
}
