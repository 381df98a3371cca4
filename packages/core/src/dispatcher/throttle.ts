import type { Clock, Timer } from '../time/clock.js';

/** Keeps the latest value, and passes it on at most every so often; who ends it takes what was not passed on yet. */
export class Throttle<T> {
  readonly #clock: Clock;
  readonly #everyMs: number;
  readonly #pass: (value: T) => Promise<void>;
  #latest: { readonly value: T } | undefined;
  #timer: Timer | undefined;
  #passing: Promise<void> = Promise.resolve();

  /** @param pass never rejects; not called again before it has settled. */
  constructor(clock: Clock, everyMs: number, pass: (value: T) => Promise<void>) {
    this.#clock = clock;
    this.#everyMs = everyMs;
    this.#pass = pass;
  }

  set(value: T): void {
    this.#latest = { value };
    this.#timer ??= this.#clock.setTimer(() => this.#passLatest(), this.#everyMs, { unref: true });
  }

  /** Nothing is passed on any more. Answers the value that was not, once those before it have been. */
  async end(): Promise<{ readonly value: T } | undefined> {
    this.#timer?.cancel();
    const latest = this.#latest;
    this.#latest = undefined;
    await this.#passing;
    return latest;
  }

  #passLatest(): void {
    const latest = this.#latest;
    this.#latest = undefined;
    if (latest === undefined) return;
    this.#passing = this.#pass(latest.value).then(() => {
      this.#timer = undefined;
      if (this.#latest !== undefined) this.set(this.#latest.value);
    });
  }
}
