/** Slots that several ports share. */
import { type BackoffOptions, type PageOptions, priorities, type StopOptions } from '@quayside/core';
import { choice, duration, isDuration, options, patience, type Slot, text, whole } from '../slots.js';

export const priority = (): Slot => choice('high', priorities);

export const backoff = (): Slot =>
  options<BackoffOptions>(
    {
      type: choice('fixed', ['fixed', 'exponential']),
      delay: duration('1s'),
      maxDelay: duration('1m'),
      jitter: choice('none', ['none', 'full', 'equal']),
    },
    { type: 'fixed' },
  );

const grace = (): Slot => ({ ...patience('1s'), sample: () => 0, takes: (value) => typeof value === 'number' && isDuration(value) });

/** A grace is a wait: only short ones are tried. */
export const stopping = (): Slot => options<StopOptions>({ graceMs: grace() });

export const page = (): Slot => options<PageOptions>({ cursor: text('nobody'), limit: whole(10, 1, 1_000) });
