import { CapacityError, ConnectionError, type FrameOutcome, type Logger, systemClock, type Timer, withDeadline } from '@quayside/core';
import { createInbox, type Msg, nanos, type Subscription } from 'nats';
import type { Connection, HeldSubscription } from './connection.js';
import type { ConsumerSettings } from './jet-stream.js';
import type { Line } from './line.js';

export interface DurableParts {
  readonly connection: Connection;
  readonly consumer: ConsumerSettings;
  /** Messages in hand at a time. */
  readonly most: number;
  /** Answers what became of it. Must not throw. */
  readonly receive: (subject: string, body: string, delivery: number) => Promise<FrameOutcome>;
  readonly logger: Logger;
}

/** How long the server holds a request for messages; the next one follows. */
const askMs = 5_000;
/** One that was not answered by then was lost, by a server of the cluster that restarted, say. */
const answeredMs = askMs + 1_000;
/** The status of a request that came to its end. */
const timeUp = 408;
const pauseMs = 1_000;
const releaseBoundMs = 500;

const text = new TextEncoder();
const handled = text.encode('+ACK');
const working = text.encode('+WPI');

/**
 * One member of a durable name. It asks the server for as many messages as it has room for, so a slow one holds up no other, and says of
 * each what became of it, on whichever line there is then. While the handler works it tells the server so.
 */
export class DurableSubscription implements HeldSubscription {
  readonly #parts: DurableParts;
  readonly #inbox = createInbox();
  /** By the subject for a word about the message. */
  readonly #inHand = new Set<string>();
  readonly #unwatch: () => void;
  #line: Line | undefined;
  #subscription: Subscription | undefined;
  /** Messages that the server may still send for the latest request. */
  #asked = 0;
  #requests = 0;
  #next: Timer | undefined;
  #beat: Timer | undefined;
  #isClosed = false;

  /** @throws ConnectionError, CapacityError, and then nothing is received. The reader that it made stays on the server. */
  static async open(parts: DurableParts, signal: AbortSignal): Promise<DurableSubscription> {
    const { line } = parts.connection;
    if (line === undefined) throw new ConnectionError('there is no connection to NATS');
    await line.jetStream.makeConsumer(parts.consumer);
    if (signal.aborted) throw new ConnectionError('aborted before it was subscribed', { cause: signal.reason });
    return new DurableSubscription(parts);
  }

  private constructor(parts: DurableParts) {
    this.#parts = parts;
    this.#unwatch = parts.connection.onState(() => this.#follow(parts.connection.line));
    this.#keep();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#unwatch();
    this.#next?.cancel();
    this.#keep();
    try {
      // What is on its way still comes, and is given back.
      if (this.#subscription !== undefined) await withDeadline(systemClock, this.#subscription.drain(), releaseBoundMs);
    } catch (error) {
      this.#parts.logger.debug({ reason: String(error) }, 'the end of a durable subscription was not confirmed');
    }
  }

  #follow(line: Line | undefined): void {
    if (line === this.#line) return;
    this.#line = line;
    this.#subscription = line?.listen(`${this.#inbox}.*`, (message) => this.#arrived(message));
    this.#asked = 0;
    this.#next?.cancel();
    void this.#makeAnew();
  }

  /** When half of the room is free, so that one request serves for many messages. */
  #ask(): void {
    const { consumer, most } = this.#parts;
    const room = most - this.#inHand.size;
    if (this.#line === undefined || this.#isClosed || this.#asked > 0 || room * 2 < most) return;
    this.#asked = room;
    const request = JSON.stringify({ batch: room, expires: nanos(askMs) });
    this.#publish(
      `$JS.API.CONSUMER.MSG.NEXT.${consumer.stream}.${consumer.name}`,
      text.encode(request),
      this.#replySubject(++this.#requests),
    );
    this.#later(answeredMs, () => this.#makeAnew());
  }

  #replySubject(request: number): string {
    return `${this.#inbox}.${request}`;
  }

  #arrived(message: Msg): void {
    const code = message.headers?.code ?? 0;
    if (code === 0) void this.#take(message);
    else if (message.subject === this.#replySubject(this.#requests)) this.#answered(code, message.headers?.description ?? '');
  }

  async #take(message: Msg): Promise<void> {
    const { reply = '', subject } = message;
    this.#asked = Math.max(0, this.#asked - 1);
    if (this.#isClosed) {
      this.#say(reply, { outcome: 'again', delayMs: 0 });
      return;
    }
    this.#inHand.add(reply);
    this.#ask();
    const outcome = await this.#parts.receive(subject, message.string(), deliveryOf(reply));
    this.#inHand.delete(reply);
    this.#say(reply, outcome);
    this.#ask();
  }

  /** A request ends: in its time, or because the server can't serve it, as when the reader was deleted. */
  #answered(code: number, description: string): void {
    if (code < 400) return;
    this.#asked = 0;
    if (code === timeUp) {
      this.#ask();
      return;
    }
    const { consumer, logger } = this.#parts;
    logger.debug({ code, description, consumer: consumer.name }, 'NATS hands out nothing to a durable subscription');
    this.#later(pauseMs, () => this.#makeAnew());
  }

  /** On a new line too: a server that has restarted may know of the reader later than of the stream. */
  async #makeAnew(): Promise<void> {
    const line = this.#line;
    if (line === undefined || this.#isClosed) return;
    try {
      await line.jetStream.makeConsumer(this.#parts.consumer);
      if (this.#line !== line) return;
      this.#asked = 0;
      this.#ask();
    } catch (error) {
      const level = error instanceof CapacityError ? 'error' : 'warn';
      this.#parts.logger[level]({ err: error, consumer: this.#parts.consumer.name }, 'a durable subscription gets nothing');
      if (this.#line === line) this.#later(pauseMs, () => this.#makeAnew());
    }
  }

  #later(ms: number, work: () => unknown): void {
    this.#next?.cancel();
    this.#next = systemClock.setTimer(() => void work(), ms, { unref: true });
  }

  /** Beats as long as it is open, or has something in hand. */
  #keep(): void {
    this.#beat?.cancel();
    if (this.#isClosed && this.#inHand.size === 0) return;
    this.#beat = systemClock.setTimer(
      () => {
        for (const reply of this.#inHand) this.#publish(reply, working);
        this.#keep();
      },
      this.#parts.consumer.ackWaitMs / 3,
      { unref: true },
    );
  }

  #say(reply: string, outcome: FrameOutcome): void {
    this.#publish(reply, outcome.outcome === 'handled' ? handled : text.encode(`-NAK {"delay":${nanos(outcome.delayMs)}}`));
  }

  /** A word that is lost costs another delivery, never a message. */
  #publish(subject: string, body: Uint8Array, reply?: string): void {
    try {
      this.#parts.connection.line?.publish(subject, body, reply);
    } catch (error) {
      this.#parts.logger.debug({ subject, reason: String(error) }, 'a word about a durable subscription was not sent');
    }
  }
}

/** A message's reply subject counts its deliveries: `$JS.ACK.<stream>.<consumer>.<count>…`, with domain and account before the stream in later servers. */
function deliveryOf(reply: string): number {
  const tokens = reply.split('.');
  return Number(tokens.length > 9 ? tokens[6] : tokens[4]) || 1;
}
