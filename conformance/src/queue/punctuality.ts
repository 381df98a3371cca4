import assert from 'node:assert/strict';
import type { QueueContext } from './context.js';

/** On an idle queue what falls due begins at the most so long after its time. */
const punctualMs = 50;
/** Clocks of different processes on one machine differ by less, rounded to whole milliseconds. */
const roundingMs = 1;

/**
 * Fails where one began before its time; or too late: each of them on a test clock, the median where the server's clock rules and a
 * busy machine may hold single ones up.
 */
export function assertPunctual(context: QueueContext, latenessesMs: readonly number[]): void {
  assert.ok(latenessesMs.length > 0, 'nothing was measured');
  const sorted = latenessesMs.toSorted((a, b) => a - b);
  const earliest = sorted[0] ?? 0;
  assert.ok(earliest >= -roundingMs, `one began ${-earliest} ms before its time`);
  const judged = context.isTimeExact ? sorted.length - 1 : Math.floor((sorted.length - 1) / 2);
  const late = sorted[judged] ?? 0;
  assert.ok(late <= punctualMs + roundingMs, `late by ${late} ms; allowed are ${punctualMs}`);
}
