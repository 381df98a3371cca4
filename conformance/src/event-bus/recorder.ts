import type { BusEvent } from '@quayside/core';

/** A handler of a bus that writes down what it was given. Its work may be a promise. */
export class BusRecorder {
  readonly events: BusEvent[] = [];
  running = 0;
  mostAtOnce = 0;
  ended = 0;
  readonly #work: (event: BusEvent) => unknown;

  constructor(work: (event: BusEvent) => unknown = () => undefined) {
    this.#work = work;
  }

  /** Writes down, and returns at once: a synchronous handler. */
  readonly note = (event: BusEvent): void => {
    this.events.push(event);
    this.#work(event);
    this.ended++;
  };

  /** Writes down, and ends when its work does. */
  readonly handle = async (event: BusEvent): Promise<void> => {
    this.events.push(event);
    this.running++;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.running);
    try {
      await this.#work(event);
    } finally {
      this.running--;
      this.ended++;
    }
  };

  get payloads(): readonly unknown[] {
    return this.events.map((event) => event.payload);
  }

  has(payload: unknown): boolean {
    return this.events.some((event) => event.payload === payload);
  }
}
