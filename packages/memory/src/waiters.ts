import type { Clock, Timer } from '@quayside/core';

/** What the waiters wait for. */
export interface Work {
  /** There may be something to claim now. */
  isThere(): boolean;
  /** When the nearest delay or lease ends, by the clock's `monotonic`. */
  nextDueAt(): number | undefined;
}

interface Waiter {
  readonly resolve: () => void;
  readonly signal: AbortSignal;
  readonly onAbort: () => void;
  timer: Timer | undefined;
}

/**
 * Who waits for work: first come, first woken, one for each time that work comes. A woken waiter owes a look at the queue: until
 * somebody has looked, an abort of its signal passes the wake-up on, so that none is swallowed by a worker that stops at that very
 * moment. One timer tells when the next delay or lease ends; it runs only while somebody sleeps, so an idle store keeps no timer.
 */
export class Waiters {
  readonly #clock: Clock;
  readonly #work: Work;
  readonly #sleeping = new Set<Waiter>();
  readonly #woken = new Set<Waiter>();
  #alarm: Timer | undefined;
  #alarmAt = 0;

  constructor(clock: Clock, work: Work) {
    this.#clock = clock;
    this.#work = work;
  }

  /** How many sleep, and how many were woken and have not looked yet. */
  get counts(): { readonly sleeping: number; readonly woken: number } {
    return { sleeping: this.#sleeping.size, woken: this.#woken.size };
  }

  /** Resolves when there may be work, at the timeout, or when aborted. */
  wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#work.isThere()) return Promise.resolve();
    this.#forgetWoken();
    return new Promise((resolve) => {
      const waiter: Waiter = { resolve, signal, onAbort: () => this.#abort(waiter), timer: undefined };
      waiter.timer = this.#clock.setTimer(() => this.#leave(waiter), timeoutMs);
      signal.addEventListener('abort', waiter.onAbort);
      this.#sleeping.add(waiter);
      this.keepTime();
    });
  }

  /** Work may have come: wakes one, if there is any. */
  announce(): void {
    if (this.#sleeping.size === 0) return;
    if (this.#work.isThere()) this.#wakeOne();
    this.keepTime();
  }

  /** Somebody looked at the queue, and took what it could: wakes one more if it left work behind. */
  looked(): void {
    if (this.#woken.size > 0) this.#forgetWoken();
    this.announce();
  }

  /** Sets the alarm on what is due next. An alarm that is set earlier stays: it finds nothing, and sets itself anew. */
  keepTime(): void {
    const dueAt = this.#sleeping.size === 0 ? undefined : this.#work.nextDueAt();
    if (dueAt === undefined) {
      this.#stopAlarm();
      return;
    }
    const now = this.#clock.monotonic();
    // What is due already was announced: the one woken for it has not looked yet.
    if (dueAt <= now || (this.#alarm !== undefined && this.#alarmAt <= dueAt)) return;
    this.#stopAlarm();
    this.#alarmAt = dueAt;
    this.#alarm = this.#clock.setTimer(
      () => {
        this.#alarm = undefined;
        this.announce();
      },
      Math.ceil(dueAt - now),
    );
  }

  /** Ends every wait. */
  close(): void {
    for (const waiter of this.#sleeping) this.#leave(waiter);
    this.#forgetWoken();
  }

  #wakeOne(): void {
    for (const waiter of this.#sleeping) {
      this.#sleeping.delete(waiter);
      this.#woken.add(waiter);
      waiter.timer?.cancel();
      waiter.resolve();
      return;
    }
  }

  #forgetWoken(): void {
    for (const waiter of this.#woken) waiter.signal.removeEventListener('abort', waiter.onAbort);
    this.#woken.clear();
  }

  #abort(waiter: Waiter): void {
    if (this.#woken.delete(waiter)) this.announce();
    else this.#leave(waiter);
  }

  #leave(waiter: Waiter): void {
    this.#sleeping.delete(waiter);
    waiter.timer?.cancel();
    waiter.signal.removeEventListener('abort', waiter.onAbort);
    waiter.resolve();
    if (this.#sleeping.size === 0) this.#stopAlarm();
  }

  #stopAlarm(): void {
    this.#alarm?.cancel();
    this.#alarm = undefined;
  }
}
