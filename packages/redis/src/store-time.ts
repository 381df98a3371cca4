import type { Clock } from '@quayside/core';

const epochs = new WeakMap<Clock, number>();

/**
 * The time that goes into a script: nothing where the server's own rules, else that of a test's clock. By its monotonic side: where a
 * test sets the wall clock, as an operator would, no lease, delay or window moves.
 */
export function timeArgument(clock: Clock): string {
  if (!clock.isVirtual) return '';
  const epoch = epochs.get(clock) ?? clock.now() - clock.monotonic();
  epochs.set(clock, epoch);
  return String(epoch + clock.monotonic());
}
