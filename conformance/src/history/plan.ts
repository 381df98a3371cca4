/** What happens in one random history, as data that fast-check can shrink. */
import { type Priority, priorities } from '@quayside/core';
import fc from 'fast-check';

/**
 * What a handler does at one attempt. `crash`: its whole process vanishes. `freeze`: its process stands still for longer than a lease,
 * then goes on. Either happens once for each message. `lose reply`: the answer to the settlement does not arrive.
 */
export type Deed = 'succeed' | 'throw' | 'give up' | 'retry later' | 'dawdle' | 'overrun' | 'lose reply' | 'crash' | 'freeze';

export interface PlannedMessage {
  /** One for each attempt; after the last one it succeeds. */
  readonly deeds: readonly Deed[];
  readonly priority?: Priority;
  readonly delayMs?: number;
  /** Cancelled so long after its publish resolved. */
  readonly cancelAfterMs?: number;
}

export interface PlannedProducer {
  readonly messages: readonly PlannedMessage[];
  /** The answer to the publish of this message does not arrive. */
  readonly losesReplyAt?: number;
  /** It vanishes with this message on its way. */
  readonly diesAt?: number;
}

export type Plan = readonly PlannedProducer[];

export const producers = 4;
export const workers = 4;
export const maxRetries = 2;

const deed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 8, arbitrary: fc.constant<Deed>('succeed') },
  { weight: 6, arbitrary: fc.constant<Deed>('throw') },
  { weight: 6, arbitrary: fc.constantFrom<Deed[]>('give up', 'retry later', 'dawdle', 'overrun') },
  { weight: 1, arbitrary: fc.constantFrom<Deed[]>('lose reply', 'crash', 'freeze') },
);

function sometimes<T>(oneIn: number, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: oneIn - 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
}

const message: fc.Arbitrary<PlannedMessage> = fc.record({
  deeds: fc.array(deed, { maxLength: maxRetries + 1, size: 'max' }),
  priority: sometimes(5, fc.constantFrom(...priorities)),
  delayMs: sometimes(5, fc.constantFrom(1, 100, 700)),
  cancelAfterMs: sometimes(20, fc.constantFrom(0, 50, 400)),
});

const producer: fc.Arbitrary<PlannedProducer> = fc.record({
  messages: fc.array(message, { minLength: 1, maxLength: 80, size: 'max' }),
  losesReplyAt: sometimes(2, fc.nat({ max: 79 })),
  diesAt: sometimes(5, fc.nat({ max: 79 })),
});

export const plans: fc.Arbitrary<Plan> = fc.array(producer, { minLength: producers, maxLength: producers });
