import type { Harness } from '../harness.js';
import type { PortCase } from '../port.js';
import { ports } from '../ports.js';
import { runCase } from '../run.js';
import type { Runner } from '../suite.js';
import type { PlantedBug } from './bug.js';
import { plantedBugs } from './bugs.js';

/** A row that fails is to fail soon: by an assertion, or by these bounds in real time. */
const patienceMs = 250;
const caseTimeoutMs = 5_000;

interface RowVerdict {
  readonly row: string;
  readonly isCaught: boolean;
  /** How the row failed. */
  readonly how?: string;
}

export class PlantedReport {
  readonly verdicts: { readonly bug: PlantedBug; readonly rows: readonly RowVerdict[] }[] = [];

  toJSON(): object {
    return this.verdicts.map(({ bug, rows }) => ({ bug: bug.name, rows }));
  }

  toString(): string {
    return this.verdicts
      .map(
        ({ bug, rows }) =>
          `${bug.name.padEnd(60)} ${rows.map(({ row, isCaught }) => `${row} ${isCaught ? 'caught' : 'MISSED'}`).join(', ')}`,
      )
      .join('\n');
  }
}

/** Defines one test for each planted bug: each row named beside it must fail. */
export function definePlanted(
  harness: Harness,
  runner: Runner,
  { grep, seed = 1 }: { readonly grep?: string; readonly seed?: number } = {},
): PlantedReport {
  const report = new PlantedReport();
  const pattern = grep === undefined ? undefined : new RegExp(grep);
  runner.describe(`planted bugs in ${harness.name}`, () => {
    for (const bug of plantedBugs) {
      const title = `${bug.name}: caught by ${bug.caughtBy.join(', ')}`;
      if (pattern !== undefined && !pattern.test(title)) continue;
      runner.it(title, async () => {
        const spoiled = bug.plant(harness);
        const rows: RowVerdict[] = [];
        for (const row of bug.caughtBy) rows.push(await judgeRow(row, spoiled, seed));
        report.verdicts.push({ bug, rows });
        const missed = rows.filter(({ isCaught }) => !isCaught).map(({ row }) => row);
        if (missed.length > 0) throw new Error(`not noticed by ${missed.join(', ')}`);
      });
    }
  });
  return report;
}

/** A row notices the bug where one of its cases fails. */
async function judgeRow(row: string, harness: Harness, seed: number): Promise<RowVerdict> {
  for (const candidate of casesOf(row)) {
    try {
      await runCase(harness, { ...candidate, timeoutMs: undefined }, { seed, patienceMs, caseTimeoutMs });
    } catch (error) {
      return { row, isCaught: true, how: `${candidate.title}: ${String(error).split('\n')[0]}` };
    }
  }
  return { row, isCaught: false };
}

function casesOf(row: string): readonly PortCase[] {
  return ports.flatMap((port) => port.cases.filter(({ id }) => id === row));
}
