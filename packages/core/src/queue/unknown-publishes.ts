import type { PublishAttempt } from './publish-attempt.js';

/** Ids kept at the most; past it the oldest call is forgotten, and a second try with its ids is judged by the ids alone. */
const maxKept = 10_000;

/** Publish calls whose outcome was unknown when they were rejected, by the ids of their messages. */
export class UnknownPublishes {
  readonly #byId = new Map<string, PublishAttempt>();

  find(id: string): PublishAttempt | undefined {
    return this.#byId.get(id);
  }

  keep(attempt: PublishAttempt): void {
    for (const { id } of attempt.messages) this.#byId.set(id, attempt);
    for (const id of this.#byId.keys()) {
      if (this.#byId.size <= maxKept) return;
      this.#byId.delete(id);
    }
  }
}
