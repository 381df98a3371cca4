import type { Logger } from '../logger.js';
import { type Duration, durationToMs } from '../time/duration.js';
import type { QueueEngine } from './engine.js';
import type { HeldMessage } from './held.js';
import type { Leases } from './leases.js';
import type { LeasedContext } from './registry.js';

/** What a handler is given beside its message. Signal and log are made on first use. */
export class QueueHandlerContext implements LeasedContext {
  readonly #engine: QueueEngine;
  readonly #leases: Leases;
  readonly #held: HeldMessage;
  #log: Logger | undefined;

  constructor(engine: QueueEngine, leases: Leases, held: HeldMessage) {
    this.#engine = engine;
    this.#leases = leases;
    this.#held = held;
  }

  get queue(): string {
    return this.#engine.name;
  }

  get attempt(): number {
    return this.#held.attempt;
  }

  get maxRetries(): number {
    return this.#held.maxRetries;
  }

  get fencingToken(): number {
    return this.#held.claim.fencingToken;
  }

  get signal(): AbortSignal {
    return this.#held.signal;
  }

  get log(): Logger {
    const { id, claim, attempt } = this.#held;
    this.#log ??= this.#engine.logger.child({ type: claim.message.type, id, attempt });
    return this.#log;
  }

  renewIfOver(): Promise<void> | undefined {
    const { clock, settings } = this.#engine;
    return this.#held.leaseUntil > clock.monotonic() ? undefined : this.#leases.hold(this.#held, settings.visibilityTimeoutMs);
  }

  // Functions of their own, so that a handler may take them out of its context.
  get progress(): (value: unknown) => void {
    return (value) => {
      this.#engine.codec.encode(value);
      this.#engine.events.tell('progress', this.#held.head, value);
    };
  }

  get extend(): (duration: Duration) => Promise<void> {
    return async (duration) => this.#leases.hold(this.#held, durationToMs(duration, 'duration'));
  }
}
