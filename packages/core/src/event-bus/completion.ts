/** Waits for the handlers of one emit, and gathers what they threw. */
export class Completion {
  readonly #event: string;
  readonly #errors: unknown[] = [];
  #left = 0;
  #resolve: (() => void) | undefined;

  constructor(event: string) {
    this.#event = event;
  }

  get isDone(): boolean {
    return this.#left === 0;
  }

  expect(): void {
    this.#left++;
  }

  ended(): void {
    this.#left--;
    if (this.#left === 0) this.#resolve?.();
  }

  failed(error: unknown): void {
    this.#errors.push(error);
    this.ended();
  }

  /** Resolves when all who were expected have ended, however they did. Asked once, after the last is expected. */
  whenDone(): Promise<void> {
    if (this.isDone) return Promise.resolve();
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** Like `whenDone`, but rejects with an AggregateError of what went wrong. */
  async settled(): Promise<void> {
    await this.whenDone();
    if (this.#errors.length > 0) throw new AggregateError(this.#errors, `'${this.#event}' failed in ${this.#errors.length} places`);
  }
}
