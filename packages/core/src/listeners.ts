import { checkFunction } from './call-options.js';
import type { Logger } from './logger.js';

type Listener = (...args: unknown[]) => void;

type ArgumentsOf<L> = L extends (...args: infer A) => void ? A : never;

/**
 * Who wants to hear what. An event without a listener costs one look-up; a listener that throws is logged and stops no other;
 * one added or removed while an event is told takes effect with the next one.
 */
export class Listeners<Events extends object> {
  readonly #byEvent = new Map<keyof Events, readonly Listener[]>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  has(event: keyof Events): boolean {
    return this.#byEvent.has(event);
  }

  /** Answers a function that removes the listener; calling it twice is harmless. */
  add<E extends keyof Events>(event: E, listener: Events[E]): () => void {
    checkFunction(listener, 'listener');
    const entry: Listener = (...args) => (listener as Listener)(...args);
    this.#byEvent.set(event, [...(this.#byEvent.get(event) ?? []), entry]);
    return () => {
      const rest = (this.#byEvent.get(event) ?? []).filter((other) => other !== entry);
      if (rest.length > 0) this.#byEvent.set(event, rest);
      else this.#byEvent.delete(event);
    };
  }

  tell<E extends keyof Events>(event: E, ...args: ArgumentsOf<Events[E]>): void {
    const listeners = this.#byEvent.get(event);
    if (listeners === undefined) return;
    for (const listener of listeners) {
      try {
        listener(...(args as readonly unknown[]));
      } catch (error) {
        this.#logger.error({ err: error, event: String(event) }, 'a listener threw');
      }
    }
  }
}
