/** Whether memory stays flat: looked at all along a run, after a collection each time. */
import { setTimeout as pause } from 'node:timers/promises';
import { takeFootprint } from './footprint.js';

export interface Sample {
  readonly atMs: number;
  readonly value: number;
}

export interface Growth {
  /** At the end of the run. */
  readonly bytes: number;
  /** Over the second half, by the line that fits its samples best. */
  readonly grown: number;
  readonly perMinute: number;
}

const samplesARun = 60;

export class Trend {
  readonly #heap: Sample[] = [];
  readonly #rss: Sample[] = [];

  /** Looks until the time is over. */
  async watch(durationMs: number): Promise<void> {
    const begun = performance.now();
    for (let atMs = 0; atMs < durationMs; ) {
      await pause(durationMs / samplesARun);
      const { heapBytes, rssBytes } = await takeFootprint();
      atMs = performance.now() - begun;
      this.#heap.push({ atMs, value: heapBytes });
      this.#rss.push({ atMs, value: rssBytes });
    }
  }

  get heap(): Growth {
    return growthOf(this.#heap);
  }

  get rss(): Growth {
    return growthOf(this.#rss);
  }
}

export function growthOf(samples: readonly Sample[]): Growth {
  const half = samples.slice(Math.floor(samples.length / 2));
  const perMinute = slope(half) * 60_000;
  const [first, last] = [half.at(0), half.at(-1)];
  const grown = first === undefined || last === undefined ? 0 : slope(half) * (last.atMs - first.atMs);
  return { bytes: last?.value ?? 0, grown, perMinute };
}

/** Of the line that fits best (least squares). */
function slope(samples: readonly Sample[]): number {
  const mean = (pick: (sample: Sample) => number) => samples.reduce((sum, sample) => sum + pick(sample), 0) / samples.length;
  const [meanAt, meanValue] = [mean(({ atMs }) => atMs), mean(({ value }) => value)];
  const along = samples.reduce((sum, { atMs }) => sum + (atMs - meanAt) ** 2, 0);
  const both = samples.reduce((sum, { atMs, value }) => sum + (atMs - meanAt) * (value - meanValue), 0);
  return along > 0 ? both / along : 0;
}
