import fc from 'fast-check';
import type { LineMethod } from './process-line.js';

/** What the handler of a task does. */
export const plans = ['answer', 'throw', 'throw once', 'give up', 'answer slowly', 'hang', 'answer what can not be carried'] as const;
export type Plan = (typeof plans)[number];

/** `by`, `who`: which of the two dispatchers or workers. `task`: one of those dispatched so far. */
export type Step =
  | { readonly act: 'dispatch'; readonly by: number; readonly plan: Plan; readonly delayMs?: number; readonly timeoutMs?: number }
  | { readonly act: 'dispatch again'; readonly by: number; readonly task: number }
  | { readonly act: 'cancel'; readonly by: number; readonly task: number }
  | { readonly act: 'advance'; readonly ms: number }
  | { readonly act: 'crash worker'; readonly who: number }
  | { readonly act: 'crash dispatcher'; readonly who: number }
  | {
      readonly act: 'lose';
      readonly whose: 'worker' | 'dispatcher';
      readonly who: number;
      readonly method: LineMethod;
      readonly what: 'request' | 'reply';
    };

const one = fc.constantFrom(0, 1);
const task = fc.nat({ max: 20 });
const method = fc.constantFrom<LineMethod>(
  'records.write',
  'records.read',
  'queue.publish',
  'queue.exchange',
  'queue.cancel',
  'pubsub.publish',
);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record(
      {
        act: fc.constant('dispatch' as const),
        by: one,
        plan: fc.constantFrom(...plans),
        delayMs: fc.integer({ min: 1, max: 1500 }),
        timeoutMs: fc.integer({ min: 1, max: 3000 }),
      },
      { requiredKeys: ['act', 'by', 'plan'] },
    ),
  },
  { weight: 5, arbitrary: fc.record({ act: fc.constant('advance' as const), ms: fc.integer({ min: 0, max: 1200 }) }) },
  { weight: 3, arbitrary: fc.record({ act: fc.constant('cancel' as const), by: one, task }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('dispatch again' as const), by: one, task }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('crash worker' as const), who: one }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('crash dispatcher' as const), who: one }) },
  {
    weight: 3,
    arbitrary: fc.record({
      act: fc.constant('lose' as const),
      whose: fc.constantFrom('worker' as const, 'dispatcher' as const),
      who: one,
      method,
      what: fc.constantFrom('request' as const, 'reply' as const),
    }),
  },
);

export const steps: fc.Arbitrary<readonly Step[]> = fc.array(step, { minLength: 1, maxLength: 30 });
