import { readOptions } from '../call-options.js';
import { namingItem } from '../message/batch-item.js';
import type { OutgoingMessage, PublishResult } from '../ports/handler.js';
import type { BatchItem, PublishOptions } from '../ports/queue.js';
import type { StoredMessage } from '../ports/queue-store.js';
import { type Duration, durationToMs } from '../time/duration.js';
import type { QueueEngine } from './engine.js';
import { checkOutgoing, encodeOutgoing, type Outgoing } from './outgoing.js';
import { type Next, throughMiddleware } from './publish-middleware.js';
import type { Publisher } from './publisher.js';
import { isConcerned } from './registry.js';

/** The way of a message from the application's call to the publisher: options, middleware, schema, codec. */
export class Publishing {
  readonly #engine: QueueEngine;
  readonly #publisher: Publisher;

  constructor(engine: QueueEngine, publisher: Publisher) {
    this.#engine = engine;
    this.#publisher = publisher;
  }

  /** @throws (or rejects) as `Queue.publish` says */
  publish(type: string, payload: unknown, options: PublishOptions | undefined): Promise<PublishResult> {
    const read = options === undefined ? undefined : readOptions(options);
    const outgoing = checkOutgoing(this.#engine, type, payload, read);
    const timeoutMs = this.#timeoutMs(read?.publishTimeout);
    const { message } = outgoing;
    if (!isConcerned(this.#engine.middleware, message.headers)) return this.#send(outgoing, message, timeoutMs);
    return this.#through(message, (passed) => this.#send(outgoing, passed, timeoutMs));
  }

  #send(outgoing: Outgoing, message: OutgoingMessage, timeoutMs: number): Promise<PublishResult> {
    const stored = encodeOutgoing(this.#engine, outgoing, message);
    const { hasOwnId } = outgoing;
    return stored instanceof Promise
      ? stored.then((ready) => this.#publisher.add(ready, hasOwnId, timeoutMs))
      : this.#publisher.add(stored, hasOwnId, timeoutMs);
  }

  /** All that reach the end of the middleware are sent as one call, and one refusal refuses all. @throws (or rejects) as `Queue.publishBatch` says */
  publishBatch(items: readonly BatchItem[], publishTimeout: Duration | undefined): Promise<readonly PublishResult[]> {
    const timeoutMs = this.#timeoutMs(publishTimeout);
    const outgoing = items.map((item, index) => naming(index, () => this.#checkItem(item)));
    const hasOwnIds = outgoing.some((one) => one.hasOwnId);
    const send = (messages: readonly (OutgoingMessage | undefined)[]) => {
      const stored = this.#encodeAll(outgoing, messages);
      return stored instanceof Promise
        ? stored.then((ready) => this.#publisher.addBatch(ready, hasOwnIds, timeoutMs))
        : this.#publisher.addBatch(stored, hasOwnIds, timeoutMs);
    };
    const messages = outgoing.map((one) => one.message);
    if (this.#engine.middleware.every(({ publish }) => publish === undefined)) return send(messages);
    return throughMiddleware(messages, (message, next) => this.#through(message, next), send);
  }

  /** At once, so that the order of calls is the order in the queue; by a promise only where a schema is asynchronous. */
  #encodeAll(
    outgoing: readonly Outgoing[],
    messages: readonly (OutgoingMessage | undefined)[],
  ): readonly StoredMessage[] | Promise<readonly StoredMessage[]> {
    const encoded = messages.flatMap((message, index) => {
      if (message === undefined) return [];
      const stored = naming(index, () => encodeOutgoing(this.#engine, outgoing[index] as Outgoing, message));
      return [stored instanceof Promise ? stored.catch((error: unknown) => naming(index, () => raise(error))) : stored];
    });
    return encoded.some((stored) => stored instanceof Promise) ? Promise.all(encoded) : (encoded as StoredMessage[]);
  }

  #checkItem(given: BatchItem): Outgoing {
    const { type, payload, options } = readOptions(given, 'item');
    return checkOutgoing(this.#engine, type, payload, options === undefined ? undefined : readOptions(options));
  }

  #through(message: OutgoingMessage, send: Next): Promise<PublishResult> {
    const chain = this.#engine.middleware.reduceRight<Next>((next, one) => {
      const { publish } = one;
      if (publish === undefined || !isConcerned([one], message.headers)) return next;
      return async (passed) => publish(passed, next);
    }, send);
    return chain(message);
  }

  #timeoutMs(timeout: Duration | undefined): number {
    return timeout === undefined ? this.#engine.settings.publishTimeoutMs : durationToMs(timeout, 'options.publishTimeout');
  }
}

function raise(error: unknown): never {
  throw error;
}

/** An error in one item of a batch says which. */
function naming<T>(index: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw namingItem(error, index);
  }
}
