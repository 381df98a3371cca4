import { PayloadError } from '../errors.js';
import { Fifo } from '../fifo.js';
import { upcastPayload, validatePayload } from '../message/validate.js';
import type { ChannelHandler, Gap, Subscription } from '../ports/pubsub.js';
import { isThenable } from '../thenable.js';
import type { Ending } from './durable.js';
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

/** An event whose handler has not been called yet, and who wants to know how it ends. */
interface Waiting {
  readonly event: ReceivedEvent;
  readonly onEnding: ((ending: Ending) => void) | undefined;
}

/** What a handler that was never called has answered. */
const unstarted = Symbol('unstarted');

/** One handler with its own buffer and its own concurrency, so that it delays and harms no other. */
export class LocalSubscription implements Subscription {
  readonly filter: string;
  readonly #engine: PubSubEngine;
  readonly #parts: SubscriptionParts;
  readonly #buffer = new Fifo<Waiting>();
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

  /** @param onEnding told once, when its handler has settled, or will not be called. Not where the event is dropped. */
  push(event: ReceivedEvent, onEnding?: (ending: Ending) => void): void {
    if (this.#state === 'ended') {
      onEnding?.('unstarted');
      return;
    }
    this.#engine.counts.received++;
    if (this.#buffer.length === 0 && this.#hasRoom) this.#start(event, onEnding);
    else this.#buffer.push({ event, onEnding });
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
    for (let waiting = this.#buffer.shift(); waiting !== undefined; waiting = this.#buffer.shift()) waiting.onEnding?.('unstarted');
    this.#parts.onEnd();
  }

  unsubscribe(): Promise<void> {
    this.end();
    this.#released ??= this.#parts.release();
    return this.#released;
  }

  get #hasRoom(): boolean {
    return this.#state === 'open' && this.#running < this.#parts.settings.concurrency;
  }

  #pump(): void {
    while (this.#hasRoom) {
      const waiting = this.#buffer.shift();
      if (waiting === undefined) return;
      this.#start(waiting.event, waiting.onEnding);
    }
  }

  #start(event: ReceivedEvent, onEnding: Waiting['onEnding']): void {
    this.#running++;
    this.#engine.running.started();
    let running: PromiseLike<unknown> | undefined;
    let ending: Ending = 'handled';
    try {
      const result = this.#handle(event);
      if (isThenable(result)) running = result;
    } catch (error) {
      this.#report(event, error);
      ending = 'failed';
    }
    if (running === undefined) {
      this.#finish();
      onEnding?.(ending);
      return;
    }
    Promise.resolve(running).then(
      (result) => this.#goOn(onEnding, result === unstarted ? 'unstarted' : 'handled'),
      (error: unknown) => {
        this.#report(event, error);
        this.#goOn(onEnding, 'failed');
      },
    );
  }

  #goOn(onEnding: Waiting['onEnding'], ending: Ending): void {
    this.#finish();
    onEnding?.(ending);
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
      ? value.then((validated: unknown) => (this.#state === 'ended' ? unstarted : call(validated)))
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
      const waiting = this.#buffer.shift();
      if (waiting !== undefined) dropped.push(waiting.event);
    }
    this.#engine.counts.dropped += dropped.length;
    for (const gap of gapsOf(dropped)) {
      this.tellGap(gap);
      this.#engine.events.tell('gap', gap);
    }
  }
}
