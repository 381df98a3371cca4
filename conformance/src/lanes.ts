type Job = () => Promise<void>;

interface Entry {
  readonly isAlone: boolean;
  readonly start: () => void;
}

/**
 * Runs the cases in their order, a number of them at a time, ahead of the test runner, which asks for one after the other: on a
 * server's clock a case mostly waits. A case that disturbs the others runs alone.
 */
export class Lanes {
  readonly #width: number;
  readonly #waiting: Entry[] = [];
  #running = 0;
  #isAlone = false;

  constructor(width: number) {
    this.#width = width;
  }

  /** What to give to the runner: it starts this case and the next ones, and ends when this one does. */
  add(job: Job, isAlone: boolean): Job {
    let begin: () => void = () => {};
    const ended = new Promise<void>((resolve) => {
      begin = resolve;
    }).then(job);
    // Told where the runner asks for it, not where it happens.
    ended.catch(() => undefined);
    const entry: Entry = {
      isAlone,
      start: () => {
        begin();
        ended.then(
          () => this.#ended(),
          () => this.#ended(),
        );
      },
    };
    this.#waiting.push(entry);
    return () => {
      this.#skipTo(entry);
      this.#fill();
      return ended;
    };
  }

  /** What stands before the one that is asked for was not chosen by the runner: it will not be asked for any more. */
  #skipTo(entry: Entry): void {
    const place = this.#waiting.indexOf(entry);
    if (place > 0) this.#waiting.splice(0, place);
  }

  #fill(): void {
    while (this.#running < this.#width && !this.#isAlone) {
      const next = this.#waiting[0];
      if (next === undefined || (next.isAlone && this.#running > 0)) return;
      this.#waiting.shift();
      this.#running++;
      this.#isAlone = next.isAlone;
      next.start();
    }
  }

  #ended(): void {
    this.#running--;
    this.#isAlone = false;
    this.#fill();
  }
}
