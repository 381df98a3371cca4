import type { StressBackend, StressResult } from './part.js';

export interface StressLine extends StressResult {
  readonly part: string;
  readonly backend: StressBackend;
  readonly seconds: number;
}

/** What a run showed, as a table and as JSON. */
export class StressReport {
  readonly seed: number;
  readonly lines: StressLine[] = [];

  constructor(seed: number) {
    this.seed = seed;
  }

  get isWhole(): boolean {
    return this.lines.every(({ broken }) => broken.length === 0);
  }

  toJSON(): object {
    return { seed: this.seed, node: process.versions.node, lines: this.lines };
  }

  toString(): string {
    const rows = this.lines.map(({ part, backend, seconds, broken, figures }) => [
      part,
      backend,
      seconds.toFixed(1),
      broken.length === 0 ? 'kept' : 'BROKEN',
      Object.entries(figures)
        .map(([name, value]) => `${name} ${typeof value === 'number' ? round(value) : value}`)
        .join(', '),
    ]);
    const table = [['part', 'backend', 'seconds', 'promises', 'figures'], ...rows];
    const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
    const lines = table.map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
    const broken = this.lines.flatMap((line) => line.broken.map((what) => `  ${line.part} on ${line.backend}: ${what}`));
    return [`stress, seed ${this.seed}`, ...lines, ...(broken.length > 0 ? ['broken promises:', ...broken] : [])].join('\n');
  }
}

/** Three digits that mean something. */
function round(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(3)));
}
