/** What of a store's answers must equal the model's. */
import type { Claim, Exchange, FoundMessage, StoredMessage, StoreStats } from '@quayside/core';
import type { ModelMessage } from './model-message.js';
import type { ModelExchange } from './queue-model.js';

/** A message must come back as it was put in. Its delay and window have done their work by then: a store may forget them. */
function contentOf({
  id,
  type,
  priority,
  payload,
  meta,
}: StoredMessage): Pick<StoredMessage, 'id' | 'type' | 'priority' | 'payload' | 'meta'> {
  return { id, type, priority, payload, meta };
}

function viewClaim({ message, starts, deliveries, redrives, isForeign }: Omit<Claim, 'receipt' | 'fencingToken'>) {
  return { message: contentOf(message), starts, deliveries, redrives, isForeign };
}

export function viewExchange({ settled, claims, nextDueInMs, isPaused }: Exchange) {
  return { settled, claims: claims.map(viewClaim), nextDueInMs, isPaused };
}

export function viewModelExchange({ settled, claimed, nextDueInMs, isPaused }: ModelExchange) {
  const claims = claimed.map(({ message: { stored, deliveries, redrives }, starts }) =>
    viewClaim({ message: stored, starts, deliveries, redrives, isForeign: false }),
  );
  return { settled, claims, nextDueInMs, isPaused };
}

export type FoundView = ReturnType<typeof viewFound>;

/** The time of a waiting message means nothing. */
export function viewFound({ message, state, starts, deliveries, redrives, errors, reason, at }: FoundMessage) {
  const time = state === 'waiting' ? undefined : at;
  return { message: contentOf(message), state, starts, deliveries, redrives, errors: [...errors], reason, at: time };
}

export function viewModelMessage(message: ModelMessage): FoundView {
  return viewFound({ ...message, message: message.stored });
}

export function viewStats({ counters, waiting, delayed, active, dead, isPaused }: StoreStats): StoreStats {
  return { counters: { ...counters }, waiting: { ...waiting }, delayed, active, dead, isPaused };
}
