import type { ChannelEvent } from '@quayside/core';

/** A handler of events that writes down what it was given, and what it was told in vain. */
export class EventRecorder {
  readonly events: ChannelEvent[] = [];
  /** Ids, in the order in which their handlers ended. */
  readonly ended: string[] = [];
  running = 0;
  mostAtOnce = 0;
  readonly #work: (event: ChannelEvent) => unknown;

  constructor(work: (event: ChannelEvent) => unknown = () => undefined) {
    this.#work = work;
  }

  readonly handle = async (event: ChannelEvent): Promise<void> => {
    this.events.push(event);
    this.running++;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.running);
    try {
      await this.#work(event);
    } finally {
      this.running--;
      this.ended.push(event.id);
    }
  };

  get payloads(): readonly unknown[] {
    return this.events.map((event) => event.payload);
  }

  has(payload: unknown): boolean {
    return this.events.some((event) => event.payload === payload);
  }
}
