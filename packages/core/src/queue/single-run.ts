import type { Ending } from '../ports/handler.js';
import { asPromise, isThenable } from '../thenable.js';
import { QueueHandlerContext } from './context.js';
import { endingOfThrown, endingOfUnreadable, endingOfValue } from './endings.js';
import type { HeldMessage } from './held.js';
import { openPayload } from './incoming.js';
import { blockedAfterMs } from './leases.js';
import type { LeasedHandler, RegisteredHandler } from './registry.js';
import { Run, type RunParts } from './run.js';

/** One message and its handler. */
export class SingleRun extends Run {
  readonly #held: HeldMessage;
  readonly #handler: LeasedHandler;

  constructor(parts: RunParts, registered: RegisteredHandler, handler: LeasedHandler, held: HeldMessage, startedAt: number) {
    super(parts, registered, startedAt, held.meta.timeoutMs ?? parts.engine.settings.timeoutMs);
    this.#held = held;
    this.#handler = handler;
    held.phase = 'running';
  }

  call(): number {
    let payload: unknown;
    try {
      payload = openPayload(this.parts.engine, this.#held);
    } catch (thrown) {
      this.#end(endingOfUnreadable(this.parts.engine, this.#held, thrown));
      return this.parts.engine.clock.monotonic();
    }
    if (!(payload instanceof Promise)) return this.#invoke(payload, this.startedAt);
    payload.then(
      (value: unknown) => this.#invoke(value, this.parts.engine.clock.monotonic()),
      (thrown: unknown) => this.#end(endingOfUnreadable(this.parts.engine, this.#held, thrown)),
    );
    return this.parts.engine.clock.monotonic();
  }

  timeOut(error: Error): void {
    this.#held.abort(error);
    this.#end(endingOfThrown(this.parts.engine, this.#held, error));
  }

  release(reason: Error): number {
    const isHeld = this.#held.phase !== 'over';
    this.#held.abort(reason);
    void this.parts.settler.settle(this.#held, { outcome: 'release', why: 'stopping' });
    this.free(undefined);
    return isHeld ? 1 : 0;
  }

  #invoke(payload: unknown, calledAt: number): number {
    const { engine, leases } = this.parts;
    const held = this.#held;
    if (held.phase === 'over') {
      this.free(undefined);
      return calledAt;
    }
    if (engine.events.has('active')) engine.events.tell('active', held.head);
    held.hasStarted = true;
    let value: unknown;
    let later: Promise<unknown> | undefined;
    try {
      value = this.#handler(held.toMessage(payload), new QueueHandlerContext(engine, leases, held));
      if (isThenable(value)) later = asPromise(value);
    } catch (thrown) {
      const now = this.#tellIfBlocked(calledAt);
      this.#end(endingOfThrown(engine, held, thrown));
      return now;
    }
    const now = this.#tellIfBlocked(calledAt);
    if (later !== undefined) {
      later.then(
        (result) => this.#end(endingOfValue(held, result)),
        (thrown: unknown) => this.#end(endingOfThrown(engine, held, thrown)),
      );
    } else this.#end(endingOfValue(held, value));
    return now;
  }

  #end(ending: Ending): void {
    if (!this.hasEnded) this.freeAfter(this.parts.settler.settle(this.#held, ending));
  }

  /** The part of a handler before its first await is the one whose blocking can be told exactly. Answers when it was over. */
  #tellIfBlocked(calledAt: number): number {
    const { engine } = this.parts;
    const now = engine.clock.monotonic();
    const blockedMs = now - calledAt;
    if (blockedMs >= blockedAfterMs) {
      engine.logger.warn({ id: this.#held.id, type: this.#held.claim.message.type, blockedMs }, 'this handler blocked the event loop');
      engine.events.tell('event-loop-blocked', this.#held.head, blockedMs);
    }
    return now;
  }
}
