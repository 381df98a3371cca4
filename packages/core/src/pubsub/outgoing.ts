/** An event on its way out, encoded but for its stamp, and whoever waits for it. */
export class OutgoingEvent {
  readonly id: string;
  readonly channel: string;
  /** The line's end, from after the stamp on. */
  readonly rest: string;
  /** Of the whole line, at the most. */
  readonly bytes: number;
  /** By the monotonic clock. */
  readonly deadline: number;
  /** Resolves with the id when the server has it. */
  readonly confirmed: Promise<string>;
  #isSettled = false;
  #resolve: (id: string) => void = () => {};
  #reject: (error: Error) => void = () => {};

  constructor(id: string, channel: string, rest: string, bytes: number, deadline: number) {
    this.id = id;
    this.channel = channel;
    this.rest = rest;
    this.bytes = bytes;
    this.deadline = deadline;
    this.confirmed = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  confirm(): void {
    this.#isSettled = true;
    this.#resolve(this.id);
  }

  /** Where it is settled already, it stays so. */
  reject(error: Error): void {
    this.#isSettled = true;
    this.#reject(error);
  }
}
