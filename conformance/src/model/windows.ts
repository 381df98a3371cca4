import type { Clock, StoredMessage } from '@quayside/core';

/** Deduplication windows: each ends by time, or with its own message's removal. */
export class Windows {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #windows = new Map<string, { readonly firstId: string; readonly endsAt: number }>();

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** The message that stands for this one; else this one's own window begins. */
  firstIdFor({ id, deduplication }: StoredMessage): string | undefined {
    if (deduplication === undefined) return undefined;
    const window = this.#windows.get(deduplication.id);
    if (window !== undefined && this.#clock.now() < window.endsAt) return window.firstId;
    this.#windows.set(deduplication.id, { firstId: id, endsAt: this.#clock.now() + deduplication.windowMs });
    return undefined;
  }

  /** After a window ended by time, another message may have begun one under the same id: that one stays. */
  end({ id, deduplication }: StoredMessage): void {
    if (deduplication !== undefined && this.#windows.get(deduplication.id)?.firstId === id) this.#windows.delete(deduplication.id);
  }
}
