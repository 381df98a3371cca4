import type { Harness } from '../harness.js';
import type { PortCase } from '../port.js';
import { ports } from '../ports.js';
import { findLacking, readCapabilities, runCase } from '../run.js';
import type { Runner } from '../suite.js';
import type { PlantedBug } from './bug.js';
import { plantedBugs } from './bugs.js';

/** A row that fails is to fail soon: by an assertion, or by these bounds in real time; a long case has its own. */
const patienceMs = 250;
const caseTimeoutMs = 5_000;

interface RowVerdict {
  readonly row: string;
  /** `fails-anyway`: without the bug too, so that its failure proves nothing. */
  readonly verdict: 'caught' | 'missed' | 'fails-anyway';
  /** How the row failed. */
  readonly how?: string;
}

export class PlantedReport {
  readonly verdicts: { readonly bug: PlantedBug; readonly rows: readonly RowVerdict[] }[] = [];

  toJSON(): object {
    return this.verdicts.map(({ bug, rows }) => ({ bug: bug.name, rows }));
  }

  toString(): string {
    const width = Math.max(...this.verdicts.map(({ bug }) => bug.name.length));
    return this.verdicts
      .map(({ bug, rows }) => `${bug.name.padEnd(width)}  ${rows.map(({ row, verdict }) => `${row} ${verdict}`).join(', ')}`)
      .join('\n');
  }
}

/** Defines one test for each planted bug: each row named beside it must fail with it, and pass without it. */
export function definePlanted(
  harness: Harness,
  runner: Runner,
  { grep, seed = 1 }: { readonly grep?: string; readonly seed?: number } = {},
): PlantedReport {
  const report = new PlantedReport();
  const pattern = grep === undefined ? undefined : new RegExp(grep);
  const sound = new SoundRows(harness, seed);
  runner.describe(`planted bugs in ${harness.name}`, () => {
    for (const bug of plantedBugs) {
      const title = `${bug.name}: caught by ${bug.caughtBy.join(', ')}`;
      if (pattern !== undefined && !pattern.test(title)) continue;
      runner.it(title, async () => {
        const spoiled = bug.plant(harness);
        const rows: RowVerdict[] = [];
        for (const row of bug.caughtBy) rows.push(await judgeRow(row, spoiled, sound, seed));
        report.verdicts.push({ bug, rows });
        const wrong = rows.filter(({ verdict }) => verdict !== 'caught');
        if (wrong.length > 0) throw new Error(wrong.map(({ row, verdict, how = '' }) => `${row} ${verdict} ${how}`).join('; '));
      });
    }
  });
  return report;
}

async function judgeRow(row: string, spoiled: Harness, sound: SoundRows, seed: number): Promise<RowVerdict> {
  const before = await sound.failure(row);
  if (before !== undefined) return { row, verdict: 'fails-anyway', how: before };
  const how = await findFailure(row, spoiled, seed);
  return how === undefined ? { row, verdict: 'missed' } : { row, verdict: 'caught', how };
}

/** What each row does without a bug, looked up once. */
class SoundRows {
  readonly #harness: Harness;
  readonly #seed: number;
  readonly #failures = new Map<string, Promise<string | undefined>>();

  constructor(harness: Harness, seed: number) {
    this.#harness = harness;
    this.#seed = seed;
  }

  failure(row: string): Promise<string | undefined> {
    const failure = this.#failures.get(row) ?? findFailure(row, this.#harness, this.#seed);
    this.#failures.set(row, failure);
    return failure;
  }
}

/** The first failure among a row's cases; `undefined` where all pass. */
async function findFailure(row: string, harness: Harness, seed: number): Promise<string | undefined> {
  for (const candidate of await runnableCases(row, harness)) {
    try {
      await runCase(harness, candidate, { seed, patienceMs, caseTimeoutMs });
    } catch (error) {
      return `${candidate.title}: ${String(error).replaceAll(/\s+/g, ' ').slice(0, 300)}`;
    }
  }
  return undefined;
}

async function runnableCases(row: string, harness: Harness): Promise<readonly PortCase[]> {
  const capabilities = await readCapabilities(harness, ports);
  return ports.flatMap((port) =>
    port.cases.filter((candidate) => candidate.id === row && findLacking(candidate, harness, capabilities.get(port)).length === 0),
  );
}
