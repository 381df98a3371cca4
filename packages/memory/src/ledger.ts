import { createCounters } from './counters.js';
import type { Entry } from './entry.js';
import { Shelves } from './shelves.js';
import { Windows } from './windows.js';

/** All that a queue holds. The port's calls share it; none of them waits for another, so each sees it whole. */
export class Ledger {
  readonly shelves = new Shelves();
  readonly windows = new Windows();
  readonly counters = createCounters();

  /** Takes a message out before it was processed: its deduplication window ends with it. */
  strike(entry: Entry, as: 'cancelled' | 'removed'): void {
    this.counters[as]++;
    this.shelves.remove(entry);
    if (entry.window !== undefined) this.windows.end(entry.window);
  }
}
