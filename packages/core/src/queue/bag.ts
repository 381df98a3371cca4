/** Something that stands in one bag at a time. */
export interface InBag {
  /** Where it stands in its bag; -1 where it stands in none. The bag's own. */
  place: number;
}

/** An unordered collection without hashing: adding and removing cost a few nanoseconds, where a Set of objects costs fifty. */
export class Bag<T extends InBag> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  add(item: T): void {
    item.place = this.#items.push(item) - 1;
  }

  /** False: it did not stand here. */
  delete(item: T): boolean {
    const { place } = item;
    if (place < 0 || this.#items[place] !== item) return false;
    const last = this.#items.pop() as T;
    if (last !== item) {
      this.#items[place] = last;
      last.place = place;
    }
    item.place = -1;
    return true;
  }

  /** A copy: what is done with one may take others out. */
  items(): T[] {
    return this.#items.slice();
  }

  clear(): void {
    for (const item of this.#items.splice(0)) item.place = -1;
  }
}
