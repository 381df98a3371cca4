import { isInstanceOf } from '../errors.js';
import type { ChannelFilter } from '../message/patterns.js';
import type { BusHandler } from '../ports/event-bus.js';

const AsyncFunction = (async () => {}).constructor as new () => unknown;

/** One handler under one name or pattern. */
export class Registration {
  readonly filter: ChannelFilter;
  readonly handler: BusHandler<never>;
  readonly isOnce: boolean;
  /** Its place among all of the bus. */
  readonly order: number;
  /** As far as is known: an async function, or one that has returned a promise. */
  isAsync: boolean;
  /** A `once` that was called, or waits to be. */
  #isTaken = false;
  readonly #remove: (registration: Registration) => void;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = () => this.remove();

  constructor(
    filter: ChannelFilter,
    handler: BusHandler<never>,
    isOnce: boolean,
    order: number,
    signal: AbortSignal | undefined,
    remove: (registration: Registration) => void,
  ) {
    this.filter = filter;
    this.handler = handler;
    this.isOnce = isOnce;
    this.order = order;
    this.isAsync = isInstanceOf(handler, AsyncFunction);
    this.#remove = remove;
    this.#signal = signal;
    signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** False for a `once` that has had its event, also where an emit inside of an emit took it. */
  take(): boolean {
    if (!this.isOnce) return true;
    if (this.#isTaken) return false;
    this.#isTaken = true;
    this.remove();
    return true;
  }

  remove(): void {
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#remove(this);
  }
}
