/** Bugs of a store that takes messages in. */
import { type PublishCall, type PublishOutcome, type Settlement, type StoredMessage, type StoreStats, StoreWrapper } from '@quayside/core';

/** A call that it saw before is stored again, under ids of their own so that both copies live. */
export class StoresResends extends StoreWrapper {
  readonly #seen = new Set<string>();
  #resends = 0;

  override publish(messages: readonly StoredMessage[], call: PublishCall): Promise<readonly PublishOutcome[]> {
    const name = `${call.publisher} ${call.sequence}`;
    if (!this.#seen.has(name)) {
      this.#seen.add(name);
      return this.inner.publish(messages, call);
    }
    this.#resends++;
    const copies = messages.map((message) => ({ ...message, id: `${message.id}+${this.#resends}` }));
    return this.inner.publish(copies, { publisher: 'resends', sequence: this.#resends, checkIds: false });
  }
}

export class CountsNoPublish extends StoreWrapper {
  override async stats(): Promise<StoreStats> {
    const stats = await this.inner.stats();
    return { ...stats, counters: { ...stats.counters, published: 0 } };
  }
}

export class CountsDuplicates extends StoreWrapper {
  #duplicates = 0;

  override async publish(messages: readonly StoredMessage[], call: PublishCall): Promise<readonly PublishOutcome[]> {
    const outcomes = await this.inner.publish(messages, call);
    this.#duplicates += outcomes.filter(({ status }) => status !== 'published').length;
    return outcomes;
  }

  override async stats(): Promise<StoreStats> {
    const stats = await this.inner.stats();
    return { ...stats, counters: { ...stats.counters, published: stats.counters.published + this.#duplicates } };
  }
}

/** Every delay ends 100 ms before its time. */
export class EndsDelaysEarly extends StoreWrapper {
  override publish(messages: readonly StoredMessage[], call: PublishCall): Promise<readonly PublishOutcome[]> {
    return this.inner.publish(
      messages.map((message) => ({ ...message, delayMs: shorter(message.delayMs ?? 0) })),
      call,
    );
  }

  override exchange(...[settlements, request]: Parameters<StoreWrapper['exchange']>): ReturnType<StoreWrapper['exchange']> {
    const early = settlements.map((settlement): Settlement => {
      if (settlement.outcome === 'retry') return { ...settlement, delayMs: shorter(settlement.delayMs) };
      return settlement;
    });
    return this.inner.exchange(early, request);
  }
}

const shorter = (delayMs: number) => Math.max(0, delayMs - 100);

/** Delays are kept in the order of publishing: none ends before the one before it. */
export class HidesNearDelays extends StoreWrapper {
  readonly #now: () => number;
  #latest = 0;

  constructor(inner: StoreWrapper['inner'], now: () => number) {
    super(inner);
    this.#now = now;
  }

  override publish(messages: readonly StoredMessage[], call: PublishCall): Promise<readonly PublishOutcome[]> {
    return this.inner.publish(
      messages.map((message) => ({ ...message, delayMs: this.#behindOthers(message.delayMs ?? 0) })),
      call,
    );
  }

  #behindOthers(delayMs: number): number {
    if (delayMs === 0) return 0;
    this.#latest = Math.max(this.#latest, this.#now() + delayMs);
    return this.#latest - this.#now();
  }
}

const centuryMs = 100 * 365 * 86_400_000;

export class EndsNoWindow extends StoreWrapper {
  override publish(messages: readonly StoredMessage[], call: PublishCall): Promise<readonly PublishOutcome[]> {
    return this.inner.publish(
      messages.map(({ deduplication, ...message }) => ({
        ...message,
        deduplication: deduplication && { ...deduplication, windowMs: centuryMs },
      })),
      call,
    );
  }
}

/** Looks for a window first and begins one later, so that two calls at once both find none. */
export class RacesForWindows extends StoreWrapper {
  readonly #now: () => number;
  readonly #windows = new Map<string, { readonly firstId: string; readonly endsAt: number }>();

  constructor(inner: StoreWrapper['inner'], now: () => number) {
    super(inner);
    this.#now = now;
  }

  override async publish(messages: readonly StoredMessage[], call: PublishCall): Promise<readonly PublishOutcome[]> {
    const standing = messages.map(({ deduplication }) => this.#windows.get(deduplication?.id ?? ''));
    const isNew = standing.map((window) => window === undefined || window.endsAt <= this.#now());
    const kept = messages.filter((_, place) => isNew[place]).map(({ deduplication, ...message }) => message);
    const outcomes = [...(await this.inner.publish(kept, call))];
    for (const [place, { id, deduplication }] of messages.entries()) {
      if (deduplication === undefined || !isNew[place]) continue;
      this.#windows.set(deduplication.id, { firstId: id, endsAt: this.#now() + deduplication.windowMs });
    }
    return standing.map((window, place) => {
      const outcome = isNew[place] ? outcomes.shift() : undefined;
      return outcome ?? { status: 'deduplicated', firstId: window?.firstId ?? '' };
    });
  }
}
