import { type StoreCounters, zeroCounters } from '@quayside/core';

export type Counters = { -readonly [Name in keyof StoreCounters]: StoreCounters[Name] };

export function createCounters(): Counters {
  return { ...zeroCounters };
}
