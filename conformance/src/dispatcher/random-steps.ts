import fc from 'fast-check';
import type { LineMethod } from './process-line.js';

/** What the handler of a task does. */
export const plans = ['answer', 'throw', 'throw once', 'give up', 'answer slowly', 'hang', 'answer what can not be carried'] as const;
export type Plan = (typeof plans)[number];

interface Whose {
  readonly kind: 'worker' | 'dispatcher';
  /** Which of the two. */
  readonly who: number;
}

/** `by`: which of the two dispatchers. `task`: one of those dispatched so far. `calls`: so many calls later. */
export type Step =
  | { readonly act: 'dispatch'; readonly by: number; readonly plan: Plan; readonly delayMs?: number; readonly timeoutMs?: number }
  | { readonly act: 'dispatch again'; readonly by: number; readonly task: number }
  | { readonly act: 'cancel'; readonly by: number; readonly task: number }
  | { readonly act: 'advance'; readonly ms: number }
  | ({ readonly act: 'crash'; readonly calls: number; readonly when: 'before' | 'after' } & Whose)
  | ({ readonly act: 'lose'; readonly method: LineMethod; readonly what: 'request' | 'reply' } & Whose);

const one = fc.constantFrom(0, 1);
const task = fc.nat({ max: 20 });
const kind = fc.constantFrom('worker' as const, 'dispatcher' as const);
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
  {
    weight: 3,
    arbitrary: fc.record({
      act: fc.constant('crash' as const),
      kind,
      who: one,
      calls: fc.nat({ max: 8 }),
      when: fc.constantFrom('before' as const, 'after' as const),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      act: fc.constant('lose' as const),
      kind,
      who: one,
      method,
      what: fc.constantFrom('request' as const, 'reply' as const),
    }),
  },
);

export const steps: fc.Arbitrary<readonly Step[]> = fc.array(step, { minLength: 1, maxLength: 30 });
