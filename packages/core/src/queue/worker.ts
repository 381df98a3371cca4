import { ClosedError, TimeoutError } from '../errors.js';
import type { Ending } from '../ports/handler.js';
import type { Timer } from '../time/clock.js';
import { callBatch } from './batch-call.js';
import { QueueHandlerContext } from './context.js';
import { endingOfThrown, endingOfUnreadable, endingOfValue } from './endings.js';
import type { QueueEngine } from './engine.js';
import type { HeldMessage } from './held.js';
import { openPayload } from './incoming.js';
import { blockedAfterMs, type Leases } from './leases.js';
import { type AnyHandler, callEnded, type Registered, type RegisteredHandler, withMiddleware } from './registry.js';
import type { Settler } from './settler.js';

/** One handler call and the slot it takes: for one message, or for a batch. */
interface Run {
  readonly registered: Registered;
  readonly held: readonly HeldMessage[];
  readonly startedAt: number;
  /** By the monotonic clock: when the attempt times out. */
  deadline: number;
  /** The signal of a batch as a whole. */
  readonly abort: AbortController | undefined;
}

export interface WorkerListener {
  /** A slot is free; the call took so long, or nothing where it did not end by itself. */
  slotFreed(durationMs: number | undefined): void;
}

/** Runs handlers: opens the payload, calls, judges how it went, times out. Whatever a handler does, its message ends exactly once. */
export class Worker {
  readonly #engine: QueueEngine;
  readonly #leases: Leases;
  readonly #settler: Settler;
  readonly #listener: WorkerListener;
  readonly #runs = new Set<Run>();
  readonly #wrapped = new WeakMap<RegisteredHandler, AnyHandler>();
  #sweepAt = Number.POSITIVE_INFINITY;
  #sweepTimer: Timer | undefined;
  #whenIdle: (() => void)[] = [];

  constructor(engine: QueueEngine, leases: Leases, settler: Settler, listener: WorkerListener) {
    this.#engine = engine;
    this.#leases = leases;
    this.#settler = settler;
    this.#listener = listener;
  }

  get running(): number {
    return this.#runs.size;
  }

  /** Resolves when no handler runs. */
  idle(): Promise<void> {
    if (this.#runs.size === 0) return Promise.resolve();
    return new Promise((resolve) => void this.#whenIdle.push(resolve));
  }

  start(registered: Registered, held: readonly HeldMessage[]): void {
    const startedAt = this.#engine.clock.monotonic();
    let timeoutMs = 0;
    for (const one of held) {
      one.phase = 'running';
      timeoutMs = Math.max(timeoutMs, one.meta.timeoutMs ?? this.#engine.settings.timeoutMs);
    }
    const abort = registered.kind === 'batch' ? new AbortController() : undefined;
    const run: Run = { registered, held, startedAt, deadline: startedAt + timeoutMs, abort };
    registered.running++;
    this.#runs.add(run);
    this.#watch(run.deadline);
    const unmarked = held.filter((one) => !one.isStartMarked);
    // A message that was handed out before may be the one that killed its worker: its start is known before it starts.
    const suspects = unmarked.filter((one) => one.claim.deliveries > 1);
    for (const one of unmarked) this.#leases.markSoon(one);
    if (suspects.length === 0) this.#call(run);
    else Promise.all(suspects.map((one) => this.#leases.mark(one))).then(() => this.#call(run));
  }

  /** Ends every running attempt by its signal; their messages go back, the attempts not counted. Answers how many. */
  abortAll(): number {
    let count = 0;
    for (const run of this.#runs) {
      const reason = new ClosedError(`queue '${this.#engine.name}'`);
      run.abort?.abort(reason);
      for (const held of run.held) {
        if (held.phase === 'over') continue;
        count++;
        held.abort(reason);
        void this.#settler.settle(held, { outcome: 'release', why: 'stopping' });
      }
      this.#free(run, undefined);
    }
    return count;
  }

  stop(): void {
    this.#sweepTimer?.cancel();
  }

  #call(run: Run): void {
    const { registered } = run;
    if (registered.kind === 'batch') {
      const contexts = run.held.map((held) => new QueueHandlerContext(this.#engine, this.#leases, held));
      callBatch(this.#engine, registered, run.held, contexts, (run.abort as AbortController).signal).then((endings) => {
        this.#ended(run, endings);
      });
      return;
    }
    const held = run.held[0] as HeldMessage;
    let payload: unknown;
    try {
      payload = openPayload(this.#engine, held);
    } catch (thrown) {
      this.#ended(run, [endingOfUnreadable(this.#engine, held, thrown)]);
      return;
    }
    if (payload instanceof Promise) {
      payload.then(
        (value: unknown) => this.#invoke(run, registered, held, value),
        (thrown: unknown) => this.#ended(run, [endingOfUnreadable(this.#engine, held, thrown)]),
      );
    } else this.#invoke(run, registered, held, payload);
  }

  #invoke(run: Run, registered: RegisteredHandler, held: HeldMessage, payload: unknown): void {
    if (held.phase === 'over') {
      this.#free(run, undefined);
      return;
    }
    if (this.#engine.events.has('active')) this.#engine.events.tell('active', held.head);
    let value: unknown;
    const beganAt = this.#engine.clock.monotonic();
    try {
      value = this.#handlerOf(registered)(held.toMessage(payload), new QueueHandlerContext(this.#engine, this.#leases, held));
    } catch (thrown) {
      this.#ended(run, [endingOfThrown(this.#engine, held, thrown)]);
      return;
    } finally {
      this.#tellIfBlocked(held, beganAt);
    }
    if (isThenable(value)) {
      value.then(
        (result) => this.#ended(run, [endingOfValue(held, result)]),
        (thrown: unknown) => this.#ended(run, [endingOfThrown(this.#engine, held, thrown)]),
      );
    } else this.#ended(run, [endingOfValue(held, value)]);
  }

  #handlerOf(registered: RegisteredHandler): AnyHandler {
    if (this.#engine.middleware.length === 0) return registered.call;
    let wrapped = this.#wrapped.get(registered);
    if (wrapped === undefined) {
      wrapped = withMiddleware(this.#engine.middleware, registered.call);
      this.#wrapped.set(registered, wrapped);
    }
    return wrapped;
  }

  /** A run that timed out or was aborted has ended already: what its handler does later changes nothing. */
  #ended(run: Run, endings: readonly Ending[]): void {
    if (!this.#runs.has(run)) return;
    run.deadline = Number.POSITIVE_INFINITY;
    const durationMs = this.#engine.clock.monotonic() - run.startedAt;
    const waits: Promise<void>[] = [];
    for (let index = 0; index < run.held.length; index++) {
      const wait = this.#settler.settle(run.held[index] as HeldMessage, endings[index] as Ending);
      if (wait !== undefined) waits.push(wait);
    }
    if (waits.length === 0) this.#free(run, durationMs);
    else Promise.all(waits).then(() => this.#free(run, durationMs));
  }

  #free(run: Run, durationMs: number | undefined): void {
    if (!this.#runs.delete(run)) return;
    callEnded(run.registered);
    this.#listener.slotFreed(durationMs);
    if (this.#runs.size === 0) for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  /** One timer for all attempts: at the nearest deadline. */
  #watch(deadline: number): void {
    if (deadline >= this.#sweepAt) return;
    this.#sweepTimer?.cancel();
    this.#sweepAt = deadline;
    const delayMs = deadline - this.#engine.clock.monotonic();
    this.#sweepTimer = this.#engine.clock.setTimer(() => this.#sweep(), delayMs, { unref: true });
  }

  #sweep(): void {
    this.#sweepAt = Number.POSITIVE_INFINITY;
    const now = this.#engine.clock.monotonic();
    for (const run of this.#runs) {
      if (run.deadline <= now) this.#timeOut(run, now - run.startedAt);
      else if (run.deadline !== Number.POSITIVE_INFINITY) this.#watch(run.deadline);
    }
  }

  #timeOut(run: Run, afterMs: number): void {
    const error = new TimeoutError(`the handler did not end within ${Math.round(afterMs)} ms`);
    run.abort?.abort(error);
    for (const held of run.held) held.abort(error);
    this.#ended(
      run,
      run.held.map((held) => endingOfThrown(this.#engine, held, error)),
    );
  }

  /** The part of a handler before its first await is the one whose blocking can be told exactly. */
  #tellIfBlocked(held: HeldMessage, beganAt: number): void {
    const blockedMs = this.#engine.clock.monotonic() - beganAt;
    if (blockedMs < blockedAfterMs) return;
    this.#engine.logger.warn({ id: held.id, type: held.claim.message.type, blockedMs }, 'this handler blocked the event loop');
    this.#engine.events.tell('event-loop-blocked', held.head, blockedMs);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}
