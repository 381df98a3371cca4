import { checkFunction, checkSignal, readGrace, readOptions } from '../call-options.js';
import { ClosedError, toError } from '../errors.js';
import { Listeners } from '../listeners.js';
import { type Logger, silentLogger } from '../logger.js';
import type { BusEvent, BusHandler, EventBusEvents, EventBusOptions, EventBusStats, OnOptions } from '../ports/event-bus.js';
import { promised } from '../thenable.js';
import { type Clock, systemClock } from '../time/clock.js';
import { sleep } from '../time/deadline.js';
import type { Completion } from './completion.js';
import type { Registration } from './registration.js';
import { Registry } from './registry.js';
import { type EventBusSettings, resolveSettings } from './settings.js';
import { type EventCopy, Workers } from './workers.js';

export interface EventBusParts {
  readonly clock?: Clock;
  readonly logger?: Logger;
  readonly options?: EventBusOptions;
}

const nothing = () => {};

/** Taken at load, so that a test that replaces the globals does not stop time. */
const afterThisRun = globalThis.queueMicrotask;

/** What a local and a remote bus share: the handlers of this process, and how they are called. */
export abstract class HandlerBus {
  protected readonly clock: Clock;
  protected readonly settings: EventBusSettings;
  protected readonly events: Listeners<EventBusEvents>;
  readonly #logger: Logger;
  readonly #registry = new Registry();
  readonly #workers: Workers;
  #emitted = 0;
  #emitTime: number | undefined;
  readonly #forgetEmitTime = () => {
    this.#emitTime = undefined;
  };
  #stopped: Promise<void> | undefined;

  /** @throws ConfigError */
  constructor({ clock = systemClock, logger = silentLogger, options }: EventBusParts) {
    this.clock = clock;
    this.settings = resolveSettings(options);
    this.events = new Listeners(logger);
    this.#logger = logger;
    this.#workers = new Workers(this.settings, (error, event) => this.report(error, event, 'a handler of an event threw'));
  }

  on(filter: string, handler: BusHandler<never>, options?: OnOptions): () => void {
    return this.#add(filter, handler, false, options);
  }

  once(filter: string, handler: BusHandler<never>, options?: OnOptions): () => void {
    return this.#add(filter, handler, true, options);
  }

  off(filter: string, handler: BusHandler<never>): void {
    this.#registry.latest(filter, handler)?.remove();
  }

  onBus<E extends keyof EventBusEvents>(event: E, listener: EventBusEvents[E]): () => void {
    return this.events.add(event, listener);
  }

  stats(): EventBusStats {
    return {
      total_emitted: this.#emitted,
      total_processed: this.#workers.processed,
      total_failed: this.#workers.failed,
      event_type_count: this.#registry.filterCount,
    };
  }

  stop(options?: { readonly graceMs?: number }): Promise<void> {
    return promised(() => {
      const graceMs = readGrace(options);
      this.#stopped ??= this.#stop(graceMs);
      return this.#stopped;
    });
  }

  protected refuseStopped(): void {
    if (this.#stopped !== undefined) throw new ClosedError('the event bus');
  }

  /** Who is to hear it. @throws InvalidNameError, ClosedError, CapacityError: then nobody was called. */
  protected admit(name: string): readonly Registration[] {
    this.refuseStopped();
    const registrations = this.#registry.matching(name);
    this.#workers.admit(registrations);
    return registrations;
  }

  /** Calls those who were admitted. */
  protected run(registrations: readonly Registration[], event: BusEvent, completion?: Completion, copy?: EventCopy): number {
    return this.#workers.run(registrations, event, completion, copy);
  }

  protected countEmit(): void {
    this.#emitted++;
  }

  /** Read once for all emits of one run of code: it would be two thirds of an emit's cost (40 of 60 ns). */
  protected emitTime(): number {
    if (this.#emitTime === undefined) {
      this.#emitTime = this.clock.now();
      afterThisRun(this.#forgetEmitTime);
    }
    return this.#emitTime;
  }

  /** What else must end before a stop is done, within its grace. */
  protected abstract whenQuiet(): Promise<void>;

  protected report(cause: unknown, event: string, what: string): void {
    const error = toError(cause, what);
    this.#logger.error({ err: error, event }, what);
    this.events.tell('error', error, { event });
  }

  #add(filter: string, handler: BusHandler<never>, isOnce: boolean, options: OnOptions | undefined): () => void {
    this.refuseStopped();
    checkFunction(handler, 'handler');
    const { signal } = readOptions(options);
    checkSignal(signal);
    if (signal?.aborted) return nothing;
    const registration = this.#registry.add(filter, handler, isOnce, signal);
    return () => registration.remove();
  }

  async #stop(graceMs: number): Promise<void> {
    const grace = new AbortController();
    await Promise.race([Promise.all([this.#workers.whenIdle(), this.whenQuiet()]), sleep(this.clock, graceMs, grace.signal)]);
    grace.abort();
    const discarded = this.#workers.discard();
    if (discarded > 0) this.#logger.warn({ discarded }, 'the event bus stopped before all handlers could be called');
    this.#registry.clear();
  }
}
