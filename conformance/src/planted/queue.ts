import type { PublishCall, PublishOutcome, StoredMessage } from '@quayside/core';
import { StoreWrapper } from '../queue/store-wrapper.js';
import { inQueueStore, type PlantedBug } from './bug.js';

/** Answers `published` for every thousandth message, and drops it. */
class LosesOneInAThousand extends StoreWrapper {
  #count = 0;

  override async publish(messages: readonly StoredMessage[], call: PublishCall): Promise<readonly PublishOutcome[]> {
    const isKept = messages.map(() => ++this.#count % 1000 !== 137);
    const kept = messages.filter((_, index) => isKept[index]);
    const outcomes = [...(await this.inner.publish(kept, call))];
    return isKept.map((wasKept) => (wasKept && outcomes.shift()) || { status: 'published' });
  }
}

export const queueBugs: readonly PlantedBug[] = [
  {
    name: 'loses one message in a thousand',
    caughtBy: ['Q-08', 'Q-28', 'Q-91'],
    plant: inQueueStore((store) => new LosesOneInAThousand(store)),
  },
];
