import { CancelledError, LeaseLostError } from '../errors.js';
import type { LeaseRenewal } from '../ports/queue-store.js';
import type { Timer } from '../time/clock.js';
import { Bag } from './bag.js';
import { bounded, type QueueEngine } from './engine.js';
import type { HeldMessage } from './held.js';

/** A cancelled handler learns of it within a second, the call included. */
const longestBeatMs = 750;
/** A started message that is still running after so long is marked in the store, so that a crash counts its start. */
const markAfterMs = 10;
/** The event loop is called blocked when the heartbeat is so late. */
export const blockedAfterMs = 500;

/**
 * The leases that this process holds of one queue, and their heartbeat: one call renews all, marks starts, and learns of cancels
 * and lost leases. No timer runs while nothing is held.
 */
export class Leases {
  readonly #engine: QueueEngine;
  readonly #held = new Bag<HeldMessage>();
  readonly #beatMs: number;
  #beatTimer: Timer | undefined;
  #markTimer: Timer | undefined;
  #dueAt = 0;
  #isBeating = false;

  constructor(engine: QueueEngine) {
    this.#engine = engine;
    this.#beatMs = Math.min(longestBeatMs, engine.settings.visibilityTimeoutMs / 3);
  }

  add(held: HeldMessage): void {
    this.#held.add(held);
    if (this.#beatTimer === undefined && !this.#isBeating) this.#arm();
  }

  forget(held: HeldMessage): void {
    if (this.#held.delete(held) && this.#held.size === 0) this.#disarm();
  }

  /** A handler started whose start the store does not know yet: it is told soon, unless the handler has ended by then. */
  markSoon(): void {
    this.#markTimer ??= this.#engine.clock.setTimer(() => {
      this.#markTimer = undefined;
      void this.#renew(this.#held.items().filter((held) => held.phase === 'running' && !held.isStartMarked));
    }, markAfterMs);
  }

  /** Marks starts before the handler runs. Settles also where the backend can't be reached. */
  mark(held: readonly HeldMessage[]): Promise<void> {
    return this.#renew(held);
  }

  /** Holds a message for at least so long, whatever the heartbeat's own period. @throws LeaseLostError, ConnectionError, TimeoutError */
  async hold(held: HeldMessage, durationMs: number): Promise<void> {
    if (held.phase === 'over') throw new LeaseLostError(held.id);
    held.holdUntil = this.#engine.clock.monotonic() + durationMs;
    await this.extend([held], durationMs);
    if (held.signal.reason instanceof LeaseLostError) throw held.signal.reason;
  }

  /** Cancel asked for in this process: the handler need not wait for the heartbeat. */
  cancel(id: string): void {
    for (const held of this.#held.items()) if (held.id === id) this.markCancelled(held);
  }

  /** After a blocked event loop the leases come first: before anybody, this process included, takes them back. */
  get isOverdue(): boolean {
    return this.#beatTimer !== undefined && this.#engine.clock.monotonic() > this.#dueAt + blockedAfterMs;
  }

  /** What is held comes back by its lease. */
  stop(): void {
    this.#held.clear();
    this.#disarm();
    this.#markTimer?.cancel();
  }

  async beat(): Promise<void> {
    if (this.#isBeating) return;
    this.#isBeating = true;
    this.#disarm();
    try {
      this.#tellIfBlocked();
      await this.#renew(this.#held.items());
    } finally {
      this.#isBeating = false;
      if (this.#held.size > 0) this.#arm();
    }
  }

  #arm(): void {
    this.#dueAt = this.#engine.clock.monotonic() + this.#beatMs;
    this.#beatTimer = this.#engine.clock.setTimer(() => void this.beat(), this.#beatMs);
  }

  #disarm(): void {
    this.#beatTimer?.cancel();
    this.#beatTimer = undefined;
  }

  #tellIfBlocked(): void {
    const lateMs = this.#engine.clock.monotonic() - this.#dueAt;
    if (lateMs < blockedAfterMs) return;
    const { clock, events, logger, settings } = this.#engine;
    const now = clock.monotonic();
    for (const held of this.#held.items()) {
      if (held.phase === 'running') {
        logger.warn({ id: held.id, type: held.claim.message.type, blockedMs: lateMs }, 'the event loop was blocked while this handler ran');
        events.tell('event-loop-blocked', held.head, lateMs);
      }
      // Beyond the cap another process may be at work on it: better lost than held for ever by a process that does not breathe.
      if (lateMs > settings.maxBlockedMs && now > held.leaseUntil) this.#lose(held);
    }
  }

  async #renew(candidates: readonly HeldMessage[]): Promise<void> {
    const now = this.#engine.clock.monotonic();
    const { visibilityTimeoutMs } = this.#engine.settings;
    const alive = candidates.filter((held) => held.phase !== 'over');
    const isLong = (held: HeldMessage) => held.holdUntil > now + visibilityTimeoutMs;
    await this.#tryToExtend(
      alive.filter((held) => !isLong(held)),
      visibilityTimeoutMs,
    );
    for (const held of alive.filter(isLong)) await this.#tryToExtend([held], held.holdUntil - now);
  }

  /** Holds these for `durationMs` from now. Rejects where the backend can't be reached. */
  async extend(list: readonly HeldMessage[], durationMs: number): Promise<void> {
    if (list.length === 0) return;
    const sentAt = this.#engine.clock.monotonic();
    const renewals = list.map((held): LeaseRenewal => ({ receipt: held.receipt, isStarted: held.phase === 'running' }));
    const states = await bounded(this.#engine, this.#engine.store.extend(renewals, durationMs));
    list.forEach((held, index) => {
      if (held.phase === 'over') return;
      if (states[index] === 'lost') {
        this.#lose(held);
        return;
      }
      held.leaseUntil = sentAt + durationMs;
      if (renewals[index]?.isStarted === true) held.isStartMarked = true;
      if (states[index] === 'cancel-requested') this.markCancelled(held);
    });
  }

  /** Where the backend can't be reached, a lease whose time is over counts as lost. */
  async #tryToExtend(list: readonly HeldMessage[], durationMs: number): Promise<void> {
    try {
      await this.extend(list, durationMs);
    } catch (error) {
      this.#engine.logger.warn({ err: error, count: list.length }, 'the heartbeat failed');
      for (const held of list) if (this.#engine.clock.monotonic() > held.leaseUntil) this.#lose(held);
    }
  }

  /** The handler is told by its signal and runs on: its slot is free when it ends or times out. */
  #lose(held: HeldMessage): void {
    if (held.phase === 'over') return;
    this.forget(held);
    this.#engine.logger.warn({ id: held.id, type: held.claim.message.type }, 'the lease was lost');
    this.#engine.events.tell('lease-lost', held.head);
    held.lose();
  }

  /** Whatever its handler does now, it ends as cancelled. */
  markCancelled(held: HeldMessage): void {
    held.isCancelled = true;
    held.abort(new CancelledError(`message ${held.id} was cancelled`));
  }
}
