/** Lets others wait until something holds that its owner knows of. */
export class Watch {
  readonly #waiting = new Set<() => void>();

  /** Resolves when it holds, as soon as `look` is called after that. */
  until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!holds()) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** Something has changed. */
  look(): void {
    for (const look of this.#waiting) look();
  }
}
