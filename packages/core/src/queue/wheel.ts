import { ClosedError, ConnectionError, TimeoutError } from '../errors.js';
import type { Ending } from '../ports/handler.js';
import type { Claim, ClaimRequest, Exchange } from '../ports/queue-store.js';
import type { Timer } from '../time/clock.js';
import { toSettlement } from './endings.js';
import { bounded, type QueueEngine } from './engine.js';
import type { HeldMessage, SettleAnswer } from './held.js';
import type { Leases } from './leases.js';

/** Who claims in the same call. */
export interface ClaimSource {
  /** What to ask for now; nothing where there is no room, or no reason to look. */
  request(hasSettlements: boolean): ClaimRequest | undefined;
  accept(exchange: Exchange, request: ClaimRequest, sentAt: number): void;
}

/** A server runs a call whole, and other clients wait meanwhile. */
const maxSettlements = 1_000;
const firstPauseMs = 50;
const longestPauseMs = 1_000;

/**
 * Turns the backend's wheel: one call settles what is finished and claims what is next. What a turn of the event loop finishes goes
 * in one call, and while a call is under way the next one gathers.
 */
export class Wheel {
  readonly #engine: QueueEngine;
  readonly #leases: Leases;
  #source: ClaimSource | undefined;
  #pending: HeldMessage[] = [];
  #isScheduled = false;
  #isTurning = false;
  /** Asked for while a turn was under way. */
  #isWanted = false;
  #isStopped = false;
  #pauseMs = 0;
  #pauseTimer: Timer | undefined;
  readonly #whenFlushed: (() => void)[] = [];
  readonly #whenTurned: (() => void)[] = [];

  constructor(engine: QueueEngine, leases: Leases) {
    this.#engine = engine;
    this.#leases = leases;
  }

  /** Claims for this one from now on. */
  claimFor(source: ClaimSource): void {
    this.#source = source;
  }

  /** Hands a finished message in. It is over for this process from now on. */
  settle(held: HeldMessage, ending: Ending, answer?: (answer: SettleAnswer) => void): void {
    held.phase = 'over';
    held.ending = ending;
    held.answer = answer;
    this.#leases.forget(held);
    this.#pending.push(held);
    this.turnSoon();
  }

  /** At once, for whoever was woken: it has nothing to gather. */
  turnNow(): void {
    if (this.#isScheduled || this.#isTurning || this.#pauseTimer !== undefined) this.turnSoon();
    else void this.#turn();
  }

  turnSoon(): void {
    if (this.#isTurning) this.#isWanted = true;
    if (this.#isScheduled || this.#isTurning || this.#isStopped || this.#pauseTimer !== undefined) return;
    this.#isScheduled = true;
    this.#engine.clock.defer(() => {
      this.#isScheduled = false;
      void this.#turn();
    });
  }

  /** Resolves when everything handed in is settled. */
  flushed(): Promise<void> {
    if (this.#pending.length === 0 && !this.#isTurning) return Promise.resolve();
    return new Promise((resolve) => void this.#whenFlushed.push(resolve));
  }

  /** Resolves at the end of the next call. */
  turned(): Promise<void> {
    return new Promise((resolve) => void this.#whenTurned.push(resolve));
  }

  /** No call is made any more; what is not settled comes back by its lease. */
  stop(): void {
    this.#isStopped = true;
    this.#pauseTimer?.cancel();
    for (const held of this.#pending.splice(0)) held.answer?.('unknown');
  }

  async #turn(): Promise<void> {
    if (this.#isTurning || this.#isStopped) return;
    this.#isTurning = true;
    this.#isWanted = false;
    try {
      if (this.#leases.isOverdue) await this.#leases.beat();
      await this.#exchange();
    } finally {
      this.#isTurning = false;
      if (this.#isWanted) this.turnSoon();
      for (const resolve of this.#whenTurned.splice(0)) resolve();
      if (this.#pending.length === 0) for (const resolve of this.#whenFlushed.splice(0)) resolve();
    }
  }

  async #exchange(): Promise<void> {
    const request = this.#source?.request(this.#pending.length > 0);
    if (this.#pending.length === 0 && request === undefined) return;
    const sent = this.#pending.length > maxSettlements ? this.#pending.splice(0, maxSettlements) : this.#pending;
    if (sent === this.#pending) this.#pending = [];
    const { clock, store } = this.#engine;
    const sentAt = clock.monotonic();
    const call = store.exchange(
      sent.map((held) => toSettlement(held, held.ending as Ending)),
      request,
    );
    let exchange: Exchange;
    try {
      exchange = await bounded(this.#engine, call);
    } catch (error) {
      this.#failed(error, sent, call);
      return;
    }
    this.#succeeded(sent, exchange);
    if (request !== undefined) this.#source?.accept(exchange, request, sentAt);
    if (this.#pending.length > 0) this.turnSoon();
  }

  #succeeded(sent: readonly HeldMessage[], { settled }: Exchange): void {
    if (this.#pauseMs > 0) {
      this.#pauseMs = 0;
      this.#engine.logger.info({}, 'the backend answers again');
      this.#engine.events.tell('reconnected');
    }
    const isHeard = this.#engine.events.has('settled');
    for (let index = 0; index < sent.length; index++) {
      const held = sent[index] as HeldMessage;
      if (settled[index] === 'settled') {
        if (isHeard) this.#engine.events.tell('settled', held.head, held.ending as Ending);
        held.answer?.('settled');
      } else if (held.isSentAgain) {
        held.answer?.('unknown');
      } else {
        this.#engine.logger.warn({ id: held.id, type: held.claim.message.type }, 'settled too late: the lease was lost');
        this.#engine.events.tell('lease-lost', held.head);
        held.answer?.('lease-lost');
      }
    }
  }

  #failed(error: unknown, sent: HeldMessage[], call: Promise<Exchange>): void {
    if (error instanceof ClosedError) {
      this.#pending.push(...sent);
      this.stop();
      return;
    }
    for (const held of sent) held.isSentAgain = true;
    this.#pending = [...sent, ...this.#pending];
    // An answer that comes after all: what it claimed is given back rather than held until its lease ends.
    if (error instanceof TimeoutError) {
      call.then(
        ({ claims }) => this.#giveBack(claims),
        () => {},
      );
    }
    if (this.#pauseMs === 0) {
      this.#engine.logger.warn({ err: error }, 'the backend does not answer');
      const isConnection = error instanceof ConnectionError || error instanceof TimeoutError;
      if (isConnection) this.#engine.events.tell('disconnected', error);
      else this.#engine.events.tell('error', error as Error);
    }
    this.#pauseMs = Math.min(longestPauseMs, Math.max(firstPauseMs, this.#pauseMs * 2));
    this.#pauseTimer = this.#engine.clock.setTimer(() => {
      this.#pauseTimer = undefined;
      this.turnSoon();
    }, this.#pauseMs);
  }

  #giveBack(claims: readonly Claim[]): void {
    if (claims.length === 0 || this.#isStopped) return;
    const settlements = claims.toReversed().map(({ receipt }) => ({ receipt, outcome: 'release' }) as const);
    this.#engine.store.exchange(settlements).catch((error: unknown) => {
      this.#engine.logger.warn({ err: error, count: claims.length }, 'late claims could not be given back: they return by their leases');
    });
  }
}
