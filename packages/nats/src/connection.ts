import {
  CapacityError,
  ClosedError,
  ConnectionError,
  type ConnectionState,
  type Logger,
  sleep,
  systemClock,
  withDeadline,
} from '@quayside/core';
import type { Subscription } from 'nats';
import type { DialSettings } from './dial.js';
import { Line, type LineListener, type Receive, type Refusal } from './line.js';
import type { ServerAddress } from './server-address.js';
import type { ServerList } from './server-list.js';

export interface ConnectionParts {
  readonly servers: ServerList;
  readonly settings: DialSettings;
  readonly logger: Logger;
  readonly random: () => number;
}

/** What is subscribed to, for as long as it is held. */
export interface Topic {
  readonly subject: string;
  /** Those of one queue share what comes: each message goes to one of them. */
  readonly queue: string | undefined;
  readonly receive: Receive;
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
  readonly #held = new Map<Topic, Subscription>();
  readonly #opening = new Set<Topic>();
  readonly #listeners = new Set<(state: ConnectionState) => void>();
  readonly #closing = new AbortController();
  #line: Line | undefined;
  #state: ConnectionState = 'disconnected';
  #reconnects = 0;
  #maxPayloadBytes = 0;

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
    return this.#state;
  }

  /** The line to use now: there is one only while it is connected. */
  get line(): Line | undefined {
    return this.#state === 'connected' ? this.#line : undefined;
  }

  /** The largest message that the server takes; without a connection, that the last one took. */
  get maxPayloadBytes(): number {
    return this.#maxPayloadBytes;
  }

  get reconnects(): number {
    return this.#reconnects;
  }

  get subscriptionCount(): number {
    return this.#held.size;
  }

  /** Tells the present state first. Answers a function that ends it. */
  onState(listener: (state: ConnectionState) => void): () => void {
    if (this.#state !== 'closed') this.#listeners.add(listener);
    listener(this.#state);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * Resolves when the server holds it; it comes back by itself after a loss.
   * @throws ConnectionError, CapacityError (the server refuses), and leaves nothing behind.
   */
  async subscribe(topic: Topic, signal: AbortSignal): Promise<HeldSubscription> {
    const line = this.line;
    if (this.#state === 'closed') throw new ClosedError('the connection to NATS');
    if (line === undefined) throw new ConnectionError('there is no connection to NATS');
    const subscription = line.subscribe(topic.subject, topic.queue, topic.receive);
    this.#opening.add(topic);
    try {
      throwRefusal(await line.confirm(signal), [topic]);
    } catch (error) {
      subscription.unsubscribe();
      throw error;
    } finally {
      this.#opening.delete(topic);
    }
    this.#held.set(topic, subscription);
    return { close: () => this.#release(topic) };
  }

  /** At once, whatever the server does; nothing is received afterwards. Idempotent. */
  close(): void {
    if (this.#state === 'closed') return;
    this.#closing.abort();
    this.#line?.close();
    this.#line = undefined;
    this.#held.clear();
    this.#move('closed');
    this.#listeners.clear();
  }

  lost(line: Line, reason: string): void {
    if (this.#line !== line) return;
    this.#line = undefined;
    this.#parts.servers.learn(line.server, line.neighbours);
    // Lost while its subscriptions were restored, it is dialled anew by whoever dialled it.
    if (this.#state !== 'connected') return;
    this.#parts.logger.warn({ server: line.address, reason }, 'the connection to NATS was lost');
    this.#move('disconnected');
    void this.#redial(line.server);
  }

  refused(line: Line, refusal: Refusal): void {
    this.#parts.logger.warn({ server: line.address, ...refusal }, 'NATS refuses something');
    if (refusal.of !== 'subscription' || this.line !== line) return;
    const isOf = (topics: Iterable<Topic>) => [...topics].some(({ subject }) => subject === refusal.subject);
    // Refused while it is opened, whoever opens it is told. One that is held was confirmed once: now it is dead, and must not seem alive.
    if (isOf(this.#opening) || !isOf(this.#held.keys())) return;
    line.close();
    this.lost(line, `the server has taken a subscription away: ${refusal.subject}`);
  }

  async #release(topic: Topic): Promise<void> {
    const subscription = this.#held.get(topic);
    if (subscription === undefined) return;
    this.#held.delete(topic);
    subscription.unsubscribe();
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
        logger[failures === 0 ? 'warn' : 'debug']({ reason: String(error), failures }, 'the connection to NATS is not back yet');
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
      await withDeadline(systemClock, this.#restore(line), restoreBoundMs);
      if (this.#line !== line) throw new ConnectionError('the connection was cut');
    } catch (error) {
      line.close();
      if (this.#line === line) this.#line = undefined;
      throw error;
    }
    this.#maxPayloadBytes = line.maxPayloadBytes;
    this.#move('connected');
  }

  async #restore(line: Line): Promise<void> {
    for (const topic of this.#held.keys()) this.#held.set(topic, line.subscribe(topic.subject, topic.queue, topic.receive));
    throwRefusal(await line.confirm(), [...this.#held.keys()]);
  }

  /** Doubles up to a second, and spreads the processes that lost the same server. */
  #pauseMs(failures: number): number {
    return Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(failures, 10)) * (0.5 + this.#parts.random() / 2);
  }

  #move(state: ConnectionState): void {
    this.#state = state;
    for (const listener of [...this.#listeners]) listener(state);
  }
}

/** @throws CapacityError where one of the topics, or something that nats.js does not name, was refused. */
function throwRefusal(refusals: readonly Refusal[], topics: readonly Topic[]): void {
  const refused = refusals.find(
    (refusal) => refusal.of === 'other' || (refusal.of === 'subscription' && topics.some(({ subject }) => subject === refusal.subject)),
  );
  if (refused === undefined) return;
  const what = refused.subject === undefined ? 'a subscription' : `the subscription to '${refused.subject}'`;
  throw new CapacityError(`the server refuses ${what}: by its permissions, or one too many`);
}
