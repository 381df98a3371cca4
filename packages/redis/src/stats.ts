import { type StoreCounters, type StoreStats, zeroCounters } from '@quayside/core';

const names = Object.keys(zeroCounters) as readonly (keyof StoreCounters)[];

type Reply = [
  counters: readonly string[],
  critical: number,
  high: number,
  normal: number,
  low: number,
  delayed: number,
  active: number,
  dead: number,
  paused: number,
];

/** What `stats.lua` answers. */
export function readStats(reply: unknown): StoreStats {
  const [counters, critical, high, normal, low, delayed, active, dead, paused] = reply as Reply;
  const counts = new Map<string, number>();
  for (let at = 0; at < counters.length; at += 2) counts.set(counters[at] ?? '', Number(counters[at + 1]));
  return {
    counters: Object.fromEntries(names.map((name) => [name, counts.get(name) ?? 0])) as Record<keyof StoreCounters, number>,
    waiting: { critical, high, normal, low },
    delayed,
    active,
    dead,
    isPaused: paused === 1,
  };
}
