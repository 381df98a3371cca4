import {
  ClosedError,
  ConnectionError,
  type ConnectionState,
  type Logger,
  sleep,
  systemClock,
  ToldState,
  withDeadline,
} from '@quayside/core';
import type { DialSettings } from './dial.js';
import { Line, type LineListener, type Refusal } from './line.js';
import type { ServerAddress } from './server-address.js';
import type { ServerList } from './server-list.js';
import { Subscriptions, type Topic } from './subscriptions.js';

export interface ConnectionParts {
  readonly servers: ServerList;
  readonly settings: DialSettings;
  readonly logger: Logger;
  readonly random: () => number;
}

export interface HeldSubscription {
  /** Nothing is received after the call; resolves when the server holds it no more, or is gone. Idempotent, never rejects. */
  close(): Promise<void>;
}

const firstPauseMs = 50;
const longestPauseMs = 1_000;
const restoreBoundMs = 3_000;
/** How long the end of a subscription waits for the server: no call hangs on one that is frozen. */
const releaseBoundMs = 500;

/**
 * The one connection of a process, dialled anew for ever when it is lost, to whichever server can be reached. It is `connected` only when
 * all that was subscribed to is restored and confirmed: nats.js' own reconnecting tells nobody when it is.
 */
export class Connection implements LineListener {
  readonly #parts: ConnectionParts;
  readonly #subscriptions = new Subscriptions();
  readonly #state = new ToldState();
  readonly #closing = new AbortController();
  #makeReady: (line: Line) => Promise<void> = async () => undefined;
  #line: Line | undefined;
  #reconnects = 0;
  #maxPayloadBytes = 0;
  #failure = '';

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
  }

  /** The first line, to the first server that answers; call it once. @throws ConnectionError, and then it is closed. */
  async connect(signal?: AbortSignal): Promise<void> {
    const close = () => this.close();
    signal?.addEventListener('abort', close, { once: true });
    if (signal?.aborted) close();
    try {
      await this.#dialRound();
    } catch (error) {
      this.close();
      if (signal?.aborted) throw new ConnectionError('connecting to NATS was given up', { cause: signal.reason });
      throw error;
    } finally {
      signal?.removeEventListener('abort', close);
    }
  }

  get state(): ConnectionState {
    return this.#state.now;
  }

  /** What has to be done on each further line, beside restoring what is subscribed to, before it counts as connected. */
  makeReady(work: (line: Line) => Promise<void>): void {
    this.#makeReady = work;
  }

  /** The line to use now: there is one only while it is connected. */
  get line(): Line | undefined {
    return this.#state.now === 'connected' ? this.#line : undefined;
  }

  /** Why it was lost, or could not be dialled, the last time. */
  get failure(): string {
    return this.#failure;
  }

  /** The largest message that the server takes; without a connection, that the last one took. */
  get maxPayloadBytes(): number {
    return this.#maxPayloadBytes;
  }

  get reconnects(): number {
    return this.#reconnects;
  }

  get subscriptionCount(): number {
    return this.#subscriptions.count;
  }

  /** Tells the present state first. Answers a function that ends it. */
  onState(listener: (state: ConnectionState) => void): () => void {
    return this.#state.tell(listener);
  }

  /**
   * Resolves when the server holds it; it comes back by itself after a loss.
   * @throws ConnectionError, CapacityError (the server refuses), and leaves nothing behind.
   */
  async subscribe(topic: Topic, signal: AbortSignal): Promise<HeldSubscription> {
    const line = this.line;
    if (this.#state.now === 'closed') throw new ClosedError('the connection to NATS');
    if (line === undefined) throw new ConnectionError('there is no connection to NATS');
    await this.#subscriptions.open(line, topic, signal);
    return { close: () => this.#release(topic) };
  }

  /** At once, whatever the server does; nothing is received afterwards. Idempotent. */
  close(): void {
    if (this.#state.now === 'closed') return;
    this.#closing.abort();
    this.#line?.close();
    this.#line = undefined;
    this.#subscriptions.clear();
    this.#state.become('closed');
  }

  lost(line: Line, reason: string): void {
    if (this.#line !== line) return;
    this.#line = undefined;
    this.#parts.servers.learn(line.server, line.neighbours);
    // Lost while its subscriptions were restored, it is dialled anew by whoever dialled it.
    if (this.#state.now !== 'connected') return;
    this.#failure = reason;
    this.#parts.logger.warn({ server: line.address, reason }, 'the connection to NATS was lost');
    this.#state.become('disconnected');
    void this.#redial(line.server);
  }

  refused(line: Line, refusal: Refusal): void {
    this.#parts.logger.warn({ server: line.address, ...refusal }, 'NATS refuses something');
    if (this.line !== line || !this.#subscriptions.hasLost(refusal)) return;
    line.close();
    this.lost(line, `the server has taken a subscription away: ${refusal.subject}`);
  }

  async #release(topic: Topic): Promise<void> {
    if (!this.#subscriptions.release(topic)) return;
    try {
      if (this.line !== undefined) await withDeadline(systemClock, this.line.confirm(), releaseBoundMs);
    } catch (error) {
      // The server forgets it with the connection.
      this.#parts.logger.debug({ subject: topic.subject, reason: String(error) }, 'the end of a subscription was not confirmed');
    }
  }

  async #redial(lost: ServerAddress): Promise<void> {
    const { logger } = this.#parts;
    for (let failures = 0; ; failures++) {
      await sleep(systemClock, this.#pauseMs(failures), this.#closing.signal);
      if (this.#closing.signal.aborted) return;
      try {
        await this.#dialRound(lost);
        this.#reconnects++;
        logger.info({ failures }, 'the connection to NATS is back');
        return;
      } catch (error) {
        if (this.#closing.signal.aborted) return;
        this.#failure = error instanceof Error ? error.message : String(error);
        logger[failures === 0 ? 'warn' : 'debug']({ reason: this.#failure, failures }, 'the connection to NATS is not back yet');
      }
    }
  }

  /** Each server once, until one is ready. @throws ConnectionError that says what was wrong with each. */
  async #dialRound(lost?: ServerAddress): Promise<void> {
    const errors: unknown[] = [];
    for (const server of this.#parts.servers.round(lost)) {
      try {
        await this.#dial(server);
        return;
      } catch (error) {
        if (this.#closing.signal.aborted) throw error;
        errors.push(error);
      }
    }
    if (errors.length === 1) throw errors[0];
    throw new ConnectionError(errors.map((error) => (error instanceof Error ? error.message : String(error))).join('; '));
  }

  async #dial(server: ServerAddress): Promise<void> {
    const line = await Line.open(server, this.#parts.settings, this, this.#closing.signal);
    this.#line = line;
    try {
      const ready = Promise.all([this.#subscriptions.restore(line), this.#makeReady(line)]);
      await withDeadline(systemClock, ready, restoreBoundMs);
      if (this.#line !== line) throw new ConnectionError('the connection was cut');
    } catch (error) {
      line.close();
      if (this.#line === line) this.#line = undefined;
      throw error;
    }
    this.#maxPayloadBytes = line.maxPayloadBytes;
    this.#state.become('connected');
  }

  /** Doubles up to a second, and spreads the processes that lost the same server. */
  #pauseMs(failures: number): number {
    return Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(failures, 10)) * (0.5 + this.#parts.random() / 2);
  }
}
