import { toError } from '../errors.js';
import type { Ending } from '../ports/handler.js';
import { applyDeadLetterPolicy } from './endings.js';
import type { QueueEngine } from './engine.js';
import type { HeldMessage, SettleAnswer } from './held.js';
import { isConcerned } from './registry.js';
import type { Wheel } from './wheel.js';

/** How long a message waits whose `beforeSettle` failed: what had to be known before its settlement is not. */
const retryHookAfterMs = 1_000;

/** The one way in which a message that this process holds ends: the dead letter policy, then the hooks, then the backend. */
export class Settler {
  readonly #engine: QueueEngine;
  readonly #wheel: Wheel;

  constructor(engine: QueueEngine, wheel: Wheel) {
    this.#engine = engine;
    this.#wheel = wheel;
  }

  /** At once where no hook stands before it, else by a promise. Does nothing to a message that is over already. */
  settle(held: HeldMessage, ending: Ending, answer?: (answer: SettleAnswer) => void): void | Promise<void> {
    if (held.phase === 'over') return answer?.('lease-lost');
    const final = applyDeadLetterPolicy(this.#engine, ending);
    this.#logFailure(held, final);
    if (!isConcerned(this.#engine.middleware, held.headers)) {
      this.#wheel.settle(held, final, answer);
      return;
    }
    return this.#afterHooks(held, final, answer);
  }

  #logFailure(held: HeldMessage, ending: Ending): void {
    if (!('error' in ending) || ending.error === undefined) return;
    const { outcome, error } = ending;
    const fields = { id: held.id, type: held.claim.message.type, attempt: error.attempt, maxRetries: held.maxRetries, error };
    if (outcome === 'retry') this.#engine.logger.warn({ ...fields, delayMs: ending.delayMs }, 'an attempt failed: it is tried again');
    else
      this.#engine.logger.error(
        { ...fields, outcome, reason: outcome === 'dead' ? ending.reason : ending.as },
        'a message failed for good',
      );
  }

  async #afterHooks(held: HeldMessage, ending: Ending, answer: ((answer: SettleAnswer) => void) | undefined): Promise<void> {
    let final = ending;
    try {
      for (const middleware of this.#engine.middleware) {
        if (isConcerned([middleware], held.headers)) await middleware.beforeSettle?.(held.head, ending);
      }
    } catch (error) {
      this.#engine.logger.error({ err: error, id: held.id }, 'beforeSettle failed: the message is released');
      this.#engine.events.tell('error', toError(error, 'beforeSettle failed'), held.head);
      final = { outcome: 'release', why: 'requested', delayMs: retryHookAfterMs };
    }
    if (held.phase === 'over') answer?.('lease-lost');
    else this.#wheel.settle(held, final, answer);
  }
}
