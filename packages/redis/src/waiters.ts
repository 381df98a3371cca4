import type { Clock, Timer } from '@quayside/core';
import type { Wakeable } from './waking.js';

/** The server's side of waiting. */
export interface WaitingLine {
  /** False: no wake-up reaches this process. */
  readonly isHeard: boolean;
  /** Puts this process among those to be woken; answers how long it may sleep at the most (0: there is work), or nothing. */
  join(): Promise<number | undefined>;
  /** Wakes another process instead. */
  passOn(): Promise<void>;
  failed(error: unknown): void;
}

interface Sleeper {
  readonly end: () => void;
}

/** The scripts know this figure: what falls due sooner is told, the rest is seen at the next look. */
const longestSleepMs = 5_000;
/** Where no wake-up comes. */
const unheardSleepMs = 100;

/**
 * Who waits in this process for one queue. The server holds one entry for all of them together; a wake-up ends one sleep. Whoever is
 * woken owes a look at the queue: where none has begun two turns of the event loop later (it is stopping, say), the wake-up goes on to
 * the next sleeper here, else to another process.
 */
export class Waiters implements Wakeable {
  readonly #clock: Clock;
  readonly #line: WaitingLine;
  readonly #sleeping = new Set<Sleeper>();
  #isListed = false;
  #looks = 0;
  #wakes = 0;
  #isClosed = false;

  constructor(clock: Clock, line: WaitingLine) {
    this.#clock = clock;
    this.#line = line;
  }

  /** As far as known here: this process is among those to be woken. */
  get isListed(): boolean {
    return this.#isListed;
  }

  get isAnyAsleep(): boolean {
    return this.#sleeping.size > 0;
  }

  /** A look at the queue begins. Answers what `looked` has to know. */
  looks(): number {
    this.#looks++;
    return this.#wakes;
  }

  /** A look has ended. The server listed this process in it, or took it off the list; a wake-up that overtook the answer took it off, too. */
  looked(begun: number, isListed: boolean): void {
    this.#isListed = isListed && this.#wakes === begun;
  }

  async wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const wakes = this.#wakes;
    const mayBe = await this.#join();
    if (this.#wakes !== wakes) return;
    const longestMs = this.#line.isHeard && this.#isListed ? longestSleepMs : unheardSleepMs;
    await this.#sleep(Math.min(timeoutMs, longestMs, mayBe ?? longestMs), signal);
  }

  woken(): void {
    this.#wakes++;
    this.#isListed = false;
    const looks = this.#looks;
    for (const sleeper of this.#sleeping) {
      sleeper.end();
      break;
    }
    this.#clock.defer(() =>
      this.#clock.defer(() => {
        if (this.#looks === looks) this.#passOn();
      }),
    );
  }

  restarted(): void {
    this.#wakes++;
    this.#isListed = false;
    for (const sleeper of [...this.#sleeping]) sleeper.end();
  }

  /** Ends every sleep; what is woken later belongs to nobody here. */
  close(): void {
    this.#isClosed = true;
    this.restarted();
  }

  #passOn(): void {
    if (this.#isClosed) return;
    if (this.#sleeping.size > 0) this.woken();
    else this.#line.passOn().catch((error: unknown) => this.#line.failed(error));
  }

  async #join(): Promise<number | undefined> {
    if (this.#isListed || !this.#line.isHeard) return undefined;
    try {
      // Before the answer is here: a wake-up may overtake it.
      this.#isListed = true;
      const mayBe = await this.#line.join();
      if (mayBe === 0) this.#isListed = false;
      return mayBe;
    } catch (error) {
      this.#isListed = false;
      this.#line.failed(error);
      return undefined;
    }
  }

  #sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (ms <= 0 || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      let timer: Timer | undefined;
      const sleeper: Sleeper = {
        end: () => {
          this.#sleeping.delete(sleeper);
          timer?.cancel();
          signal.removeEventListener('abort', sleeper.end);
          resolve();
        },
      };
      timer = this.#clock.setTimer(sleeper.end, ms);
      signal.addEventListener('abort', sleeper.end);
      this.#sleeping.add(sleeper);
    });
  }
}
