/** What falls due. `order`, unique in its list, tells apart what falls due at the same moment. Both change only through a `DueList`. */
export interface Due {
  /** By the clock's `monotonic`. */
  at: number;
  order: number;
}

/**
 * What falls due, in order. A heap would give the nearest one as cheaply; this gives the pages of a listing too, in order and without
 * sorting. Sorted runs of at most `longestRun` items: finding one is two binary searches, adding and removing move a part of one run.
 * What is added usually falls due last (leases of one length), which needs no search.
 */
export class DueList<T extends Due> {
  readonly #runs: T[][] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): T | undefined {
    return this.#runs[0]?.[0];
  }

  add(item: T, at: number, order: number): void {
    item.at = at;
    item.order = order;
    this.#size++;
    const last = this.#runs.length - 1;
    const runIndex = Math.min(this.#runOf(at, order), last);
    const run = this.#runs[runIndex];
    if (run === undefined) {
      this.#runs.push([item]);
    } else if (run.length < longestRun) {
      insert(run, indexIn(run, at, order), item);
    } else if (runIndex === last && isBefore(run[run.length - 1], at, order)) {
      this.#runs.push([item]);
    } else {
      const behind = run.splice(longestRun / 2);
      this.#runs.splice(runIndex + 1, 0, behind);
      const half = isBefore(run[run.length - 1], at, order) ? behind : run;
      insert(half, indexIn(half, at, order), item);
    }
  }

  /** False: it is not here. */
  delete(item: T): boolean {
    const runIndex = this.#runOf(item.at, item.order);
    const run = this.#runs[runIndex];
    if (run === undefined) return false;
    const index = indexIn(run, item.at, item.order);
    if (run[index] !== item) return false;
    if (run.length === 1) this.#runs.splice(runIndex, 1);
    else run.splice(index, 1);
    this.#size--;
    return true;
  }

  clear(): void {
    this.#runs.length = 0;
    this.#size = 0;
  }

  /** The first items that fall due behind a moment (and behind an order within it). */
  after(at: number, order: number, limit: number): T[] {
    const items: T[] = [];
    let index = this.#indexBehind(at, order);
    for (let runIndex = this.#runOf(at, order); runIndex < this.#runs.length && items.length < limit; runIndex++) {
      const run = this.#runs[runIndex] ?? [];
      for (; index < run.length && items.length < limit; index++) items.push(run[index] as T);
      index = 0;
    }
    return items;
  }

  #indexBehind(at: number, order: number): number {
    const run = this.#runs[this.#runOf(at, order)];
    if (run === undefined) return 0;
    const index = indexIn(run, at, order);
    const found = run[index];
    return found !== undefined && found.at === at && found.order === order ? index + 1 : index;
  }

  /** The first run whose last item is not before this moment. */
  #runOf(at: number, order: number): number {
    let low = 0;
    let high = this.#runs.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const run = this.#runs[middle];
      if (isBefore(run?.[run.length - 1], at, order)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Long enough that a million items are few runs, short enough that moving half a run costs little. */
const longestRun = 128;

function isBefore(item: Due | undefined, at: number, order: number): boolean {
  return item !== undefined && (item.at < at || (item.at === at && item.order < order));
}

/** How many items of a run come before this moment. */
function indexIn(run: readonly Due[], at: number, order: number): number {
  if (isBefore(run[run.length - 1], at, order)) return run.length;
  let low = 0;
  let high = run.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(run[middle], at, order)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function insert<T>(run: T[], index: number, item: T): void {
  if (index === run.length) run.push(item);
  else run.splice(index, 0, item);
}
