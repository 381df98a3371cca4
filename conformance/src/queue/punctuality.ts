import assert from 'node:assert/strict';
import type { QueueContext } from './context.js';

/** On an idle queue what falls due begins at the most so long after its time. */
const punctualMs = 50;
/** Clocks of different processes on one machine differ by less, rounded to whole milliseconds. */
const roundingMs = 1;

/** Fails where one began before its time, or where they are late. */
export function assertPunctual(context: QueueContext, latenessesMs: readonly number[], allowedMs = punctualMs): void {
  assert.ok(latenessesMs.length > 0, 'nothing was measured');
  const sorted = latenessesMs.toSorted((a, b) => a - b);
  const earliest = sorted[0] ?? 0;
  assert.ok(earliest >= -roundingMs, `one began ${-earliest} ms before its time`);
  const late = judgedOf(context, sorted);
  assert.ok(late <= allowedMs + roundingMs, `late by ${late} ms; allowed are ${allowedMs}`);
}

/**
 * Which of them, from the least late on, tells how late they are. Each counts where all is done in this process at a standing clock; the
 * median where time passes by itself and a busy machine may hold single ones up; none where a test clock moves on while a wake-up is still
 * on its way from the server, since its time of arrival says nothing.
 */
function judgedOf(context: QueueContext, sorted: readonly number[]): number {
  if (!context.isTimeExact) return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  return context.store().capabilities.shared ? 0 : (sorted.at(-1) ?? 0);
}
