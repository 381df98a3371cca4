import { CapacityError, ClosedError } from '../errors.js';
import { Fifo } from '../fifo.js';
import type { BusEvent } from '../ports/event-bus.js';
import type { Completion } from './completion.js';
import type { Registration } from './registration.js';
import type { EventBusSettings } from './settings.js';

/** What one emit hands to its handlers. */
export interface Delivery {
  readonly event: BusEvent;
  /** A payload of each handler's own; absent where they share the event's. */
  readonly copy?: () => unknown;
  readonly completion?: Completion;
}

interface Call {
  readonly registration: Registration;
  readonly delivery: Delivery;
}

/** Calls handlers in order, a bounded number of asynchronous ones at once, the rest waiting within a bound. */
export class Workers {
  processed = 0;
  failed = 0;
  readonly #settings: EventBusSettings;
  readonly #report: (error: unknown, event: string) => void;
  readonly #waiting = new Fifo<Call>();
  #busy = 0;
  #idleWaiters: (() => void)[] = [];

  constructor(settings: EventBusSettings, report: (error: unknown, event: string) => void) {
    this.#settings = settings;
    this.#report = report;
  }

  /** Looks whether calls of all of these can be taken. @throws CapacityError */
  admit(registrations: readonly Registration[]): void {
    const room = this.#settings.bufferSize - this.#waiting.length;
    let free = this.#mustWait ? 0 : this.#settings.workers - this.#busy;
    if (registrations.length <= free + room) return;
    let toWait = 0;
    for (const { isAsync } of registrations) {
      if (free === 0) toWait++;
      else if (isAsync) free--;
    }
    if (toWait <= room) return;
    throw new CapacityError(
      `${this.#waiting.length} handler calls wait already, and ${toWait} more do not fit in ${this.#settings.bufferSize}`,
    );
  }

  /** Calls them, or lets them wait. Answers how many. */
  run(registrations: readonly Registration[], delivery: Delivery): number {
    let count = 0;
    for (const registration of registrations) {
      if (!registration.take()) continue;
      count++;
      delivery.completion?.expect();
      if (this.#mustWait) this.#waiting.push({ registration, delivery });
      else this.#call(registration, delivery);
    }
    return count;
  }

  /** Resolves when nothing runs and nothing waits. */
  whenIdle(): Promise<void> {
    if (this.#busy === 0 && this.#waiting.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  /** Makes no call of those that wait. Answers how many they were. */
  discard(): number {
    const count = this.#waiting.length;
    for (let call = this.#waiting.shift(); call !== undefined; call = this.#waiting.shift()) {
      call.delivery.completion?.failed(new ClosedError('the event bus'));
    }
    return count;
  }

  get #mustWait(): boolean {
    return this.#busy >= this.#settings.workers || this.#waiting.length > 0;
  }

  #call(registration: Registration, delivery: Delivery): void {
    const { event, copy, completion } = delivery;
    let result: unknown;
    try {
      result = registration.handler((copy === undefined ? event : { ...event, payload: copy() }) as BusEvent<never>);
    } catch (error) {
      this.#fail(delivery, error);
      return;
    }
    if (!isThenable(result)) {
      this.processed++;
      completion?.ended();
      return;
    }
    registration.isAsync = true;
    this.#busy++;
    Promise.resolve(result).then(
      () => {
        this.processed++;
        completion?.ended();
        this.#release();
      },
      (error: unknown) => {
        this.#fail(delivery, error);
        this.#release();
      },
    );
  }

  #fail({ event, completion }: Delivery, error: unknown): void {
    this.failed++;
    this.#report(error, event.name);
    completion?.failed(error);
  }

  #release(): void {
    this.#busy--;
    while (this.#busy < this.#settings.workers) {
      const call = this.#waiting.shift();
      if (call === undefined) break;
      this.#call(call.registration, call.delivery);
    }
    if (this.#busy > 0 || this.#waiting.length > 0) return;
    const waiters = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const resolve of waiters) resolve();
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
