import type { Ending } from '../ports/handler.js';
import type { ClaimRequest, Exchange } from '../ports/queue-store.js';
import { sleep } from '../time/deadline.js';
import { BatchGatherer, type GatheredBatch } from './batch-gathering.js';
import type { QueueEngine } from './engine.js';
import { HeldMessage } from './held.js';
import { expired, giveBack, isExpired, takeIn } from './incoming.js';
import type { Leases } from './leases.js';
import { type LevelOrder, levelOrder } from './level-order.js';
import { Prefetch } from './prefetch.js';
import type { Registry } from './registry.js';
import type { Settler } from './settler.js';
import { Waiter } from './waiter.js';
import type { ClaimSource, Wheel } from './wheel.js';
import { Worker, type WorkerListener } from './worker.js';

/** For so long after it gave a message back a worker looks later than others at what falls due, by at most this. */
const yieldForMs = 1_000;
const longestYieldMs = 40;

const cancelled: Ending = { outcome: 'drop', as: 'cancelled' };
const stopping: Ending = { outcome: 'release', why: 'stopping' };

/** Claims as much as the worker has room for, keeps it in order until a slot is free, and waits where there is nothing. */
export class Consumer implements ClaimSource, WorkerListener {
  readonly #engine: QueueEngine;
  readonly #registry: Registry;
  readonly #leases: Leases;
  readonly #wheel: Wheel;
  readonly #settler: Settler;
  readonly #worker: Worker;
  readonly #waiter: Waiter;
  readonly #gatherer: BatchGatherer;
  readonly #prefetch: Prefetch;
  readonly #order: LevelOrder;
  readonly #buffer: HeldMessage[] = [];
  #isClaiming = false;
  /** The last claim brought all that was asked for, or nothing was asked yet: it is worth looking again. */
  #mayHaveWork = true;
  #isFilling = false;
  /** Until then what falls due is left to others first: this worker gave back what it can't take. */
  #yieldsUntil = 0;
  #drained = 0;
  #released = 0;

  constructor(engine: QueueEngine, registry: Registry, leases: Leases, wheel: Wheel, settler: Settler) {
    this.#engine = engine;
    this.#registry = registry;
    this.#leases = leases;
    this.#wheel = wheel;
    this.#settler = settler;
    wheel.claimFor(this);
    this.#worker = new Worker(engine, leases, settler, this);
    this.#waiter = new Waiter(engine, () => {
      this.#mayHaveWork = true;
      wheel.turnNow();
    });
    this.#gatherer = new BatchGatherer(engine.clock, () => this.#fill(engine.clock.monotonic()));
    this.#prefetch = new Prefetch(engine.settings.prefetchMs, engine.settings.concurrency);
    this.#order = levelOrder(engine.settings.priorityPolicy);
  }

  start(): void {
    this.#isClaiming = true;
    this.look();
  }

  /** There may be something to claim, or a new handler to claim for. */
  look(): void {
    this.#mayHaveWork = true;
    this.#wheel.turnSoon();
  }

  request(hasSettlements: boolean): ClaimRequest | undefined {
    if (!this.#isClaiming || this.#registry.isEmpty || !(this.#mayHaveWork || hasSettlements)) return undefined;
    const { concurrency, visibilityTimeoutMs } = this.#engine.settings;
    const batches = this.#registry.batches();
    const idle = concurrency - this.#worker.running - this.#gatherer.ready.length;
    const forBatches = idle > 0 ? this.#gatherer.room(batches) : 0;
    const room = idle + this.#prefetch.ahead - this.#buffer.length + forBatches;
    if (room <= 0) return undefined;
    const { levels, max } = this.#order.next(room);
    // What is gathered for a batch has not started, so nothing is marked beforehand where there is a batch handler.
    const startNow = batches.length > 0 ? 0 : Math.max(0, Math.min(idle - this.#buffer.length, max));
    return { max, startNow, visibilityTimeoutMs, levels };
  }

  accept(exchange: Exchange, request: ClaimRequest, sentAt: number): void {
    const { claims } = exchange;
    this.#order.claimed(claims, request.max);
    const leaseUntil = sentAt + request.visibilityTimeoutMs;
    const hasHandler = (type: string) => this.#registry.find(type) !== undefined;
    const taken = claims.map((claim, index) => {
      const held = takeIn(this.#engine, claim, leaseUntil, hasHandler);
      if (held instanceof HeldMessage) held.isStartMarked = index < request.startNow;
      return held;
    });
    if (!this.#isClaiming) {
      this.#release(taken.map((one) => (one instanceof HeldMessage ? one : one.held)));
      return;
    }
    for (const one of taken) {
      if (one instanceof HeldMessage) this.#keep(one);
      else this.#refuse(one.held, one.ending);
    }
    this.#gatherer.closeUnwaited();
    this.#mayHaveWork = claims.length >= request.max;
    this.#fill(this.#engine.clock.monotonic());
    this.#goOn(exchange);
  }

  slotFreed(durationMs: number | undefined, now: number): void {
    if (durationMs !== undefined) {
      this.#prefetch.measured(durationMs);
      if (!this.#isClaiming) this.#drained++;
    }
    this.#fill(now);
    // A handler whose lease was lost ends without a settlement to send, and while no slot was free nobody waited for work.
    if (this.#mayHaveWork || !this.#waiter.isWaiting) this.look();
  }

  /** Claims nothing more at once, releases what no handler has; then waits for the handlers, and aborts those that do not end. */
  async stop(graceMs: number): Promise<{ readonly drained: number; readonly aborted: number; readonly released: number }> {
    this.#isClaiming = false;
    this.#waiter.cancel();
    this.#release([...this.#gatherer.takeAll(), ...this.#buffer.splice(0)]);
    const graceOver = new AbortController();
    await Promise.race([this.#worker.idle(), sleep(this.#engine.clock, graceMs, graceOver.signal)]);
    graceOver.abort();
    const aborted = this.#worker.abortAll();
    this.#worker.stop();
    return { drained: this.#drained, aborted, released: this.#released + aborted };
  }

  #keep(held: HeldMessage): void {
    this.#leases.add(held);
    const registered = this.#registry.find(held.claim.message.type);
    if (registered?.kind === 'batch') this.#gatherer.add(registered, held);
    else this.#buffer.push(held);
  }

  /** A handler that ends at once frees its slot in the middle of this loop, which then goes on. */
  #fill(since: number): void {
    if (this.#isFilling) return;
    this.#isFilling = true;
    let now = since;
    try {
      while (this.#worker.running < this.#engine.settings.concurrency) {
        const batch = this.#gatherer.ready.shift();
        const held = batch === undefined ? this.#buffer.shift() : undefined;
        if (batch !== undefined) now = this.#beginBatch(batch, now);
        else if (held === undefined) return;
        else if (this.#isStartable(held, now)) now = this.#begin(held, now);
      }
    } finally {
      this.#isFilling = false;
    }
  }

  #beginBatch({ registered, held }: GatheredBatch, now: number): number {
    const startable = held.filter((one) => this.#isStartable(one, now));
    return startable.length === 0 ? now : this.#worker.startBatch(registered, startable, now);
  }

  #begin(held: HeldMessage, now: number): number {
    const registered = this.#registry.find(held.claim.message.type);
    if (registered?.kind === 'single') return this.#worker.start(registered, held, now);
    if (registered !== undefined) return this.#worker.startBatch(registered, [held], now);
    this.#refuse(held, giveBack(this.#engine, held, 'no-handler'));
    return now;
  }

  /** Much can happen to a message while it waits for a slot. */
  #isStartable(held: HeldMessage, now: number): boolean {
    if (held.phase === 'over') return false;
    if (held.isCancelled) void this.#settler.settle(held, cancelled);
    else if (isExpired(this.#engine, held)) void this.#settler.settle(held, expired(this.#engine, held));
    else if (now > held.leaseUntil) {
      this.#leases.forget(held);
      held.lose();
    } else return true;
    return false;
  }

  /** The last one first: each goes to the head of its level, so they stand there in their old order. */
  #release(held: readonly HeldMessage[]): void {
    this.#released += held.length;
    for (const one of held.toReversed()) void this.#settler.settle(one, stopping);
  }

  #goOn({ isPaused, nextDueInMs }: Exchange): void {
    const hasRoom = this.#worker.running + this.#gatherer.ready.length < this.#engine.settings.concurrency;
    if (!hasRoom) this.#waiter.cancel();
    else if (this.#mayHaveWork) this.#wheel.turnSoon();
    else this.#waiter.wait(isPaused ? undefined : nextDueInMs, this.#pauseMs());
  }

  #refuse(held: HeldMessage, ending: Ending): void {
    if (ending.outcome === 'release') this.#yieldsUntil = this.#engine.clock.monotonic() + yieldForMs;
    void this.#settler.settle(held, ending);
  }

  /** By chance, so that of several workers which can't take a message it is not always the same that looks first. */
  #pauseMs(): number {
    const { clock, random } = this.#engine;
    return clock.monotonic() < this.#yieldsUntil ? random() * longestYieldMs : 0;
  }
}
