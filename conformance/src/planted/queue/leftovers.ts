import { type ClaimRequest, type Exchange, type QueueStore, type Settlement, StoreWrapper } from '@quayside/core';
import { inQueueStore, type PlantedBug } from '../bug.js';

class RemembersCompleted extends StoreWrapper {
  readonly #completed: string[];

  constructor(inner: QueueStore, completed: string[]) {
    super(inner);
    this.#completed = completed;
  }

  override exchange(settlements: readonly Settlement[], request?: ClaimRequest): Promise<Exchange> {
    for (const { receipt, outcome } of settlements) if (outcome === 'complete') this.#completed.push(receipt.id);
    return this.inner.exchange(settlements, request);
  }
}

/** A key of every completed message stays in the server. */
export const leavesAKeyAMessage: PlantedBug['plant'] = (harness) => {
  const completed: string[] = [];
  const remembering = inQueueStore((store) => new RemembersCompleted(store, completed))(harness);
  return {
    ...remembering,
    keys: async (namespace) => [...((await harness.keys?.(namespace)) ?? []), ...completed.map((id) => `errors:${id}`)],
  };
};
