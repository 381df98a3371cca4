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
  /** Resolves when the server has it. */
  readonly confirmed: Promise<void>;
  #settle: { readonly resolve: () => void; readonly reject: (error: Error) => void } | undefined;

  constructor(id: string, channel: string, rest: string, bytes: number, deadline: number) {
    this.id = id;
    this.channel = channel;
    this.rest = rest;
    this.bytes = bytes;
    this.deadline = deadline;
    this.confirmed = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
  }

  get isSettled(): boolean {
    return this.#settle === undefined;
  }

  confirm(): void {
    this.#settle?.resolve();
    this.#settle = undefined;
  }

  /** Where it is settled already, it stays so. */
  reject(error: Error): void {
    this.#settle?.reject(error);
    this.#settle = undefined;
  }
}
