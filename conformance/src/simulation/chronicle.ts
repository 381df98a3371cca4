import type { Clock } from '@quayside/core';

/** All that happened in one simulated run, line by line: the same seed writes the same text. */
export class Chronicle {
  readonly lines: string[] = [];
  readonly #clock: Clock;
  readonly #begun: number;
  readonly #names = new Map<string, string>();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#begun = clock.monotonic();
  }

  write(who: string, what: string): void {
    this.lines.push(`${Math.round(this.#clock.monotonic() - this.#begun)} ${who}: ${what}`);
  }

  /** Ids that an engine makes hold random bits: here they are called by the order in which they came up. */
  nameOf(id: string): string {
    const name = this.#names.get(id) ?? `m${this.#names.size + 1}`;
    this.#names.set(id, name);
    return name;
  }

  toString(): string {
    return this.lines.join('\n');
  }
}
