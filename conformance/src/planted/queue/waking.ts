import { type Clock, type QueueStore, StoreWrapper, sleep } from '@quayside/core';

/** Lets every waiting worker sleep on, whatever arrives. */
export class SwallowsWakeUps extends StoreWrapper {
  readonly #clock: Clock;

  constructor(inner: QueueStore, clock: Clock) {
    super(inner);
    this.#clock = clock;
  }

  override wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    return sleep(this.#clock, timeoutMs, signal);
  }
}
