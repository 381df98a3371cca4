/** A map that forgets: it holds at least so many of the latest used, and at most twice as many. */
export class RecentMap<V> {
  readonly #least: number;
  /** Two generations: what was not used during a whole one is forgotten. */
  #young = new Map<string, V>();
  #old = new Map<string, V>();

  constructor(least: number) {
    this.#least = least;
  }

  get(key: string): V | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: string, value: V): void {
    if (this.#young.size >= this.#least) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }
}
