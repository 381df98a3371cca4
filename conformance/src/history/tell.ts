import { inspect } from 'node:util';
import type { HistoryFile } from './checker.js';
import type { Violation } from './violation.js';

/** More would only be more of the same. */
const mostTold = 10;

/** The violations, and all that was written down of the first message concerned. */
export function tellHistory(violations: readonly Violation[], files: readonly HistoryFile[]): string {
  const told = violations.slice(0, mostTold).map(({ rule, id, detail }) => `  ${rule}${id === undefined ? '' : ` ${id}`}: ${detail}`);
  const more = violations.length > mostTold ? [`  and ${violations.length - mostTold} more`] : [];
  const first = violations.find(({ id }) => id !== undefined)?.id;
  const lines = first === undefined ? [] : linesOf(first, files);
  return ['the history breaks the promises of the queue:', ...told, ...more, ...lines].join('\n');
}

function linesOf(id: string, files: readonly HistoryFile[]): readonly string[] {
  const told = files.flatMap(({ name, lines }) =>
    [...lines]
      .filter((line) => line.id === id)
      .map(
        ({ seq, queue: _queue, id: _id, ...rest }) => `  ${name}, line ${seq}: ${inspect(rest, { breakLength: Number.POSITIVE_INFINITY })}`,
      ),
  );
  return [`of ${id} was written:`, ...told];
}
