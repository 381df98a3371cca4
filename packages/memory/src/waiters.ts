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
  readonly end: () => void;
  timer: Timer | undefined;
}

/**
 * Who waits for work: first come, first woken, one for each time that work comes. Whoever is woken owes a look at the queue. One that
 * stops instead, or is aborted at that very moment, would swallow the wake-up: so where nobody has looked two turns of the event loop
 * later, the next one is woken. One timer tells when the next delay or lease ends; it runs only while somebody sleeps, so an idle store
 * keeps no timer.
 */
export class Waiters {
  readonly #clock: Clock;
  readonly #work: Work;
  readonly #sleeping = new Set<Waiter>();
  #wakings = 0;
  /** How many of the wakings came before the last look. */
  #answered = 0;
  #alarm: Timer | undefined;
  #alarmAt = 0;

  constructor(clock: Clock, work: Work) {
    this.#clock = clock;
    this.#work = work;
  }

  /** How many sleep. */
  get size(): number {
    return this.#sleeping.size;
  }

  /** Resolves when there may be work, at the timeout, or when aborted. */
  wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#work.isThere()) return Promise.resolve();
    return new Promise((resolve) => {
      const waiter: Waiter = { resolve, signal, end: () => this.#end(waiter), timer: undefined };
      waiter.timer = this.#clock.setTimer(waiter.end, timeoutMs);
      signal.addEventListener('abort', waiter.end);
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
    this.#answered = this.#wakings;
    this.announce();
  }

  /** Sets the alarm on what is due next. One that is set earlier stays: it will find nothing, and be set anew. */
  keepTime(): void {
    const dueAt = this.#sleeping.size === 0 ? undefined : this.#work.nextDueAt();
    if (dueAt === undefined) {
      this.#stopAlarm();
      return;
    }
    if (this.#alarm !== undefined && this.#alarmAt <= dueAt) return;
    const now = this.#clock.monotonic();
    const isTold = dueAt <= now && this.#answered < this.#wakings;
    if (isTold) return;
    this.#stopAlarm();
    this.#alarmAt = dueAt;
    // Rounded up: a timer of the machine leaves fractions out, and would find nothing due yet.
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
    for (const waiter of this.#sleeping) this.#end(waiter);
  }

  #wakeOne(): void {
    const [first] = this.#sleeping;
    if (first === undefined) return;
    this.#end(first);
    const waking = ++this.#wakings;
    if (this.#sleeping.size > 0) this.#passOnLater(waking);
  }

  /** A worker that is woken gathers its calls until the next turn, so the turn after that is the first one to judge by. */
  #passOnLater(waking: number): void {
    const judge = () => {
      if (this.#answered < waking) this.announce();
    };
    this.#clock.defer(() => this.#clock.defer(judge));
  }

  #end(waiter: Waiter): void {
    this.#sleeping.delete(waiter);
    waiter.timer?.cancel();
    waiter.signal.removeEventListener('abort', waiter.end);
    waiter.resolve();
    if (this.#sleeping.size === 0) this.#stopAlarm();
  }

  #stopAlarm(): void {
    this.#alarm?.cancel();
    this.#alarm = undefined;
  }
}
