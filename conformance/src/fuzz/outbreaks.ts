/** Errors that nobody caught: without a listener each would have ended the process. */
export class Outbreaks {
  readonly seen: unknown[] = [];
  readonly #note = (reason: unknown) => void this.seen.push(reason);

  static watch(): Outbreaks {
    const outbreaks = new Outbreaks();
    process.on('unhandledRejection', outbreaks.#note);
    process.on('uncaughtExceptionMonitor', outbreaks.#note);
    return outbreaks;
  }

  /** Node tells of a rejection that nobody handles when the turn's promises are through. */
  async settled(): Promise<readonly unknown[]> {
    await new Promise((resolve) => setImmediate(resolve));
    return this.seen;
  }

  end(): void {
    process.off('unhandledRejection', this.#note);
    process.off('uncaughtExceptionMonitor', this.#note);
  }
}
