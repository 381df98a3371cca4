import { ConfigError, PayloadError } from '../errors.js';
import type { OutgoingMessage, PublishResult } from '../ports/handler.js';
import type { BatchItem, PublishOptions } from '../ports/queue.js';
import type { StoredMessage } from '../ports/queue-store.js';
import { type Duration, durationToMs } from '../time/duration.js';
import type { QueueEngine } from './engine.js';
import { checkOutgoing, encodeOutgoing, type Outgoing } from './outgoing.js';
import type { Publisher } from './publisher.js';

type Next = (message: OutgoingMessage) => Promise<PublishResult>;

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
    const outgoing = checkOutgoing(this.#engine, type, payload, options);
    const timeoutMs = this.#timeoutMs(options?.publishTimeout);
    return this.#through(outgoing.message, (message) => {
      const stored = encodeOutgoing(this.#engine, outgoing, message);
      const { hasOwnId } = outgoing;
      return stored instanceof Promise
        ? stored.then((ready) => this.#publisher.add(ready, hasOwnId, timeoutMs))
        : this.#publisher.add(stored, hasOwnId, timeoutMs);
    });
  }

  /** Every item passes the middleware on its own; all that reach its end are sent as one call, and one refusal refuses all. */
  async publishBatch(items: readonly BatchItem[], publishTimeout: Duration | undefined): Promise<readonly PublishResult[]> {
    const timeoutMs = this.#timeoutMs(publishTimeout);
    const outgoing = items.map((item, index) => naming(index, () => checkOutgoing(this.#engine, item.type, item.payload, item.options)));
    const sending = new Sending(outgoing.length);
    const results = outgoing.map((one, index) =>
      this.#through(one.message, (message) => sending.arrive(index, message)).then(
        (result) => {
          sending.leave(index);
          return result;
        },
        (error: unknown) => {
          sending.refuse(error);
          throw error;
        },
      ),
    );
    const all = Promise.all(results);
    all.catch(() => {});
    try {
      const stored = await this.#encodeAll(outgoing, await sending.arrived);
      const answers =
        stored.length === 0
          ? []
          : await this.#publisher.addBatch(
              stored,
              outgoing.some((one) => one.hasOwnId),
              timeoutMs,
            );
      sending.resolve(answers);
    } catch (error) {
      sending.refuse(error);
    }
    return all;
  }

  async #encodeAll(outgoing: readonly Outgoing[], arrived: readonly (OutgoingMessage | undefined)[]): Promise<readonly StoredMessage[]> {
    const stored: StoredMessage[] = [];
    for (let index = 0; index < arrived.length; index++) {
      const message = arrived[index];
      if (message === undefined) continue;
      const encoded = naming(index, () => encodeOutgoing(this.#engine, outgoing[index] as Outgoing, message));
      stored.push(encoded instanceof Promise ? await encoded.catch((error: unknown) => naming(index, () => raise(error))) : encoded);
    }
    return stored;
  }

  #through(message: OutgoingMessage, send: Next): Promise<PublishResult> {
    const chain = this.#engine.middleware.reduceRight<Next>((next, { publish }) => {
      return publish === undefined ? next : async (passed) => publish(passed, next);
    }, send);
    return chain(message);
  }

  #timeoutMs(timeout: Duration | undefined): number {
    return timeout === undefined ? this.#engine.settings.publishTimeoutMs : durationToMs(timeout, 'options.publishTimeout');
  }
}

/** Brings the items of a batch together again behind the middleware. */
class Sending {
  readonly #messages: (OutgoingMessage | undefined)[];
  readonly #waiting: { readonly resolve: (result: PublishResult) => void; readonly reject: (error: unknown) => void }[] = [];
  readonly #done: boolean[];
  #missing: number;
  #ready: (messages: readonly (OutgoingMessage | undefined)[]) => void = () => {};
  #fail: (error: unknown) => void = () => {};
  readonly arrived: Promise<readonly (OutgoingMessage | undefined)[]>;

  constructor(count: number) {
    this.#messages = new Array<OutgoingMessage | undefined>(count).fill(undefined);
    this.#done = new Array<boolean>(count).fill(false);
    this.#missing = count;
    this.arrived = new Promise((resolve, reject) => {
      this.#ready = resolve;
      this.#fail = reject;
    });
  }

  /** This item passed all middleware; answers what becomes of it. */
  arrive(index: number, message: OutgoingMessage): Promise<PublishResult> {
    this.#messages[index] = message;
    const result = new Promise<PublishResult>((resolve, reject) => {
      this.#waiting[index] = { resolve, reject };
    });
    this.#count(index);
    return result;
  }

  /** Middleware answered for this item, with or without sending it. */
  leave(index: number): void {
    this.#count(index);
  }

  refuse(error: unknown): void {
    this.#fail(error);
    for (const waiting of this.#waiting) waiting?.reject(error);
  }

  /** The answers of those that were sent, in order. */
  resolve(answers: readonly PublishResult[]): void {
    let place = 0;
    for (const waiting of this.#waiting) if (waiting !== undefined) waiting.resolve(answers[place++] as PublishResult);
  }

  #count(index: number): void {
    if (this.#done[index] === true) return;
    this.#done[index] = true;
    this.#missing--;
    if (this.#missing === 0) this.#ready(this.#messages);
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
    if (!(error instanceof ConfigError || error instanceof PayloadError)) throw error;
    const issues = error.issues.map(({ path, message }) => ({ path: `items[${index}].${path}`, message }));
    const headline = `item ${index} of the batch is wrong`;
    throw error instanceof ConfigError ? new ConfigError(headline, issues) : new PayloadError(headline, issues);
  }
}
