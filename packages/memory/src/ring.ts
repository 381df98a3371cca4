/**
 * A line of items: in at either end, out at the head, and out of the middle by the place that an item was given when it came in.
 * Places only grow towards the tail, so a place is also a stable cursor for reading on page by page.
 *
 * A ring buffer of items, beside it their places. Leaving from the middle empties a slot (found by its place, O(log n)) and keeps
 * nothing of the item; once more slots are empty than taken, all are moved together. So every operation is O(1) amortised or
 * O(log n), and a line never holds more than about twice the slots that it needs.
 */
export class Ring<T> {
  #items: (T | undefined)[] = new Array<T | undefined>(smallest).fill(undefined);
  #places = new Float64Array(smallest);
  /** Slot of the first item; slots wrap round at the end of the buffer. */
  #head = 0;
  /** Slots in use, empty ones between items included. The first and the last of them are never empty. */
  #length = 0;
  #size = 0;
  #firstPlace = 0;
  #nextPlace = 0;

  get size(): number {
    return this.#size;
  }

  get first(): T | undefined {
    return this.#items[this.#head];
  }

  /** Slots in use and slots held: for tests of what this costs. */
  get slots(): { readonly used: number; readonly held: number } {
    return { used: this.#length, held: this.#items.length };
  }

  /** To the tail. Answers the item's place. */
  push(item: T): number {
    if (this.#length === this.#items.length) this.#resize(this.#length * 2);
    const place = this.#nextPlace++;
    const slot = (this.#head + this.#length) & (this.#items.length - 1);
    this.#items[slot] = item;
    this.#places[slot] = place;
    this.#length++;
    this.#size++;
    return place;
  }

  /** To the head. Answers the item's place. */
  unshift(item: T): number {
    if (this.#length === this.#items.length) this.#resize(this.#length * 2);
    const place = --this.#firstPlace;
    this.#head = (this.#head - 1) & (this.#items.length - 1);
    this.#items[this.#head] = item;
    this.#places[this.#head] = place;
    this.#length++;
    this.#size++;
    return place;
  }

  /** Takes the head out. */
  shift(): T | undefined {
    const item = this.#items[this.#head];
    if (item === undefined) return undefined;
    this.#items[this.#head] = undefined;
    this.#size--;
    this.#trim();
    return item;
  }

  /** Takes an item out of the middle. False: nothing is at this place. */
  delete(place: number): boolean {
    const index = this.#indexOf(place);
    const slot = (this.#head + index) & (this.#items.length - 1);
    if (index === this.#length || this.#places[slot] !== place || this.#items[slot] === undefined) return false;
    this.#items[slot] = undefined;
    this.#size--;
    this.#trim();
    return true;
  }

  /** The first items behind a place, towards the tail. */
  after(place: number, limit: number): T[] {
    const items: T[] = [];
    for (let index = this.#indexOf(place, true); index < this.#length && items.length < limit; index++) this.#collect(index, items);
    return items;
  }

  /** The first items before a place, towards the head. */
  before(place: number, limit: number): T[] {
    const items: T[] = [];
    for (let index = this.#indexOf(place) - 1; index >= 0 && items.length < limit; index--) this.#collect(index, items);
    return items;
  }

  #collect(index: number, items: T[]): void {
    const item = this.#items[(this.#head + index) & (this.#items.length - 1)];
    if (item !== undefined) items.push(item);
  }

  /** How many slots come before the first one whose place is at least (or, `isBehind`, more than) this one. */
  #indexOf(place: number, isBehind = false): number {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const found = this.#places[(this.#head + middle) & (this.#items.length - 1)] ?? 0;
      if (found < place || (isBehind && found === place)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Gives up empty slots at both ends, then those between, then the room that is no longer needed. */
  #trim(): void {
    const mask = this.#items.length - 1;
    while (this.#length > 0 && this.#items[this.#head] === undefined) {
      this.#head = (this.#head + 1) & mask;
      this.#length--;
    }
    while (this.#length > 0 && this.#items[(this.#head + this.#length - 1) & mask] === undefined) this.#length--;
    if (this.#length > 2 * this.#size + smallest) this.#resize(this.#items.length);
    if (this.#items.length > smallest && this.#length < this.#items.length / 8) this.#resize(Math.max(smallest, this.#items.length / 4));
  }

  /** Moves all items together, in order, into a buffer of this many slots (a power of two). */
  #resize(capacity: number): void {
    const items = new Array<T | undefined>(capacity).fill(undefined);
    const places = new Float64Array(capacity);
    let length = 0;
    for (let index = 0; index < this.#length; index++) {
      const slot = (this.#head + index) & (this.#items.length - 1);
      const item = this.#items[slot];
      if (item === undefined) continue;
      items[length] = item;
      places[length] = this.#places[slot] ?? 0;
      length++;
    }
    this.#items = items;
    this.#places = places;
    this.#head = 0;
    this.#length = length;
  }
}

/** A power of two: slots wrap round by masking. */
const smallest = 16;
