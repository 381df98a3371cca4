import type { FaultResult } from './fault-case.js';

export interface FaultLine {
  readonly id: string;
  readonly title: string;
  readonly backend: string;
  readonly seconds: number;
  readonly result: FaultResult;
}

const columns = ['published', 'acknowledged', 'completed', 'unanswered', 'dead', 'duplicates', 'lost', 'recoveryMs'] as const;

/** What each row counted, as text and as JSON. */
export class FaultReport {
  readonly seed: number;
  readonly lines: FaultLine[] = [];
  /** Of rows that were played once more. */
  readonly failures: string[] = [];

  constructor(seed: number) {
    this.seed = seed;
  }

  add(line: FaultLine): void {
    this.lines.push(line);
  }

  tellFailure(failure: string): void {
    this.failures.push(failure);
  }

  toJSON(): object {
    return { seed: this.seed, lines: this.lines, failures: this.failures };
  }

  toString(): string {
    const head = ['row', 'backend', ...columns.map((name) => (name === 'recoveryMs' ? 'recovery ms' : name)), 'seconds', 'note'];
    const rows = this.lines.map(({ id, backend, seconds, result }) => [
      id,
      backend,
      ...columns.map((name) => (result[name] === undefined ? '' : String(Math.round(result[name])))),
      seconds.toFixed(1),
      result.note ?? '',
    ]);
    const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
    const line = (cells: readonly string[]) =>
      cells
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd();
    return [`faults, seed ${this.seed}`, line(head), ...rows.map(line), ...this.failures].join('\n');
  }
}
