import { CapacityError, ClosedError, ConnectionError, type PublishFate, QuaysideError, TimeoutError } from '../errors.js';
import type { Frame } from '../ports/pubsub.js';
import type { Timer } from '../time/clock.js';
import { type PubSubEngine, retryDelayMs } from './engine.js';
import { packFrames } from './frames.js';
import type { OutgoingEvent } from './outgoing.js';
import { Stamps } from './stamps.js';

/**
 * Everything that waits to be sent. The publishes of one turn leave in one call, and one call is under way at a time, so that events stay
 * in order, and a stamp can be taken back where nothing was sent. Each event's deadline is kept here, whatever the client library does.
 */
export class Outbox {
  readonly #engine: PubSubEngine;
  readonly #stamps: Stamps;
  #waiting: OutgoingEvent[] = [];
  /** What the call that is under way carries. */
  #flight: readonly OutgoingEvent[] | undefined;
  /** Of the call under way, and of the next as long as none was aborted: to make one costs as much as to encode an event. */
  #abort = new AbortController();
  #isScheduled = false;
  #isClosed = false;
  #sweep: { readonly at: number; readonly timer: Timer } | undefined;
  #retry: Timer | undefined;
  #emptyWaiters: (() => void)[] = [];
  readonly #unwatch: () => void;

  constructor(engine: PubSubEngine) {
    this.#engine = engine;
    this.#stamps = new Stamps(() => engine.ids.next());
    this.#unwatch = engine.connection.watch(() => this.#connectionMoved());
  }

  /** @throws ClosedError, CapacityError, ConnectionError: then it does not wait. */
  add(event: OutgoingEvent): void {
    const { connection, settings } = this.#engine;
    if (this.#isClosed) throw closed(event.id, 'not-published');
    if (connection.isClosed) throw gone(event.id);
    if (this.#waiting.length >= settings.publishBuffer) {
      throw new CapacityError(`${settings.publishBuffer} events wait to be sent already`, { outcome: 'not-published', ids: [event.id] });
    }
    this.#waiting.push(event);
    this.#sweepBy(event.deadline);
    this.#schedule();
  }

  /** Resolves when nothing waits and nothing is under way. */
  whenEmpty(): Promise<void> {
    if (this.#isEmpty) return Promise.resolve();
    return new Promise((resolve) => this.#emptyWaiters.push(resolve));
  }

  /** Gives up what is left: what waits was not sent, of what is under way nobody knows. */
  close(): void {
    this.#isClosed = true;
    this.#unwatch();
    for (const event of this.#waiting) event.reject(closed(event.id, 'not-published'));
    for (const event of this.#flight ?? []) event.reject(closed(event.id, 'unknown'));
    this.#abort.abort(new ClosedError('the pub/sub'));
    this.#waiting = [];
    this.#flight = undefined;
    this.#rest();
  }

  get #isEmpty(): boolean {
    return this.#waiting.length === 0 && this.#flight === undefined;
  }

  #connectionMoved(): void {
    if (this.#engine.connection.isClosed) {
      for (const event of this.#waiting) event.reject(gone(event.id));
      this.#waiting = [];
      this.#rest();
    }
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#flight !== undefined || this.#waiting.length === 0 || !this.#engine.connection.isConnected) return;
    this.#isScheduled = true;
    this.#engine.clock.defer(() => {
      this.#isScheduled = false;
      this.#handOver();
    });
  }

  #handOver(): void {
    const { connection, transport } = this.#engine;
    this.#retry?.cancel();
    if (this.#waiting.length === 0 || !connection.isConnected) return;
    this.#stamps.trim();
    const flight = this.#waiting;
    this.#waiting = [];
    this.#flight = flight;
    const frames = packFrames(flight, this.#stamps, transport.capabilities.maxFrameBytes);
    this.#publish(frames, this.#abort.signal).then(
      () => this.#landed(flight),
      (error: unknown) => this.#refused(flight, error),
    );
  }

  /** Asynchronous, so that a transport that throws at once has rejected. */
  async #publish(frames: readonly Frame[], signal: AbortSignal): Promise<void> {
    await this.#engine.transport.publish(frames, signal);
  }

  #landed(flight: readonly OutgoingEvent[]): void {
    if (this.#flight !== flight) return;
    this.#flight = undefined;
    for (const event of flight) {
      if (event.isSettled) continue;
      this.#engine.counts.published++;
      event.confirm();
    }
    this.#rest();
    this.#schedule();
  }

  #refused(flight: readonly OutgoingEvent[], error: unknown): void {
    if (this.#flight !== flight) return;
    this.#flight = undefined;
    const fate = error instanceof QuaysideError ? (error.outcome ?? 'unknown') : 'unknown';
    if (fate === 'not-published') for (const event of flight) this.#stamps.takeBack(event.channel);
    if (fate === 'not-published' && error instanceof ConnectionError && !this.#engine.connection.isClosed) {
      this.#tryLater(flight);
    } else {
      for (const event of flight) event.reject(rejection(error, fate, event.id));
      this.#rest();
      this.#schedule();
    }
  }

  /** Nothing of it was sent: it waits again, at the head, until the connection is back or a moment has passed. */
  #tryLater(flight: readonly OutgoingEvent[]): void {
    this.#waiting = [...flight.filter((event) => !event.isSettled), ...this.#waiting];
    this.#retry = this.#engine.clock.setTimer(() => this.#schedule(), retryDelayMs);
    this.#rest();
  }

  #sweepBy(deadline: number): void {
    if (this.#sweep !== undefined && this.#sweep.at <= deadline) return;
    this.#sweep?.timer.cancel();
    const timer = this.#engine.clock.setTimer(() => this.#sweepOut(), deadline - this.#engine.clock.monotonic());
    this.#sweep = { at: deadline, timer };
  }

  /** Rejects what is past its deadline. A call is aborted when the last of its events is. */
  #sweepOut(): void {
    this.#sweep = undefined;
    const now = this.#engine.clock.monotonic();
    const late = this.#waiting.filter((event) => event.deadline <= now);
    if (late.length > 0) this.#waiting = this.#waiting.filter((event) => event.deadline > now);
    for (const event of late) event.reject(this.#tooLate(event.id));
    const flight = this.#flight;
    for (const event of flight ?? []) {
      if (event.deadline > now) continue;
      event.reject(new TimeoutError('the server did not confirm the event in time', { outcome: 'unknown', ids: [event.id] }));
    }
    if (flight?.every((event) => event.isSettled)) {
      this.#flight = undefined;
      this.#abort.abort(new TimeoutError('the server did not confirm in time'));
      this.#abort = new AbortController();
      this.#schedule();
    }
    for (const event of [...this.#waiting, ...(this.#flight ?? [])]) if (!event.isSettled) this.#sweepBy(event.deadline);
    this.#rest();
  }

  #tooLate(id: string): QuaysideError {
    const options = { outcome: 'not-published', ids: [id] } as const;
    return this.#engine.connection.isConnected
      ? new TimeoutError('the event could not be sent in time', options)
      : new ConnectionError('there was no connection in time', options);
  }

  #rest(): void {
    if (!this.#isEmpty) return;
    this.#sweep?.timer.cancel();
    this.#sweep = undefined;
    this.#retry?.cancel();
    const waiters = this.#emptyWaiters;
    this.#emptyWaiters = [];
    for (const resolve of waiters) resolve();
  }
}

function closed(id: string, outcome: PublishFate): ClosedError {
  return new ClosedError('the pub/sub', { outcome, ids: [id] });
}

function gone(id: string): ConnectionError {
  return new ConnectionError('the connection is closed and will not come back', { outcome: 'not-published', ids: [id] });
}

function rejection(cause: unknown, outcome: PublishFate, id: string): QuaysideError {
  const message = cause instanceof Error ? cause.message : String(cause);
  const options = { outcome, ids: [id], cause };
  return cause instanceof CapacityError ? new CapacityError(message, options) : new ConnectionError(message, options);
}
