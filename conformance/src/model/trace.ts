import { inspect } from 'node:util';

interface Call {
  readonly what: string;
  readonly args: readonly unknown[];
  readonly answer: unknown;
}

const show = (value: unknown): string => inspect(value, { depth: 6, breakLength: Number.POSITIVE_INFINITY, compact: true });

/** The calls of one run, to be read by whoever must mend the store. Text is made only when asked for. */
export class Trace {
  readonly #calls: Call[] = [];

  add(what: string, args: readonly unknown[], answer: unknown): void {
    this.#calls.push({ what, args, answer });
  }

  toString(): string {
    return this.#calls
      .map(({ what, args, answer }, index) => {
        const told = answer === undefined ? '' : ` -> ${show(answer)}`;
        return `  ${index + 1}. ${what}(${args.map(show).join(', ')})${told}`;
      })
      .join('\n');
  }
}

/** The store did something else than the model: what it must mend stands at the end of the trace. */
export class Disagreement extends Error {
  constructor(what: string, expected: unknown, actual: unknown, trace: Trace) {
    super(
      `the store and the model disagree about ${what}\n  the port asks for: ${show(expected)}\n  the store answers: ${show(actual)}\nafter\n${trace}`,
    );
    this.name = 'Disagreement';
  }
}
