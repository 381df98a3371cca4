import type { OutgoingMessage, PublishResult } from '../ports/handler.js';

export type Next = (message: OutgoingMessage) => Promise<PublishResult>;

/**
 * Lets each item of a batch through the middleware on its own, and sends those that reach its end together. An item that middleware
 * answers itself is not sent; one refusal refuses all.
 */
export function throughMiddleware(
  messages: readonly OutgoingMessage[],
  through: (message: OutgoingMessage, next: Next) => Promise<PublishResult>,
  send: (messages: readonly (OutgoingMessage | undefined)[]) => Promise<readonly PublishResult[]>,
): Promise<readonly PublishResult[]> {
  const gathering = new Gathering(messages.length);
  const results = messages.map((message, index) => {
    return through(message, (passed) => gathering.arrive(index, passed)).then(
      (result) => {
        gathering.leave(index);
        return result;
      },
      (error: unknown) => {
        gathering.refuse(error);
        throw error;
      },
    );
  });
  gathering.arrived.then(send).then(
    (answers) => gathering.answer(answers),
    (error: unknown) => gathering.refuse(error),
  );
  return Promise.all(results);
}

interface Waiting {
  readonly message: OutgoingMessage;
  readonly resolve: (result: PublishResult) => void;
  readonly reject: (error: unknown) => void;
}

class Gathering {
  readonly #waiting: (Waiting | undefined)[];
  readonly #seen = new Set<number>();
  #refusal: { readonly error: unknown } | undefined;
  #ready: (messages: readonly (OutgoingMessage | undefined)[]) => void = () => {};
  #fail: (error: unknown) => void = () => {};
  /** Resolves when every item reached the end of the middleware, or was answered before. */
  readonly arrived: Promise<readonly (OutgoingMessage | undefined)[]>;

  constructor(count: number) {
    this.#waiting = new Array<Waiting | undefined>(count).fill(undefined);
    this.arrived = new Promise((resolve, reject) => {
      this.#ready = resolve;
      this.#fail = reject;
    });
  }

  /** Answers what becomes of an item that passed all middleware. */
  arrive(index: number, message: OutgoingMessage): Promise<PublishResult> {
    if (this.#refusal !== undefined) return Promise.reject(this.#refusal.error);
    const result = new Promise<PublishResult>((resolve, reject) => {
      this.#waiting[index] = { message, resolve, reject };
    });
    this.leave(index);
    return result;
  }

  leave(index: number): void {
    this.#seen.add(index);
    if (this.#seen.size === this.#waiting.length) this.#ready(this.#waiting.map((waiting) => waiting?.message));
  }

  refuse(error: unknown): void {
    this.#refusal ??= { error };
    this.#fail(error);
    for (const waiting of this.#waiting) waiting?.reject(error);
  }

  /** The answers of those that were sent, in order. */
  answer(answers: readonly PublishResult[]): void {
    let place = 0;
    for (const waiting of this.#waiting) if (waiting !== undefined) waiting.resolve(answers[place++] as PublishResult);
  }
}
