import { readOptions } from '../call-options.js';
import { ConnectionError, LeaseLostError, TimeoutError } from '../errors.js';
import type { Message } from '../message/message.js';
import type { Ending } from '../ports/handler.js';
import type { Delivery } from '../ports/queue.js';
import type { Timer } from '../time/clock.js';
import { withDeadline } from '../time/deadline.js';
import { type Duration, durationToMs } from '../time/duration.js';
import { endingOfThrown, endingOfValue } from './endings.js';
import type { QueueEngine } from './engine.js';
import type { HeldMessage } from './held.js';
import { dead } from './incoming.js';
import type { Leases } from './leases.js';
import type { Settler } from './settler.js';

export interface DeliveryParts {
  readonly engine: QueueEngine;
  readonly leases: Leases;
  readonly settler: Settler;
  /** Told when it is settled. */
  readonly whenOver: (held: HeldMessage) => void;
}

/** A message in the hands of a caller with his own loop: he settles it, and he renews it. */
export class PulledDelivery implements Delivery {
  readonly message: Message;
  readonly #held: HeldMessage;
  readonly #parts: DeliveryParts;
  #settled: Promise<void> | undefined;
  #expiry: Timer | undefined;

  constructor(parts: DeliveryParts, held: HeldMessage, message: Message) {
    this.#parts = parts;
    this.#held = held;
    this.message = message;
  }

  get attempt(): number {
    return this.#held.attempt;
  }

  get fencingToken(): number {
    return this.#held.claim.fencingToken;
  }

  /** Asked for, it also needs a timer for the end of the lease. */
  get signal(): AbortSignal {
    if (this.#expiry === undefined) this.#watchLease();
    return this.#held.signal;
  }

  ack(): Promise<void> {
    return this.#settle(() => endingOfValue(this.#held, undefined));
  }

  async retry(options?: { readonly delay?: Duration; readonly error?: unknown }): Promise<void> {
    const { delay, error } = readOptions(options);
    const delayMs = delay === undefined ? undefined : durationToMs(delay, 'options.delay');
    await this.#settle(() => {
      const ending = endingOfThrown(this.#parts.engine, this.#held, error ?? new Error('the receiver asked for a retry'));
      return ending.outcome === 'retry' && delayMs !== undefined ? { ...ending, delayMs } : ending;
    });
  }

  dead(reason: string | Error = 'the receiver gave it up'): Promise<void> {
    return this.#settle(() =>
      dead(this.#parts.engine, this.#held, 'unrecoverable', typeof reason === 'string' ? new Error(reason) : reason),
    );
  }

  async release(options?: { readonly delay?: Duration }): Promise<void> {
    const { delay } = readOptions(options);
    const delayMs = delay === undefined ? undefined : durationToMs(delay, 'options.delay');
    await this.#settle(() => ({ outcome: 'release', why: 'requested', delayMs }));
  }

  async extend(duration: Duration): Promise<void> {
    await this.#parts.leases.hold(this.#held, durationToMs(duration, 'duration'));
    if (this.#expiry !== undefined) this.#watchLease();
  }

  #watchLease(): void {
    this.#expiry?.cancel();
    if (this.#held.phase === 'over') return;
    const { clock } = this.#parts.engine;
    this.#expiry = clock.setTimer(() => this.#held.abort(new LeaseLostError(this.#held.id)), this.#held.leaseUntil - clock.monotonic(), {
      unref: true,
    });
  }

  /** The first settlement stands; a second one does nothing. */
  #settle(toEnding: () => Ending): Promise<void> {
    this.#settled ??= this.#send(toEnding());
    return this.#settled;
  }

  #send(ending: Ending): Promise<void> {
    const { engine, settler, whenOver } = this.#parts;
    const { id } = this.#held;
    this.#expiry?.cancel();
    whenOver(this.#held);
    const answered = new Promise<void>((resolve, reject) => {
      void settler.settle(this.#held, ending, (answer) => {
        if (answer === 'settled') resolve();
        else if (answer === 'lease-lost') reject(new LeaseLostError(id));
        else reject(new ConnectionError(`the reply to settling message ${id} was lost`, { outcome: 'unknown', ids: [id] }));
      });
    });
    return withDeadline(engine.clock, answered, engine.settings.publishTimeoutMs, () => {
      return new TimeoutError(`settling message ${id} was not confirmed`, { outcome: 'unknown', ids: [id] });
    });
  }
}
