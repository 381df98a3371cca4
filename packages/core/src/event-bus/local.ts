import type { AnyMessages } from '../message/message.js';
import type { EventBus } from '../ports/event-bus.js';
import { Completion } from './completion.js';
import { type EventBusParts, HandlerBus } from './handler-bus.js';

export type { EventBusParts } from './handler-bus.js';

/** A bus within this process. @throws ConfigError */
export function createLocalEventBus<M extends object = AnyMessages>(parts: EventBusParts = {}): EventBus<M> {
  return new LocalEventBus(parts) as EventBus as EventBus<M>;
}

class LocalEventBus extends HandlerBus implements EventBus {
  readonly isRemote = false;

  emit(name: string, payload: unknown): number {
    const registrations = this.admit(name);
    this.countEmit();
    if (registrations.length === 0) return 0;
    return this.run(registrations, { name, payload, emittedAt: this.emitTime() });
  }

  async emitAsync(name: string, payload: unknown): Promise<number> {
    const registrations = this.admit(name);
    this.countEmit();
    const completion = new Completion(name);
    const count = this.run(registrations, { name, payload, emittedAt: this.emitTime() }, completion);
    await completion.settled();
    return count;
  }

  /** Nothing has to be opened. */
  async start(): Promise<void> {
    this.refuseStopped();
  }

  protected override async whenQuiet(): Promise<void> {}
}
