import { setTimeout } from 'node:timers/promises';

/** Waits for the work, but no longer than `ms`, nor past the signal: events are delivered at most once, so nobody waits for one without a bound. */
export async function waitAtMost(work: Promise<unknown>, ms: number, signal?: AbortSignal): Promise<void> {
  await Promise.race([work, setTimeout(ms, undefined, { ref: false, signal }).catch(() => {})]);
}
