import { type ClaimRequest, priorities, publishWindow } from '@quayside/core';
import fc from 'fast-check';
import type { LeaseSketch, MessagePick, MessageSketch, OutcomeSketch, ReceiptPick, SettlementSketch, Step } from './steps.js';

const yearMs = 365 * 86_400_000;

/** Durations are sums of few steps, so that many moments meet exactly or miss each other by one millisecond. */
const delayMs = fc.constantFrom(50, 100, 150, 200, 300, 1_000, yearMs);
const leaseMs = fc.constantFrom(100, 150, 200, 500);
const passingMs = fc.constantFrom(1, 49, 50, 51, 99, 100, 149, 500);
const place = fc.nat({ max: 15 });
const few = { minLength: 1, maxLength: 3 } as const;

const messagePick: fc.Arbitrary<MessagePick> = fc.record({
  from: fc.constantFrom('anything', 'waiting', 'delayed', 'active', 'dead'),
  place,
});

const receiptPick: fc.Arbitrary<ReceiptPick> = fc.record({
  from: fc.oneof(
    { weight: 8, arbitrary: fc.constant('held' as const) },
    { weight: 3, arbitrary: fc.constant('let-go' as const) },
    { weight: 1, arbitrary: fc.constant('forged' as const) },
  ),
  place,
});

const deduplication = fc.record({ id: fc.constantFrom('a', 'b'), windowMs: fc.constantFrom(100, 400) });

const message: fc.Arbitrary<MessageSketch> = fc.record(
  {
    priority: fc.constantFrom(...priorities),
    delayMs: fc.oneof({ weight: 1, arbitrary: fc.constant(0) }, { weight: 4, arbitrary: delayMs }),
    deduplication,
    ownId: fc.nat({ max: 2 }),
  },
  { requiredKeys: ['priority'] },
);

const messages = fc.array(message, few);

/** Next to the edge of what a store remembers, as often as anywhere else. */
const skips = fc.oneof(
  { weight: 8, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 3 }) },
  { weight: 1, arbitrary: fc.integer({ min: publishWindow - 1, max: publishWindow + 1 }) },
);

const retryDelayMs = fc.oneof(fc.constant(0), delayMs);

const outcome: fc.Arbitrary<OutcomeSketch> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ outcome: 'complete' as const }) },
  { weight: 4, arbitrary: fc.record({ outcome: fc.constant('retry' as const), delayMs: retryDelayMs }) },
  {
    weight: 4,
    arbitrary: fc.record({ outcome: fc.constant('release' as const), delayMs: retryDelayMs }, { requiredKeys: ['outcome'] }),
  },
  { weight: 3, arbitrary: fc.record({ outcome: fc.constant('dead' as const), hasError: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      outcome: fc.constant('drop' as const),
      as: fc.constantFrom('expired', 'cancelled', 'discarded'),
      hasError: fc.boolean(),
    }),
  },
);

const settlement: fc.Arbitrary<SettlementSketch> = fc.tuple(receiptPick, outcome).map(([of, how]) => ({ of, ...how }));

const request: fc.Arbitrary<ClaimRequest> = fc.record({
  max: fc.constantFrom(1, 2, 3, 10),
  startNow: fc.nat({ max: 2 }),
  visibilityTimeoutMs: leaseMs,
  levels: fc.oneof(
    { weight: 3, arbitrary: fc.constant(priorities) },
    { weight: 1, arbitrary: fc.shuffledSubarray([...priorities], { minLength: 1 }) },
  ),
});

const exchange: fc.Arbitrary<Step> = fc.record(
  { do: fc.constant('exchange' as const), settlements: fc.array(settlement, { maxLength: 3 }), request },
  { requiredKeys: ['do', 'settlements'] },
);

const lease: fc.Arbitrary<LeaseSketch> = fc.record({ of: receiptPick, isStarted: fc.boolean() });

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('publish' as const), publisher: fc.constantFrom('p', 'q'), skips, messages }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('publish late' as const), place, messages }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('resend' as const), place }) },
  { weight: 14, arbitrary: exchange },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wear out' as const), rounds: fc.constantFrom(2, 19, 21) }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('extend' as const), leases: fc.array(lease, few), visibilityTimeoutMs: leaseMs }),
  },
  { weight: 10, arbitrary: fc.record({ do: fc.constant('advance' as const), ms: passingMs }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('crash' as const) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('cancel', 'promote', 'redrive', 'redrive', 'remove'),
      picks: fc.array(messagePick, few),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('clear' as const),
      state: fc.constantFrom('waiting', 'delayed', 'active', 'dead', 'everything'),
      limit: fc.constantFrom(1, 2, 100),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('set paused' as const), isPaused: fc.constantFrom(true, false, false) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('find' as const), pick: messagePick }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('list' as const),
      state: fc.constantFrom('waiting', 'delayed', 'active', 'dead'),
      limit: fc.constantFrom(1, 2, 100),
    }),
  },
);

export const steps: fc.Arbitrary<readonly Step[]> = fc.array(step, { minLength: 1, maxLength: 50 });
