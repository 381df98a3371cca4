import type { PubSub } from '../ports/pubsub.js';
import { type Notice, noticeChannel } from './notices.js';
import type { TaskNews } from './task-news.js';

/** This process's own channel: what workers tell of its tasks. What was told while the connection was away is read from the records. */
export class Listening {
  readonly #channel: string;
  readonly #pubsub: PubSub;
  readonly #news: TaskNews;
  #open: Promise<() => Promise<void>> | undefined;

  constructor(name: string, pubsub: PubSub, news: TaskNews) {
    this.#channel = noticeChannel(name);
    this.#pubsub = pubsub;
    this.#news = news;
  }

  /** Idempotent; one that failed is tried anew. @throws ConnectionError, ClosedError */
  async open(): Promise<void> {
    this.#open ??= this.#subscribe();
    try {
      await this.#open;
    } catch (error) {
      this.#open = undefined;
      throw error;
    }
  }

  async close(): Promise<void> {
    const end = await this.#open?.catch(() => undefined);
    await end?.();
  }

  async #subscribe(): Promise<() => Promise<void>> {
    const subscription = await this.#pubsub.subscribe(this.#channel, ({ payload }) => {
      if (Array.isArray(payload)) this.#news.hear(payload as readonly Notice[]);
    });
    const lookAgain = () => this.#news.lookAgain();
    const ends = [this.#pubsub.on('reconnected', lookAgain), this.#pubsub.on('gap', lookAgain)];
    return async () => {
      for (const end of ends) end();
      await subscription.unsubscribe();
    };
  }
}
