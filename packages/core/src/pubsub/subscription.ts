import { PayloadError } from '../errors.js';
import { Fifo } from '../fifo.js';
import { upcastPayload, validatePayload } from '../message/validate.js';
import type { ChannelHandler, Gap, Subscription } from '../ports/pubsub.js';
import { isThenable } from '../thenable.js';
import { type PubSubEngine, reportError } from './engine.js';
import type { ReceivedEvent } from './frames.js';
import { gapsOf } from './gaps.js';
import type { SubscriptionSettings } from './settings.js';

export interface SubscriptionParts {
  readonly filter: string;
  readonly handler: ChannelHandler;
  readonly onGap: ((gap: Gap) => void) | undefined;
  readonly settings: SubscriptionSettings;
  readonly onEnd: () => void;
  /** Takes it out of its feed. */
  readonly release: () => Promise<void>;
}

/** One handler with its own buffer and its own concurrency, so that it delays and harms no other. */
export class LocalSubscription implements Subscription {
  readonly filter: string;
  readonly #engine: PubSubEngine;
  readonly #parts: SubscriptionParts;
  readonly #buffer = new Fifo<ReceivedEvent>();
  #state: 'opening' | 'open' | 'ended' = 'opening';
  #running = 0;
  #isTrimming = false;
  #released: Promise<void> | undefined;

  constructor(engine: PubSubEngine, parts: SubscriptionParts) {
    this.filter = parts.filter;
    this.#engine = engine;
    this.#parts = parts;
  }

  /** From now on the handler is called. */
  open(): void {
    if (this.#state !== 'opening') return;
    this.#state = 'open';
    this.#pump();
  }

  push(event: ReceivedEvent): void {
    if (this.#state === 'ended') return;
    this.#engine.counts.received++;
    this.#buffer.push(event);
    this.#pump();
    if (this.#buffer.length > this.#parts.settings.bufferSize) this.#trimAfterThisTurn();
  }

  tellGap(gap: Gap): void {
    try {
      this.#parts.onGap?.(gap);
    } catch (error) {
      this.#engine.logger.error({ err: error, channel: gap.channel }, 'an onGap threw');
    }
  }

  /** No further handler call starts, and what waits is discarded. */
  end(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#buffer.clear();
    this.#parts.onEnd();
  }

  unsubscribe(): Promise<void> {
    this.end();
    this.#released ??= this.#parts.release();
    return this.#released;
  }

  #pump(): void {
    while (this.#state === 'open' && this.#running < this.#parts.settings.concurrency) {
      const event = this.#buffer.shift();
      if (event === undefined) return;
      this.#start(event);
    }
  }

  #start(event: ReceivedEvent): void {
    this.#running++;
    this.#engine.running.started();
    let running: PromiseLike<unknown> | undefined;
    try {
      const result = this.#handle(event);
      if (isThenable(result)) running = result;
    } catch (error) {
      this.#report(event, error);
    }
    if (running === undefined) {
      this.#finish();
      return;
    }
    Promise.resolve(running).then(
      () => this.#goOn(),
      (error: unknown) => {
        this.#report(event, error);
        this.#goOn();
      },
    );
  }

  #goOn(): void {
    this.#finish();
    this.#pump();
  }

  #finish(): void {
    this.#running--;
    this.#engine.running.ended();
  }

  #report(event: ReceivedEvent, error: unknown): void {
    reportError(this.#engine, error, { channel: event.channel, id: event.id }, 'an event could not be handled');
  }

  #handle(received: ReceivedEvent): unknown {
    const { channel, id, publishedAt } = received;
    const { headers, payload, version } = received.contents(this.#engine.codec);
    const definition = this.#engine.definitions.get(channel);
    const call = (value: unknown) => this.#parts.handler({ id, channel, payload: value, headers, publishedAt });
    if (definition === undefined) return call(payload);
    if (version > (definition.version ?? 1)) {
      const issue = { path: 'payload', message: `version ${version}; this process knows ${definition.version ?? 1}` };
      throw new PayloadError(`the payload of '${channel}' is newer than its declared type`, [issue]);
    }
    const value = validatePayload(channel, definition, upcastPayload(channel, definition, payload, version));
    return value instanceof Promise
      ? value.then((validated: unknown) => (this.#state === 'ended' ? undefined : call(validated)))
      : call(value);
  }

  /** At the end of the turn, promises included: what a handler that keeps up has not taken by then really waits. */
  #trimAfterThisTurn(): void {
    if (this.#isTrimming) return;
    this.#isTrimming = true;
    this.#engine.clock.defer(() => {
      this.#isTrimming = false;
      this.#trim();
    });
  }

  #trim(): void {
    const dropped: ReceivedEvent[] = [];
    while (this.#buffer.length > this.#parts.settings.bufferSize) {
      const event = this.#buffer.shift();
      if (event !== undefined) dropped.push(event);
    }
    this.#engine.counts.dropped += dropped.length;
    for (const gap of gapsOf(dropped)) {
      this.tellGap(gap);
      this.#engine.events.tell('gap', gap);
    }
  }
}
