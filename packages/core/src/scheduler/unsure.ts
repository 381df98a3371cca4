import { type Definition, isSameDefinition } from './record.js';

/** Ids kept at the most; past it the oldest is forgotten, and a second try with it is judged as anybody's. */
const maxKept = 1_000;

/** Calls of `schedule` whose outcome was unknown when they were rejected: the edition that each would have written, by its schedule's id. */
export class UnsureSchedules {
  readonly #calls = new Map<string, { readonly edition: string; readonly definition: Definition }>();

  /** Nothing where the definition is another one: that is another call. */
  find(id: string, definition: Definition): string | undefined {
    const call = this.#calls.get(id);
    return call !== undefined && isSameDefinition(call.definition, definition) ? call.edition : undefined;
  }

  keep(id: string, definition: Definition, edition: string): void {
    this.#calls.set(id, { edition, definition });
    for (const oldest of this.#calls.keys()) {
      if (this.#calls.size <= maxKept) return;
      this.#calls.delete(oldest);
    }
  }

  settle(id: string): void {
    this.#calls.delete(id);
  }
}
