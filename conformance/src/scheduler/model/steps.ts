import type { ScheduleOptions } from '@quayside/core';
import fc from 'fast-check';

export type ScheduleStep =
  | {
      readonly do: 'once';
      readonly id: string;
      readonly delayMs: number;
      readonly payload: number;
      readonly onConflict: ScheduleOptions['onConflict'];
    }
  | {
      readonly do: 'every';
      readonly id: string;
      readonly periodMs: number;
      /** How many periods from now its end lies, if it has one. */
      readonly periods: number | undefined;
      readonly payload: number;
      readonly onConflict: ScheduleOptions['onConflict'];
    }
  | { readonly do: 'update'; readonly id: string; readonly periodMs: number | undefined; readonly payload: number | undefined }
  | { readonly do: 'cancel' | 'pause' | 'resume'; readonly id: string }
  | { readonly do: 'advance'; readonly ms: number };

/** Few ids and coarse times, so that steps meet. */
const id = fc.constantFrom('a', 'b');
const payload = fc.constantFrom(1, 2);
const periodMs = fc.constantFrom(100, 200, 300);
const onConflict = fc.constantFrom(undefined, 'replace' as const, 'reject' as const, 'ignore' as const);

const step: fc.Arbitrary<ScheduleStep> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('once' as const), id, delayMs: fc.constantFrom(0, 100, 250), payload, onConflict }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('every' as const),
      id,
      periodMs,
      periods: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
      payload,
      onConflict,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('update' as const),
      id,
      periodMs: fc.option(periodMs, { nil: undefined }),
      payload: fc.option(payload, { nil: undefined }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('cancel' as const, 'pause' as const, 'resume' as const), id }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.constantFrom(50, 100, 100, 200, 350) }) },
);

export const scheduleSteps = fc.array(step, { minLength: 1, maxLength: 40, size: 'max' });
