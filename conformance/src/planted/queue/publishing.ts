/** Stores that lose what they say they have stored. */
import { CapacityError, type PublishCall, type PublishOutcome, type StoredMessage, StoreWrapper } from '@quayside/core';

/** Answers `published` for every thousandth message, and drops it. */
export class LosesOneInAThousand extends StoreWrapper {
  #count = 0;

  override async publish(messages: readonly StoredMessage[], call: PublishCall): Promise<readonly PublishOutcome[]> {
    const isKept = messages.map(() => ++this.#count % 1000 !== 137);
    const kept = messages.filter((_, index) => isKept[index]);
    const outcomes = [...(await this.inner.publish(kept, call))];
    return isKept.map((wasKept) => (wasKept ? outcomes.shift() : undefined) ?? { status: 'published' });
  }
}

/** Runs out of room in the middle of a batch, and keeps what it has stored by then. */
export class StoresHalfABatch extends StoreWrapper {
  override async publish(messages: readonly StoredMessage[], call: PublishCall): Promise<readonly PublishOutcome[]> {
    if (messages.length < 100) return this.inner.publish(messages, call);
    await this.inner.publish(messages.slice(0, messages.length / 2), call);
    throw new CapacityError('out of memory', { outcome: 'not-published' });
  }
}
