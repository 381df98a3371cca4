import { ConfigError, quote } from '../errors.js';

/** Milliseconds, or a number with a unit: `250`, `'250ms'`, `'30s'`, `'1.5m'`, `'2h'`, `'7d'`. */
export type Duration = number | string;

const unitsInMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const form = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)$/;

/** Hundred years: longer is a mistake, and keeps every sum far from the edge of exact integers. */
export const longestDurationMs = 100 * 365 * 86_400_000;

/**
 * Reads a duration.
 * @param path names the option in the error.
 * @throws ConfigError where it is not a finite, non-negative duration of at most a hundred years.
 */
export function durationToMs(duration: Duration, path: string): number {
  const ms = typeof duration === 'string' ? parse(duration) : duration;
  if (typeof ms !== 'number' || !Number.isFinite(ms) || ms < 0 || ms > longestDurationMs) {
    throw new ConfigError('not a duration', [
      {
        path,
        message: `got ${quote(duration)}; allowed are milliseconds from 0, or a number with one of the units ms, s, m, h, d, w ('30s'), up to 100 years`,
      },
    ]);
  }
  return ms;
}

function parse(text: string): number | undefined {
  const match = form.exec(text);
  return match === null ? undefined : Number(match[1]) * (unitsInMs[match[2] ?? ''] ?? Number.NaN);
}
