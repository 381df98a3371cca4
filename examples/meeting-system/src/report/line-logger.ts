import type { Logger } from '@quayside/core';

/** Plain lines, each with the seconds since the start and who speaks; readable in a terminal and in a file. */
export class LineLogger implements Logger {
  readonly #write: (line: string) => void;
  readonly #elapsedMs: () => number;
  readonly #speaker: string;

  constructor(write: (line: string) => void, elapsedMs: () => number, speaker: string) {
    this.#write = write;
    this.#elapsedMs = elapsedMs;
    this.#speaker = speaker;
  }

  debug(): void {}

  /** The sentence says it all: of the fields only an error is printed. A failed attempt is told by who follows the task, and knows what it is about. */
  info(fields: object, message: string): void {
    if ('error' in fields && 'attempt' in fields) return;
    const seconds = (this.#elapsedMs() / 1000).toFixed(2).padStart(6);
    const reason = 'err' in fields && fields.err instanceof Error ? `: ${fields.err.message}` : '';
    this.#write(`${seconds} s  ${this.#speaker.padEnd(10)}  ${message}${reason}`);
  }

  warn(fields: object, message: string): void {
    this.info(fields, `warning: ${message}`);
  }

  error(fields: object, message: string): void {
    this.info(fields, `error: ${message}`);
  }

  /** `speaker` changes the name in front. */
  child(bindings: object): Logger {
    const speaker = 'speaker' in bindings ? String(bindings.speaker) : this.#speaker;
    return new LineLogger(this.#write, this.#elapsedMs, speaker);
  }
}
