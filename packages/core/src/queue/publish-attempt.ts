import { CapacityError, ConnectionError, QuaysideError, type QuaysideErrorOptions, TimeoutError } from '../errors.js';
import type { PublishResult } from '../ports/handler.js';
import type { PublishCall, PublishOutcome, StoredMessage } from '../ports/queue-store.js';
import { sleep, withDeadline } from '../time/deadline.js';
import type { QueueEngine } from './engine.js';

const firstPauseMs = 20;
const longestPauseMs = 500;

/**
 * One publish call with its name, tried until it is done or its bound has passed. It can be begun again by the application, with the
 * same ids: what was stored the first time is not stored a second time.
 */
export class PublishAttempt {
  readonly messages: readonly StoredMessage[];
  readonly call: PublishCall;
  readonly #engine: QueueEngine;
  #deadline = 0;
  #timeoutMs = 0;
  /** A reply was lost, so the server may have done the work. */
  #mayHaveRun = false;
  #outcomes: readonly PublishOutcome[] | undefined;
  #results: Promise<readonly PublishResult[]> | undefined;
  #resolve: (results: readonly PublishResult[]) => void = () => {};
  #reject: (error: Error) => void = () => {};
  isUnderWay = false;

  constructor(engine: QueueEngine, messages: readonly StoredMessage[], call: PublishCall) {
    this.#engine = engine;
    this.messages = messages;
    this.call = call;
  }

  get isUnknown(): boolean {
    return this.#mayHaveRun && this.#outcomes === undefined;
  }

  hasExactly(ids: readonly string[]): boolean {
    return ids.length === this.messages.length && this.messages.every((message, index) => message.id === ids[index]);
  }

  resultOf(id: string, results: readonly PublishResult[]): PublishResult {
    return results[this.messages.findIndex((message) => message.id === id)] ?? { id, isDeduplicated: true };
  }

  /** Answers what `run` will bring. A second beginning while one is under way shares it. */
  begin(timeoutMs: number): Promise<readonly PublishResult[]> {
    if (this.isUnderWay && this.#results !== undefined) return this.#results;
    this.#timeoutMs = timeoutMs;
    this.#deadline = this.#engine.clock.monotonic() + timeoutMs;
    this.#results = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    return this.#results;
  }

  abandon(cause: Error): void {
    this.#reject(this.#fail(cause));
  }

  /** Never rejects: the outcome goes to whoever began. */
  async run(): Promise<void> {
    this.isUnderWay = true;
    try {
      this.#resolve(await this.#untilDone());
    } catch (error) {
      this.#reject(error as Error);
    } finally {
      this.isUnderWay = false;
    }
  }

  async #untilDone(): Promise<readonly PublishResult[]> {
    // Begun again by the application: whatever the store answers now, the messages are there.
    const isRepeat = this.#mayHaveRun;
    const { clock, store } = this.#engine;
    for (let pauseMs = 0; ; pauseMs = Math.min(longestPauseMs, Math.max(firstPauseMs, pauseMs * 2))) {
      const leftMs = this.#deadline - clock.monotonic();
      if (leftMs <= 0) throw this.#fail(new TimeoutError(`not confirmed within ${this.#timeoutMs} ms`));
      try {
        const answer = withDeadline(clock, store.publish(this.messages, this.call), leftMs, () => {
          return new TimeoutError(`not confirmed within ${this.#timeoutMs} ms`, { outcome: 'unknown' });
        });
        this.#outcomes = await answer;
        return this.#toResults(this.#outcomes, isRepeat);
      } catch (error) {
        if (!this.#isWorthAnotherTry(error)) throw this.#fail(error as Error);
        if (pauseMs > 0) await sleep(clock, Math.min(pauseMs, Math.max(0, this.#deadline - clock.monotonic())));
      }
    }
  }

  #isWorthAnotherTry(error: unknown): boolean {
    if (error instanceof QuaysideError && error.outcome === 'unknown') this.#mayHaveRun = true;
    return error instanceof ConnectionError;
  }

  #toResults(outcomes: readonly PublishOutcome[], isRepeat: boolean): readonly PublishResult[] {
    // A lost reply and our own second try: `duplicate` then means that the first one stored it.
    const ranBefore = this.#mayHaveRun && !isRepeat;
    return this.messages.map(({ id }, index) => {
      const outcome = outcomes[index];
      if (outcome?.status === 'deduplicated') return { id: outcome.firstId, isDeduplicated: true };
      return { id, isDeduplicated: outcome?.status === 'duplicate' && !ranBefore };
    });
  }

  /** The rejection of the whole call. */
  #fail(cause: Error): Error {
    return this.#describe(
      cause,
      this.messages.map((message) => message.id),
    );
  }

  /** The same for one of the gathered messages: with its id alone. */
  errorFor(id: string, error: Error): Error {
    return this.messages.length === 1 ? error : this.#describe(error.cause instanceof Error ? error.cause : error, [id]);
  }

  #describe(cause: Error, ids: readonly string[]): Error {
    const options: QuaysideErrorOptions = { cause, outcome: this.#mayHaveRun ? 'unknown' : 'not-published', ids };
    const what = `publishing to queue '${this.#engine.name}'`;
    if (cause instanceof TimeoutError) return new TimeoutError(`${what}: ${cause.message}`, options);
    if (cause instanceof CapacityError) return new CapacityError(`${what}: ${cause.message}`, options);
    if (cause instanceof ConnectionError) return new ConnectionError(`${what}: ${cause.message}`, options);
    return cause;
  }
}
