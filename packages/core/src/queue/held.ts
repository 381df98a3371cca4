import { LeaseLostError } from '../errors.js';
import type { MessageMeta } from '../message/envelope.js';
import { idLength, timeOfId } from '../message/ids.js';
import type { Headers, Message } from '../message/message.js';
import type { Ending, MessageHead } from '../ports/handler.js';
import type { Claim, Receipt } from '../ports/queue-store.js';
import type { InBag } from './bag.js';
import { spareDeliveries } from './settings.js';

const noHeaders: Headers = Object.freeze({});

/** Where a held message stands in this process. Only `over` is final: whatever happens after it changes nothing. */
export type HeldPhase = 'buffered' | 'running' | 'over';

export type SettleAnswer = 'settled' | 'lease-lost' | 'unknown';

/** A message whose lease this process holds. */
export class HeldMessage implements InBag {
  /** In the bag of leases. */
  place = -1;
  readonly claim: Claim;
  readonly meta: MessageMeta;
  readonly maxRetries: number;
  readonly maxDeliveries: number;
  phase: HeldPhase = 'buffered';
  /** The store knows that this delivery's handler started. */
  isStartMarked = false;
  /** Its handler was called, or a receiver has it. */
  hasStarted = false;
  isCancelled = false;
  /** How it ended, once it has: what the backend is to be told. */
  ending: Ending | undefined = undefined;
  /** Who wants to know what the backend answered. */
  answer: ((answer: SettleAnswer) => void) | undefined = undefined;
  /** Its settlement was sent and the reply was lost: `lease-lost` may then mean that the first one counted. */
  isSentAgain = false;
  /** By the monotonic clock: until when the lease certainly holds. */
  leaseUntil: number;
  /** By the monotonic clock: a handler asked to be held until then. */
  holdUntil = 0;
  #abort: AbortController | undefined;
  #abortReason: Error | undefined;

  constructor(claim: Claim, meta: MessageMeta, maxRetries: number, leaseUntil: number) {
    this.claim = claim;
    this.meta = meta;
    this.maxRetries = meta.maxRetries ?? maxRetries;
    this.maxDeliveries = meta.maxDeliveries ?? this.maxRetries + spareDeliveries;
    this.leaseUntil = leaseUntil;
  }

  get id(): string {
    return this.claim.receipt.id;
  }

  get receipt(): Receipt {
    return this.claim.receipt;
  }

  /** Which handler start this is, or would be. */
  get attempt(): number {
    return this.claim.starts + 1;
  }

  get headers(): Headers {
    return this.meta.headers ?? noHeaders;
  }

  get head(): MessageHead {
    const { id, type, priority } = this.claim.message;
    return { id, type, priority, headers: this.headers, attempt: this.attempt, fencingToken: this.claim.fencingToken };
  }

  /** Made on first use: an AbortController costs two microseconds, and most handlers never look at it. */
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#abortReason !== undefined) this.#abort.abort(this.#abortReason);
    }
    return this.#abort.signal;
  }

  /** The first reason stands. */
  abort(reason: Error): void {
    if (this.#abortReason !== undefined) return;
    this.#abortReason = reason;
    this.#abort?.abort(reason);
  }

  /** The lease is another's by now, or may be: the handler is told, and nothing it does to the message counts. */
  lose(): void {
    this.phase = 'over';
    this.abort(new LeaseLostError(this.id));
  }

  toMessage(payload: unknown): Message {
    const { message, redrives } = this.claim;
    return {
      id: message.id,
      type: message.type,
      payload,
      priority: message.priority,
      headers: this.headers,
      publishedAt: publishedAt(message.id, this.meta),
      redriveCount: redrives,
    };
  }
}

/** An id of ours carries its time; another has it in the envelope. */
export function publishedAt(id: string, meta: MessageMeta): number {
  return meta.publishedAt ?? (id.length === idLength ? timeOfId(id) : 0);
}
