import { randomBytes } from 'node:crypto';
import { CapacityError, ClosedError } from '../errors.js';
import type { PublishResult } from '../ports/handler.js';
import { publishWindow, type StoredMessage } from '../ports/queue-store.js';
import type { QueueEngine } from './engine.js';
import { PublishAttempt } from './publish-attempt.js';
import { UnknownPublishes } from './unknown-publishes.js';

/** Messages of one gathered call at the most: a server runs a call whole, and other clients wait meanwhile. */
const maxGathered = 1_000;

interface Waiting {
  readonly message: StoredMessage;
  readonly resolve: (result: PublishResult) => void;
  readonly reject: (error: Error) => void;
}

/** What has the same bound and travels in one call. */
interface Gathering {
  readonly timeoutMs: number;
  readonly waiting: Waiting[];
  checkIds: boolean;
}

/**
 * Sends what is published. Single messages are gathered into one call: those of one go, and those of one turn while others are under way; a
 * batch is a call of its own. Every call has a name (publisher and sequence), so that repeating it after a lost reply stores nothing twice.
 */
export class Publisher {
  readonly #engine: QueueEngine;
  readonly #unknown = new UnknownPublishes();
  #name = newPublisherName();
  #sequence = 0;
  #gathering: Gathering | undefined;
  readonly #queued: PublishAttempt[] = [];
  #inFlight = 0;
  /** Messages handed in and not yet settled. */
  #buffered = 0;
  #isClosed = false;
  readonly #whenIdle: (() => void)[] = [];

  constructor(engine: QueueEngine) {
    this.#engine = engine;
  }

  /** One message, gathered with others. */
  add(message: StoredMessage, hasOwnId: boolean, timeoutMs: number): Promise<PublishResult> {
    if (!this.#hasRoom(1)) return Promise.reject(this.#refusal([message.id]));
    const repeated = hasOwnId ? this.#unknown.find(message.id) : undefined;
    if (repeated !== undefined) return this.#repeat(repeated, timeoutMs).then((results) => repeated.resultOf(message.id, results));
    let gathering = this.#gathering;
    if (gathering === undefined || gathering.timeoutMs !== timeoutMs || gathering.waiting.length === maxGathered) {
      if (gathering === undefined) this.#flushSoon();
      else this.#flush();
      gathering = { timeoutMs, waiting: [], checkIds: false };
      this.#gathering = gathering;
    }
    if (hasOwnId) gathering.checkIds = true;
    this.#buffered++;
    const { waiting } = gathering;
    return new Promise((resolve, reject) => void waiting.push({ message, resolve, reject }));
  }

  /** All of them in one call: all are stored, or none. */
  addBatch(messages: readonly StoredMessage[], hasOwnIds: boolean, timeoutMs: number): Promise<readonly PublishResult[]> {
    if (messages.length === 0) return Promise.resolve([]);
    const ids = messages.map((message) => message.id);
    if (!this.#hasRoom(messages.length)) return Promise.reject(this.#refusal(ids));
    const repeated = hasOwnIds ? this.#unknown.find(ids[0] ?? '') : undefined;
    if (repeated?.hasExactly(ids)) return this.#repeat(repeated, timeoutMs);
    this.#flush();
    this.#buffered += messages.length;
    return this.#send(this.#newAttempt(messages, hasOwnIds), timeoutMs).finally(() => this.#settled(messages.length));
  }

  /** Resolves when nothing handed in is unsettled. */
  idle(): Promise<void> {
    if (this.#buffered === 0) return Promise.resolve();
    return new Promise((resolve) => void this.#whenIdle.push(resolve));
  }

  /** Refuses what comes, and rejects what still waits to be sent. */
  close(): void {
    this.#isClosed = true;
    const gathering = this.#gathering;
    this.#gathering = undefined;
    for (const { reject, message } of gathering?.waiting ?? []) reject(this.#closedError([message.id]));
    this.#settled(gathering?.waiting.length ?? 0);
    for (const attempt of this.#queued.splice(0)) attempt.abandon(this.#closedError(attempt.messages.map(({ id }) => id)));
  }

  #closedError(ids: readonly string[]): ClosedError {
    return new ClosedError(`queue '${this.#engine.name}'`, { outcome: 'not-published', ids });
  }

  #hasRoom(count: number): boolean {
    return !this.#isClosed && (this.#buffered === 0 || this.#buffered + count <= this.#engine.settings.publishBuffer);
  }

  #refusal(ids: readonly string[]): Error {
    if (this.#isClosed) return this.#closedError(ids);
    const { name, settings } = this.#engine;
    const message = `${this.#buffered} publishes of queue '${name}' wait already; publishBuffer allows ${settings.publishBuffer}`;
    return new CapacityError(message, { outcome: 'not-published', ids });
  }

  /** While nothing is under way, what is published in one go is sent at once: only what others keep waiting gathers until the turn's end. */
  #flushSoon(): void {
    if (this.#inFlight === 0) queueMicrotask(() => this.#flush());
    else this.#engine.clock.defer(() => this.#flush());
  }

  #flush(): void {
    const gathering = this.#gathering;
    if (gathering === undefined) return;
    this.#gathering = undefined;
    const { waiting } = gathering;
    const attempt = this.#newAttempt(
      waiting.map(({ message }) => message),
      gathering.checkIds,
    );
    this.#send(attempt, gathering.timeoutMs).then(
      (results) => {
        for (let index = 0; index < waiting.length; index++) waiting[index]?.resolve(results[index] as PublishResult);
        this.#settled(waiting.length);
      },
      (error: Error) => {
        for (const { message, reject } of waiting) reject(attempt.errorFor(message.id, error));
        this.#settled(waiting.length);
      },
    );
  }

  #newAttempt(messages: readonly StoredMessage[], checkIds: boolean): PublishAttempt {
    return new PublishAttempt(this.#engine, messages, { publisher: this.#name, sequence: ++this.#sequence, checkIds });
  }

  #repeat(attempt: PublishAttempt, timeoutMs: number): Promise<readonly PublishResult[]> {
    this.#buffered += attempt.messages.length;
    return this.#send(attempt, timeoutMs).finally(() => this.#settled(attempt.messages.length));
  }

  /** Not more calls in flight than a store remembers of one publisher: an older one could not be told from a new one. */
  #send(attempt: PublishAttempt, timeoutMs: number): Promise<readonly PublishResult[]> {
    const results = attempt.begin(timeoutMs);
    results.catch(() => this.#keepIfUnknown(attempt));
    if (attempt.isUnderWay) return results;
    this.#queued.push(attempt);
    this.#next();
    return results;
  }

  #next(): void {
    while (this.#inFlight < publishWindow) {
      const attempt = this.#queued.shift();
      if (attempt === undefined) return;
      this.#inFlight++;
      attempt.run().finally(() => {
        this.#inFlight--;
        this.#next();
      });
    }
  }

  /**
   * A call whose outcome is unknown keeps its name, so that the application's own second try is exact, too. Later calls take another
   * publisher's name: so the store's window over this one's sequences never moves past the unknown call.
   */
  #keepIfUnknown(attempt: PublishAttempt): void {
    if (!attempt.isUnknown) return;
    this.#unknown.keep(attempt);
    if (attempt.call.publisher !== this.#name) return;
    this.#name = newPublisherName();
    this.#sequence = 0;
  }

  #settled(count: number): void {
    this.#buffered -= count;
    if (this.#buffered === 0) for (const resolve of this.#whenIdle.splice(0)) resolve();
  }
}

function newPublisherName(): string {
  return randomBytes(9).toString('base64url');
}
