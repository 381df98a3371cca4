/** The store's statistics, against what the lines tell. */
import type { StoreCounters, StoreStats } from '@quayside/core';
import type { SettlementTold, Tale } from './tale.js';
import type { Violation } from './violation.js';

/** Leases that ran out leave no line. */
type ToldCounter = Exclude<keyof StoreCounters, 'stalled'>;

interface Range {
  least: number;
  most: number;
}

/** What each counter may be: exact, unless an answer is missing. */
export class ToldCounts {
  readonly #ranges = new Map<ToldCounter, Range>();

  add(tale: Tale): void {
    const { publishes, cancels, removals, redrives } = tale;
    this.#add('published', publishes.done, publishes.mostDone);
    this.#add('deduplicated', tale.deduplicated, tale.deduplicated + publishes.mostDone - publishes.done);
    this.#add('removed', removals.done, removals.mostDone);
    this.#add('redriven', redrives.done, redrives.mostDone);
    this.#add('cancelled', cancels.done, cancels.mostDone);
    // What would have come back is dropped as cancelled, where that was asked for in time.
    const mayBeCancelled = cancels.mostDone > cancels.done;
    this.#addSettled(tale, 'processed', ({ outcome }) => outcome === 'complete');
    this.#addSettled(tale, 'retried', ({ outcome }) => outcome === 'retry', mayBeCancelled);
    this.#addSettled(tale, 'deadLettered', ({ outcome }) => outcome === 'dead', mayBeCancelled);
    for (const as of ['expired', 'discarded', 'cancelled'] as const) this.#addSettled(tale, as, ({ outcome }) => outcome === as);
    this.#addSettled(tale, 'failed', ({ hasError }) => hasError);
  }

  #addSettled(tale: Tale, counter: ToldCounter, isCounted: (settlement: SettlementTold) => boolean, isUnsure = false): void {
    const settled = tale.settled.filter(isCounted).length;
    this.#add(counter, isUnsure ? 0 : settled, settled + tale.open.filter(isCounted).length);
  }

  #add(counter: ToldCounter, least: number, most: number): void {
    const range = this.#ranges.get(counter) ?? { least: 0, most: 0 };
    this.#ranges.set(counter, { least: range.least + least, most: range.most + most });
  }

  *judge(stats: StoreStats, inStore: number): Generator<Violation> {
    for (const [counter, { least, most }] of this.#ranges) {
      const told = stats.counters[counter];
      if (told >= least && told <= most) continue;
      yield {
        rule: 'statistics-differ',
        detail: `${counter} is ${told}; the lines tell ${least === most ? least : `${least} to ${most}`}`,
      };
    }
    const gauges = Object.values(stats.waiting).reduce((sum, length) => sum + length, stats.delayed + stats.active + stats.dead);
    if (gauges !== inStore) yield { rule: 'statistics-differ', detail: `the gauges count ${gauges} messages; ${inStore} are in the store` };
  }
}
