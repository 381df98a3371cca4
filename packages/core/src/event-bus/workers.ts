import { CapacityError, ClosedError } from '../errors.js';
import { Fifo } from '../fifo.js';
import type { BusEvent } from '../ports/event-bus.js';
import { isThenable } from '../thenable.js';
import type { Completion } from './completion.js';
import type { Registration } from './registration.js';
import type { EventBusSettings } from './settings.js';

/** Makes the event of one handler, where handlers do not share it. */
export type EventCopy = () => BusEvent;

interface Call {
  readonly registration: Registration;
  readonly event: BusEvent;
  readonly copy: EventCopy | undefined;
  readonly completion: Completion | undefined;
}

/** Calls handlers in order, a bounded number of asynchronous ones at once, the rest waiting within a bound. */
export class Workers {
  readonly #settings: EventBusSettings;
  readonly #report: (error: unknown, event: string) => void;
  readonly #waiting = new Fifo<Call>();
  /** Workers that asynchronous handlers hold. While calls wait, all are: so a new call waits behind them. */
  #busy = 0;
  #processed = 0;
  #failed = 0;
  #idleWaiters: (() => void)[] = [];

  constructor(settings: EventBusSettings, report: (error: unknown, event: string) => void) {
    this.#settings = settings;
    this.#report = report;
  }

  get processed(): number {
    return this.#processed;
  }

  get failed(): number {
    return this.#failed;
  }

  /** Looks whether calls of all of these can be taken. @throws CapacityError */
  admit(registrations: readonly Registration[]): void {
    if (registrations.length > this.#settings.workers - this.#busy) this.#admitToBuffer(registrations);
  }

  /** Calls those that were admitted, or lets them wait. Answers how many. */
  run(registrations: readonly Registration[], event: BusEvent, completion?: Completion, copy?: EventCopy): number {
    let count = 0;
    for (const registration of registrations) {
      if (registration.isOnce && !registration.take()) continue;
      count++;
      completion?.expect();
      if (this.#busy >= this.#settings.workers) this.#waiting.push({ registration, event, copy, completion });
      else this.#call(registration, event, copy, completion);
    }
    return count;
  }

  /** Resolves when no asynchronous handler runs, and so none waits either. */
  whenIdle(): Promise<void> {
    if (this.#busy === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  /** Makes no call of those that wait. Answers how many they were. */
  discard(): number {
    const count = this.#waiting.length;
    for (let call = this.#waiting.shift(); call !== undefined; call = this.#waiting.shift()) {
      call.completion?.failed(new ClosedError('the event bus'));
    }
    return count;
  }

  #admitToBuffer(registrations: readonly Registration[]): void {
    const room = this.#settings.bufferSize - this.#waiting.length;
    let free = Math.max(0, this.#settings.workers - this.#busy);
    let toWait = 0;
    for (const { isAsync } of registrations) {
      if (free === 0) toWait++;
      else if (isAsync) free--;
    }
    if (toWait <= room) return;
    throw new CapacityError(
      `all ${this.#settings.workers} workers are busy, and ${toWait} handler calls beside the ${this.#waiting.length} that wait are more than bufferSize`,
    );
  }

  #call(registration: Registration, event: BusEvent, copy: EventCopy | undefined, completion: Completion | undefined): void {
    let running: PromiseLike<unknown> | undefined;
    try {
      const result = registration.handler((copy === undefined ? event : copy()) as BusEvent<never>);
      if (isThenable(result)) running = result;
    } catch (error) {
      this.#fail(event, error, completion);
      return;
    }
    if (running === undefined) {
      this.#processed++;
      completion?.ended();
      return;
    }
    registration.isAsync = true;
    this.#busy++;
    Promise.resolve(running).then(
      () => {
        this.#processed++;
        completion?.ended();
        this.#release();
      },
      (error: unknown) => {
        this.#fail(event, error, completion);
        this.#release();
      },
    );
  }

  #fail(event: BusEvent, error: unknown, completion: Completion | undefined): void {
    this.#failed++;
    this.#report(error, event.name);
    completion?.failed(error);
  }

  /** A worker is free. It first makes the calls that wait, and stays busy meanwhile, until one of them needs it. */
  #release(): void {
    for (let call = this.#waiting.shift(); call !== undefined; call = this.#waiting.shift()) {
      this.#call(call.registration, call.event, call.copy, call.completion);
      if (this.#busy > this.#settings.workers) break;
    }
    this.#busy--;
    if (this.#busy > 0) return;
    const waiters = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const resolve of waiters) resolve();
  }
}
