/** Random steps. The weights keep a few messages in every state at once: most calls must meet something that they change. */
import { type ClaimRequest, type MessageState, type Priority, priorities, publishWindow } from '@quayside/core';
import fc from 'fast-check';
import type { LeaseSketch, MessagePick, MessageSketch, OutcomeSketch, ReceiptPick, SettlementSketch, Step } from './steps.js';

/** The first choice is the plainest: a counterexample shrinks towards it. */
function weighted<T>(...choices: readonly (readonly [weight: number, arbitrary: fc.Arbitrary<T>])[]): fc.Arbitrary<T> {
  return fc.oneof({ withCrossShrink: true }, ...choices.map(([weight, arbitrary]) => ({ weight, arbitrary })));
}

const yearMs = 365 * 86_400_000;

/** Durations are sums of few steps, so that many moments meet exactly, or miss each other by one millisecond. */
const delayMs = fc.constantFrom(50, 100, 150, 200, 300, 1_000, yearMs);
const leaseMs = fc.constantFrom(100, 150, 200, 500, 1_000);
const passingMs = fc.constantFrom(1, 49, 50, 51, 99, 100, 149, 500);
const delayOrNoneMs = weighted([1, fc.constant(0)], [1, delayMs]);

const place = fc.nat({ max: 15 });
const limit = fc.constantFrom(1, 2, 100);
const few = { minLength: 1, maxLength: 3 } as const;

const priority = fc.constantFrom(...priorities);
const deduplication = fc.record({ id: fc.constantFrom('a', 'b'), windowMs: fc.constantFrom(100, 400) });
const ownId = fc.nat({ max: 2 });

const message = weighted<MessageSketch>(
  [6, fc.record({ priority })],
  [3, fc.record({ priority, delayMs })],
  [1, fc.record({ priority, deduplication })],
  [1, fc.record({ priority, ownId })],
  [1, fc.record({ priority, deduplication, ownId, delayMs: fc.constant(0) })],
);
const messages = fc.array(message, few);

/** Often next to the edge of what a store remembers. */
const skips = weighted(
  [8, fc.constant(0)],
  [2, fc.integer({ min: 1, max: 3 })],
  [1, fc.integer({ min: publishWindow - 1, max: publishWindow + 1 })],
);

const receipt = weighted<ReceiptPick>(
  [12, fc.record({ from: fc.constant('held' as const), place })],
  [3, fc.record({ from: fc.constant('let-go' as const), place })],
  [1, fc.record({ from: fc.constant('forged' as const), place })],
);

const hasError = fc.boolean();
const outcome = weighted<OutcomeSketch>(
  [2, fc.constant({ outcome: 'complete' })],
  [4, fc.record({ outcome: fc.constant('retry'), delayMs: delayOrNoneMs })],
  [3, fc.constant({ outcome: 'release' })],
  [1, fc.record({ outcome: fc.constant('release'), delayMs: delayOrNoneMs })],
  [4, fc.record({ outcome: fc.constant('dead'), isStarted: fc.boolean(), hasError })],
  [1, fc.record({ outcome: fc.constant('drop'), as: fc.constantFrom('expired', 'cancelled', 'discarded'), hasError })],
);
const settlement: fc.Arbitrary<SettlementSketch> = fc.tuple(receipt, outcome).map(([of, how]) => ({ of, ...how }));

const request: fc.Arbitrary<ClaimRequest> = fc.record({
  max: fc.constantFrom(1, 2, 3, 10),
  startNow: fc.nat({ max: 2 }),
  visibilityTimeoutMs: leaseMs,
  levels: weighted<readonly Priority[]>([3, fc.constant(priorities)], [1, fc.shuffledSubarray([...priorities], { minLength: 1 })]),
});

const lease: fc.Arbitrary<LeaseSketch> = fc.record({ of: receipt, isStarted: fc.boolean() });

function picks(...states: readonly (MessageState | 'anything')[]): fc.Arbitrary<readonly MessagePick[]> {
  return fc.array(fc.record({ from: fc.constantFrom(...states), place }), few);
}

const anyState = fc.constantFrom<MessageState>('waiting', 'delayed', 'active', 'dead');

function step<Name extends Step['do'], Rest>(
  name: Name,
  rest: { [K in keyof Rest]: fc.Arbitrary<Rest[K]> },
): fc.Arbitrary<Rest & { readonly do: Name }> {
  return fc.record<Rest>(rest).map((chosen) => ({ ...chosen, do: name }));
}

const anyStep = weighted<Step>(
  [14, step('publish', { publisher: fc.constantFrom('p', 'q'), skips, messages })],
  [2, step('publish late', { place, messages })],
  [2, step('resend', { place })],
  [14, step('exchange', { settlements: fc.array(settlement, { maxLength: 3 }), request })],
  [4, step('exchange', { settlements: fc.array(settlement, few) })],
  [1, step('wear out', { rounds: fc.constantFrom(2, 19, 21) })],
  [4, step('extend', { leases: fc.array(lease, few), visibilityTimeoutMs: leaseMs })],
  [10, step('advance', { ms: passingMs })],
  [1, fc.constant({ do: 'crash' })],
  [3, step('cancel', { picks: picks('active', 'active', 'waiting', 'delayed', 'anything') })],
  [2, step('promote', { picks: picks('delayed', 'delayed', 'anything') })],
  [2, step('redrive', { picks: picks('dead', 'dead', 'anything') })],
  [1, step('remove', { picks: picks('waiting', 'delayed', 'dead', 'anything') })],
  [1, step('clear', { state: fc.constantFrom('waiting', 'delayed', 'active', 'dead', 'everything'), limit })],
  [2, step('set paused', { isPaused: fc.constantFrom(true, false, false) })],
  [1, step('find', { pick: fc.record({ from: fc.constant('anything'), place }) })],
  [2, step('list', { state: anyState, limit })],
);

export const steps: fc.Arbitrary<readonly Step[]> = fc.array(anyStep, { minLength: 1, maxLength: 60, size: 'max' });
