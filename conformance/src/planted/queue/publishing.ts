/** Stores that go wrong where a message is published. */
import {
  CapacityError,
  type Clock,
  type PublishCall,
  type PublishOutcome,
  type QueueStore,
  type StoredMessage,
  type StoreStats,
} from '@quayside/core';
import { StoreWrapper } from '../../queue/store-wrapper.js';

type Outcomes = readonly PublishOutcome[];

/** Answers `published` for every thousandth message, and drops it. */
export class LosesOneInAThousand extends StoreWrapper {
  #count = 0;

  override async publish(messages: readonly StoredMessage[], call: PublishCall): Promise<Outcomes> {
    const isKept = messages.map(() => ++this.#count % 1000 !== 137);
    const outcomes = [
      ...(await this.inner.publish(
        messages.filter((_, index) => isKept[index]),
        call,
      )),
    ];
    return isKept.map((wasKept) => (wasKept ? outcomes.shift() : undefined) ?? { status: 'published' });
  }
}

/** Runs out of room in the middle of a batch, and keeps what it has stored by then. */
export class StoresHalfABatch extends StoreWrapper {
  override async publish(messages: readonly StoredMessage[], call: PublishCall): Promise<Outcomes> {
    if (messages.length < 100) return this.inner.publish(messages, call);
    await this.inner.publish(messages.slice(0, messages.length / 2), call);
    throw new CapacityError('out of memory', { outcome: 'not-published' });
  }
}

/** Does not know a call that it has seen before. */
export class StoresResentCallsAgain extends StoreWrapper {
  readonly #seen = new Set<string>();
  #again = 0;

  override publish(messages: readonly StoredMessage[], call: PublishCall): Promise<Outcomes> {
    const name = `${call.publisher} ${call.sequence}`;
    if (!this.#seen.has(name)) {
      this.#seen.add(name);
      return this.inner.publish(messages, call);
    }
    const copies = messages.map((message) => ({ ...message, id: `${message.id}-${++this.#again}` }));
    return this.inner.publish(copies, { publisher: 'again', sequence: ++this.#again, checkIds: false });
  }
}

/** Makes what is delayed due a little too soon. */
export class DelaysTooLittle extends StoreWrapper {
  override publish(messages: readonly StoredMessage[], call: PublishCall): Promise<Outcomes> {
    return this.inner.publish(
      messages.map((message) => ({ ...message, delayMs: Math.max(0, (message.delayMs ?? 0) - 100) })),
      call,
    );
  }
}

/** Looks at one delayed message only, the first that was published: later ones wait for it. */
export class HidesNearDelaysBehindFar extends StoreWrapper {
  readonly #clock: Clock;
  #firstDue = 0;

  constructor(inner: QueueStore, clock: Clock) {
    super(inner);
    this.#clock = clock;
  }

  override publish(messages: readonly StoredMessage[], call: PublishCall): Promise<Outcomes> {
    const hidden = messages.map((message) => {
      if (!message.delayMs) return message;
      const now = this.#clock.now();
      if (this.#firstDue <= now) this.#firstDue = now + message.delayMs;
      return { ...message, delayMs: Math.max(message.delayMs, this.#firstDue - now) };
    });
    return this.inner.publish(hidden, call);
  }
}

/** Looks first whether a deduplication id is taken and takes it afterwards. */
export class DeduplicatesWithARace extends StoreWrapper {
  readonly #firsts = new Map<string, string>();

  override async publish(messages: readonly StoredMessage[], call: PublishCall): Promise<Outcomes> {
    const firsts = messages.map(({ deduplication }) => deduplication && this.#firsts.get(deduplication.id));
    await new Promise((resolve) => setImmediate(resolve));
    for (const { id, deduplication } of messages) if (deduplication) this.#firsts.set(deduplication.id, id);
    const fresh = messages.filter((_, index) => firsts[index] === undefined);
    const outcomes = [
      ...(await this.inner.publish(
        fresh.map(({ deduplication: _, ...message }) => message),
        call,
      )),
    ];
    return firsts.map((firstId) => (firstId ? { status: 'deduplicated', firstId } : (outcomes.shift() ?? { status: 'published' })));
  }
}

/** A deduplication id once taken is taken for ever. */
export class NeverEndsAWindow extends StoreWrapper {
  override publish(messages: readonly StoredMessage[], call: PublishCall): Promise<Outcomes> {
    const windowMs = 1e12;
    return this.inner.publish(
      messages.map((message) => ({ ...message, deduplication: message.deduplication && { ...message.deduplication, windowMs } })),
      call,
    );
  }
}

/** Counts what was asked for, not what was stored. */
export class CountsDuplicatesAsPublished extends StoreWrapper {
  #duplicates = 0;

  override async publish(messages: readonly StoredMessage[], call: PublishCall): Promise<Outcomes> {
    const outcomes = await this.inner.publish(messages, call);
    this.#duplicates += outcomes.filter(({ status }) => status !== 'published').length;
    return outcomes;
  }

  override async stats(): Promise<StoreStats> {
    const stats = await this.inner.stats();
    return { ...stats, counters: { ...stats.counters, published: stats.counters.published + this.#duplicates } };
  }
}
