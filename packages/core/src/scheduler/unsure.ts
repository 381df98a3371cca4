/** Ids kept at the most; past it the oldest is forgotten, and a second try with it is judged as anybody's. */
const maxKept = 1_000;

/** Calls of `schedule` whose outcome was unknown when they were rejected: the edition that each would have written, by its schedule's id. */
export class UnsureSchedules {
  readonly #editions = new Map<string, string>();

  find(id: string): string | undefined {
    return this.#editions.get(id);
  }

  keep(id: string, edition: string): void {
    this.#editions.set(id, edition);
    for (const oldest of this.#editions.keys()) {
      if (this.#editions.size <= maxKept) return;
      this.#editions.delete(oldest);
    }
  }

  settle(id: string): void {
    this.#editions.delete(id);
  }
}
