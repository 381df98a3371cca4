import { type Due, DueList } from './due-list.js';

/** While it lasts, a publish with its id stores nothing and is told the first message's id. */
export interface Window extends Due {
  readonly id: string;
  readonly firstId: string;
}

/** How many ended windows one call forgets. More than the one that `open` adds: so they can't pile up, and need no timer. */
const forgottenAtOnce = 4;

/** Deduplication windows. They end by time, or with the cancelling or removal of their message. */
export class Windows {
  readonly #byId = new Map<string, Window>();
  readonly #byEnd = new DueList<Window>();
  #opened = 0;

  /** Those that ended and are not forgotten yet included. */
  get size(): number {
    return this.#byId.size;
  }

  ids(): readonly string[] {
    return [...this.#byId.keys()];
  }

  /** The id of the message that stands for this one, if its window still lasts. */
  firstId(id: string, now: number): string | undefined {
    const window = this.#byId.get(id);
    return window !== undefined && now < window.at ? window.firstId : undefined;
  }

  open(id: string, firstId: string, now: number, windowMs: number): Window {
    this.forgetEnded(now);
    const earlier = this.#byId.get(id);
    if (earlier !== undefined) this.#byEnd.delete(earlier);
    const window: Window = { id, firstId, at: 0, order: 0 };
    this.#byId.set(id, window);
    this.#byEnd.add(window, now + windowMs, this.#opened++);
    return window;
  }

  /** Ends this very window; one that another message began under the same id later stays. */
  end(window: Window): void {
    if (this.#byEnd.delete(window)) this.#byId.delete(window.id);
  }

  forgetEnded(now: number, most = forgottenAtOnce): void {
    for (let forgotten = 0; forgotten < most; forgotten++) {
      const first = this.#byEnd.first;
      if (first === undefined || first.at > now) return;
      this.end(first);
    }
  }

  clear(): void {
    this.#byId.clear();
    this.#byEnd.clear();
  }
}
