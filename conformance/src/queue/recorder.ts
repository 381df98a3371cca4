import type { HandlerContext, Message } from '@quayside/core';

export interface HandlerStart {
  readonly message: Message;
  readonly context: HandlerContext;
  readonly attempt: number;
  readonly fencingToken: number;
  /** By the case's clock. */
  readonly at: number;
}

/** What the handler does besides being recorded. Its value, or what it throws, is the handler's. */
export type Work = (message: Message, context: HandlerContext) => unknown;

/** A handler that writes down each of its starts and ends. One recorder may stand in several workers. */
export class Recorder {
  readonly starts: HandlerStart[] = [];
  /** Ids, in the order in which their handlers ended, however they did. */
  readonly ended: string[] = [];
  /** Ids that were started while the same message was running: never allowed. */
  readonly overlaps: string[] = [];
  mostAtOnce = 0;
  readonly #running = new Map<string, number>();
  readonly #now: () => number;
  readonly #work: Work;

  constructor(now: () => number, work: Work = () => undefined) {
    this.#now = now;
    this.#work = work;
  }

  readonly handle = async (message: Message, context: HandlerContext): Promise<unknown> => {
    const { attempt, fencingToken } = context;
    this.starts.push({ message, context, attempt, fencingToken, at: this.#now() });
    const runs = this.#running.get(message.id) ?? 0;
    if (runs > 0) this.overlaps.push(message.id);
    this.#running.set(message.id, runs + 1);
    this.mostAtOnce = Math.max(this.mostAtOnce, this.running);
    try {
      return await this.#work(message, context);
    } finally {
      const left = (this.#running.get(message.id) ?? 1) - 1;
      if (left === 0) this.#running.delete(message.id);
      else this.#running.set(message.id, left);
      this.ended.push(message.id);
    }
  };

  /** How many handlers run now. */
  get running(): number {
    let sum = 0;
    for (const runs of this.#running.values()) sum += runs;
    return sum;
  }

  /** In the order of starting. */
  get ids(): readonly string[] {
    return this.starts.map((start) => start.message.id);
  }

  get payloads(): readonly unknown[] {
    return this.starts.map((start) => start.message.payload);
  }

  startsOf(id: string): readonly HandlerStart[] {
    return this.starts.filter((start) => start.message.id === id);
  }
}
