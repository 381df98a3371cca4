import type { Scheduler } from '@quayside/core';
import { Counter, Histogram } from 'prom-client';
import type { MetricSetup } from './scraped.js';

/** A run is promised within 50 ms while a worker is free. */
const latenessBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5, 30, 300];

export class SchedulerMetrics {
  readonly #lateness: Histogram;
  readonly #mended: Counter;

  constructor({ registry, prefix }: MetricSetup) {
    const registers = [registry];
    this.#lateness = new Histogram({
      name: `${prefix}schedule_lateness_seconds`,
      help: 'From the time that a run was for to its start in this process.',
      buckets: latenessBuckets,
      registers,
    });
    this.#mended = new Counter({
      name: `${prefix}schedules_mended_total`,
      help: 'Occurrences that a crash had left out and that were published again.',
      registers,
    });
  }

  observe(scheduler: Scheduler): void {
    scheduler.on('started', (_, latenessMs) => this.#lateness.observe(Math.max(0, latenessMs) / 1000));
    scheduler.on('mended', () => this.#mended.inc());
  }
}
