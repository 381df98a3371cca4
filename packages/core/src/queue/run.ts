import type { InBag } from './bag.js';
import type { QueueEngine } from './engine.js';
import type { Leases } from './leases.js';
import { callEnded, type Registered } from './registry.js';
import type { Settler } from './settler.js';

/** What the runs of one worker share. */
export interface RunParts {
  readonly engine: QueueEngine;
  readonly leases: Leases;
  readonly settler: Settler;
  /** Takes the run out of its slot; with the time where the handler ended by itself. False: it was free already. */
  free(run: Run, endedAt: number | undefined): boolean;
}

/** One call of a handler and the slot it takes: for one message, or for a batch. It ends once; what its handler does later changes nothing. */
export abstract class Run implements InBag {
  /** In the worker's bag while it takes a slot. */
  place = -1;
  readonly startedAt: number;
  /** By the monotonic clock: when the attempt times out. */
  deadline: number;
  protected readonly parts: RunParts;
  readonly #registered: Registered;

  constructor(parts: RunParts, registered: Registered, startedAt: number, timeoutMs: number) {
    this.parts = parts;
    this.#registered = registered;
    this.startedAt = startedAt;
    this.deadline = startedAt + timeoutMs;
    registered.running++;
  }

  /** Runs the handler. Never throws. Answers when its part before the first await was over, by the monotonic clock. */
  abstract call(): number;

  /** Ends the attempt as failed by a timeout, and tells the handler. */
  abstract timeOut(error: Error): void;

  /** Ends without a verdict, and tells the handler: the messages go back, the attempt not counted. Answers how many. */
  abstract release(reason: Error): number;

  /** Its slot is free, or the hooks before its settlement are at work: a handler that answers its abort then has no say any more. */
  protected get hasEnded(): boolean {
    return this.place < 0 || this.deadline === Number.POSITIVE_INFINITY;
  }

  /** Frees the slot, at once or when the hooks before the settlements are done; until then it can't time out any more. */
  protected freeAfter(hooks: void | Promise<unknown>): void {
    const endedAt = this.parts.engine.clock.monotonic();
    if (hooks === undefined) {
      this.free(endedAt);
    } else {
      this.deadline = Number.POSITIVE_INFINITY;
      hooks.then(() => this.free(endedAt));
    }
  }

  protected free(endedAt: number | undefined): void {
    if (this.parts.free(this, endedAt)) callEnded(this.#registered);
  }
}
