import type { StoreCounters } from '@quayside/core';

export type Counters = { -readonly [Name in keyof StoreCounters]: StoreCounters[Name] };

export function createCounters(): Counters {
  return {
    published: 0,
    processed: 0,
    failed: 0,
    retried: 0,
    deadLettered: 0,
    redriven: 0,
    expired: 0,
    removed: 0,
    cancelled: 0,
    discarded: 0,
    deduplicated: 0,
    stalled: 0,
  };
}
