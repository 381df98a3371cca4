import type { Clock, Timer } from '../time/clock.js';

/** Passes values on at most every so often, and always the last one. */
export class Throttle {
  readonly #clock: Clock;
  readonly #everyMs: number;
  readonly #pass: (value: unknown) => Promise<void>;
  #latest: { readonly value: unknown } | undefined;
  #timer: Timer | undefined;
  #passing: Promise<void> = Promise.resolve();

  constructor(clock: Clock, everyMs: number, pass: (value: unknown) => Promise<void>) {
    this.#clock = clock;
    this.#everyMs = everyMs;
    this.#pass = pass;
  }

  set(value: unknown): void {
    this.#latest = { value };
    if (this.#timer === undefined) this.#next();
  }

  /** Resolves when the last value was passed on, in order after those before it. */
  async flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#passLatest();
    await this.#passing;
  }

  #next(): void {
    this.#passLatest();
    this.#timer = this.#clock.setTimer(() => {
      this.#timer = undefined;
      if (this.#latest !== undefined) this.#next();
    }, this.#everyMs);
  }

  #passLatest(): void {
    const latest = this.#latest;
    if (latest === undefined) return;
    this.#latest = undefined;
    this.#passing = this.#passing.then(() => this.#pass(latest.value)).catch(() => {});
  }
}
