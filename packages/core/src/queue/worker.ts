import { ClosedError, TimeoutError } from '../errors.js';
import type { Timer } from '../time/clock.js';
import { Bag } from './bag.js';
import { BatchRun } from './batch-run.js';
import type { QueueEngine } from './engine.js';
import type { HeldMessage } from './held.js';
import type { Leases } from './leases.js';
import { isConcerned, type LeasedHandler, type RegisteredBatch, type RegisteredHandler, withMiddleware } from './registry.js';
import type { Run, RunParts } from './run.js';
import type { Settler } from './settler.js';
import { SingleRun } from './single-run.js';

export interface WorkerListener {
  /** A slot is free; the call took so long, or nothing where it did not end by itself. `now` is by the monotonic clock. */
  slotFreed(durationMs: number | undefined, now: number): void;
}

/** The slots of this process: starts handlers, times them out by one timer for all, and ends them when the queue stops. */
export class Worker {
  readonly #engine: QueueEngine;
  readonly #leases: Leases;
  readonly #parts: RunParts;
  readonly #runs = new Bag<Run>();
  readonly #wrapped = new WeakMap<RegisteredHandler, LeasedHandler>();
  readonly #whenIdle: (() => void)[] = [];
  #sweepAt = Number.POSITIVE_INFINITY;
  #sweepTimer: Timer | undefined;

  constructor(engine: QueueEngine, leases: Leases, settler: Settler, listener: WorkerListener) {
    this.#engine = engine;
    this.#leases = leases;
    this.#parts = {
      engine,
      leases,
      settler,
      free: (run, endedAt) => {
        if (!this.#runs.delete(run)) return false;
        if (endedAt === undefined) listener.slotFreed(undefined, engine.clock.monotonic());
        else listener.slotFreed(endedAt - run.startedAt, endedAt);
        if (this.#runs.size === 0) for (const resolve of this.#whenIdle.splice(0)) resolve();
        return true;
      },
    };
  }

  get running(): number {
    return this.#runs.size;
  }

  /** Resolves when no handler runs. */
  idle(): Promise<void> {
    if (this.#runs.size === 0) return Promise.resolve();
    return new Promise((resolve) => void this.#whenIdle.push(resolve));
  }

  /** @param now by the monotonic clock. Answers the time when the handler's part before its first await was over. */
  start(registered: RegisteredHandler, held: HeldMessage, now: number): number {
    const run = new SingleRun(this.#parts, registered, this.#handlerOf(registered, held), held, now);
    this.#begin(run);
    return held.isStartMarked ? run.call() : this.#callUnmarked(run, [held]);
  }

  startBatch(registered: RegisteredBatch, held: readonly HeldMessage[], now: number): number {
    const run = new BatchRun(this.#parts, registered, held, now);
    this.#begin(run);
    return this.#callUnmarked(run, held);
  }

  /** Ends every running attempt by its signal; their messages go back, the attempts not counted. Answers how many. */
  abortAll(): number {
    const reason = new ClosedError(`queue '${this.#engine.name}'`);
    return this.#runs.items().reduce((count, run) => count + run.release(reason), 0);
  }

  stop(): void {
    this.#sweepTimer?.cancel();
  }

  #begin(run: Run): void {
    this.#runs.add(run);
    this.#sweepNoLaterThan(run.deadline);
  }

  /** One that was handed out before may be the message that killed its worker: its start is known before it starts. */
  #callUnmarked(run: Run, held: readonly HeldMessage[]): number {
    const suspects = held.filter(({ claim }) => claim.deliveries > 1);
    this.#leases.markSoon();
    if (suspects.length === 0) return run.call();
    this.#leases.mark(suspects).then(() => run.call());
    return run.startedAt;
  }

  #handlerOf(registered: RegisteredHandler, held: HeldMessage): LeasedHandler {
    if (!isConcerned(this.#engine.middleware, held.headers)) return registered.call;
    let wrapped = this.#wrapped.get(registered);
    if (wrapped === undefined) {
      wrapped = withMiddleware(this.#engine.middleware, registered.call);
      this.#wrapped.set(registered, wrapped);
    }
    return wrapped;
  }

  #sweepNoLaterThan(deadline: number): void {
    if (deadline >= this.#sweepAt) return;
    this.#sweepTimer?.cancel();
    this.#sweepAt = deadline;
    const delayMs = deadline - this.#engine.clock.monotonic();
    this.#sweepTimer = this.#engine.clock.setTimer(() => this.#sweep(), delayMs, { unref: true });
  }

  #sweep(): void {
    this.#sweepAt = Number.POSITIVE_INFINITY;
    const now = this.#engine.clock.monotonic();
    for (const run of this.#runs.items()) {
      if (run.deadline > now) this.#sweepNoLaterThan(run.deadline);
      else run.timeOut(new TimeoutError(`the handler did not end within ${Math.round(now - run.startedAt)} ms`));
    }
  }
}
