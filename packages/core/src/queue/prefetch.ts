/** A worker never claims more ahead than this, however fast its handlers are. */
const maxAhead = 1_000;
/** Weight of the newest measurement in the running mean. */
const newest = 0.1;

/**
 * How far ahead to claim: as many messages as the measured handlers finish within a few milliseconds. So a fast handler pays one
 * round trip for many messages, and a slow one hoards nothing that an idle worker could take.
 */
export class Prefetch {
  readonly #prefetchMs: number;
  readonly #concurrency: number;
  #meanMs: number | undefined;

  constructor(prefetchMs: number, concurrency: number) {
    this.#prefetchMs = prefetchMs;
    this.#concurrency = concurrency;
  }

  /** Nothing before the first handler was measured. */
  get ahead(): number {
    if (this.#meanMs === undefined || this.#prefetchMs === 0) return 0;
    return Math.min(maxAhead, Math.floor((this.#concurrency * this.#prefetchMs) / Math.max(this.#meanMs, 0.001)));
  }

  measured(durationMs: number): void {
    this.#meanMs = this.#meanMs === undefined ? durationMs : this.#meanMs + newest * (durationMs - this.#meanMs);
  }
}
