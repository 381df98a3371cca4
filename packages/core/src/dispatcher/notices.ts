import type { Logger } from '../logger.js';
import type { TaskState } from '../ports/dispatcher.js';
import type { PubSub } from '../ports/pubsub.js';
import type { Clock } from '../time/clock.js';

/** What a dispatching process is told of a task: that it moved, or that it got on. The record says the rest. */
export interface Notice {
  readonly id: string;
  readonly what: TaskState | 'progress';
}

/** The channel of one dispatching process. An event on it is a list of notices, oldest first. */
export function noticeChannel(dispatcher: string): string {
  return `dispatcher.${dispatcher}`;
}

/** Keeps an event far below every backend's limit. */
const maxNoticesAnEvent = 500;

/** Tells dispatching processes what becomes of their tasks. What one turn of the event loop tells goes in one event. */
export class NoticeSender {
  readonly #pubsub: PubSub;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #gathered = new Map<string, Notice[]>();

  constructor(pubsub: PubSub, clock: Clock, logger: Logger) {
    this.#pubsub = pubsub;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Not waited for: who wants to know how a task ended looks at its record, too. */
  tell(dispatcher: string, notice: Notice): void {
    const notices = this.#gathered.get(dispatcher);
    if (notices !== undefined) {
      notices.push(notice);
      return;
    }
    if (this.#gathered.size === 0) this.#clock.defer(() => this.#sendAll());
    this.#gathered.set(dispatcher, [notice]);
  }

  #sendAll(): void {
    const gathered = this.#gathered;
    this.#gathered = new Map();
    for (const [dispatcher, notices] of gathered) {
      for (let first = 0; first < notices.length; first += maxNoticesAnEvent) {
        this.#send(dispatcher, notices.slice(first, first + maxNoticesAnEvent));
      }
    }
  }

  #send(dispatcher: string, notices: readonly Notice[]): void {
    this.#pubsub.publish(noticeChannel(dispatcher), notices).catch((error: unknown) => {
      this.#logger.debug({ err: error, dispatcher, count: notices.length }, 'notices were lost: the records tell');
    });
  }
}
