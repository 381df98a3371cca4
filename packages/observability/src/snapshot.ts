import { type ManagerHealth, type ManagerStats, type QueueManager, systemClock, withDeadline } from '@quayside/core';

/** Statistics that a dead server does not answer in so long are left out of a scrape; Prometheus itself gives up after 10 s. */
const answerMs = 3_000;

/** What one scrape reads: asked for by many metrics at once, read from the backend once. */
export class Snapshot {
  readonly #manager: QueueManager;
  #stats: Promise<ManagerStats | undefined> | undefined;
  #health: Promise<ManagerHealth> | undefined;
  #failures = 0;

  constructor(manager: QueueManager) {
    this.#manager = manager;
  }

  /** How often the statistics could not be read. */
  get failures(): number {
    return this.#failures;
  }

  /** `undefined` where they can't be read, so that a scrape still tells that the server is down. */
  stats(): Promise<ManagerStats | undefined> {
    this.#stats ??= withDeadline(systemClock, this.#manager.stats(), answerMs)
      .catch(() => {
        this.#failures++;
        return undefined;
      })
      .finally(() => {
        this.#stats = undefined;
      });
    return this.#stats;
  }

  health(): Promise<ManagerHealth> {
    this.#health ??= this.#manager.health().finally(() => {
      this.#health = undefined;
    });
    return this.#health;
  }
}
