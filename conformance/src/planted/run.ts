import { lackingNeeds } from '../case.js';
import type { Harness } from '../harness.js';
import type { Port, PortCase } from '../port.js';
import { ports } from '../ports.js';
import { findLacking, readCapabilities, runCase } from '../run.js';
import type { Runner } from '../suite.js';
import type { PlantedBug } from './bug.js';
import { plantedBugs } from './bugs.js';

/** A row that fails is to fail soon: by an assertion, or by these bounds in real time; a long case has its own. */
const bounds = {
  test: { patienceMs: 250, caseTimeoutMs: 5_000 },
  server: { patienceMs: 2_000, caseTimeoutMs: 10_000 },
} as const;

interface RowVerdict {
  readonly row: string;
  /** `fails-anyway`: without the bug too, so that its failure proves nothing. `skipped`: the backend lacks what its cases need. */
  readonly verdict: 'caught' | 'missed' | 'fails-anyway' | 'skipped';
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

export interface PlantedOptions {
  readonly grep?: string;
  readonly seed?: number;
}

/**
 * Defines one test for each planted bug. On the memory backend each row named beside it must fail with it, and pass without it. Elsewhere
 * one such row is enough: a bug that remembers something does so in its own process, and others of the case may not see it. Where a
 * backend can run none of a bug's rows, the bug is skipped by name.
 */
export async function definePlanted(harness: Harness, runner: Runner, { grep, seed = 1 }: PlantedOptions = {}): Promise<PlantedReport> {
  const report = new PlantedReport();
  const pattern = grep === undefined ? undefined : new RegExp(grep);
  const judge = new RowJudge(harness, await readCapabilities(harness, ports), seed);
  runner.describe(`planted bugs in ${harness.name}`, () => {
    for (const bug of plantedBugs) {
      const title = `${bug.name}: caught by ${bug.caughtBy.join(', ')}`;
      if (pattern !== undefined && !pattern.test(title)) continue;
      const reason = judge.reasonToSkip(bug);
      if (reason !== undefined) {
        runner.it.skip(`${title} [${reason}]`, async () => {});
        report.verdicts.push({ bug, rows: bug.caughtBy.map((row) => ({ row, verdict: 'skipped' })) });
        continue;
      }
      runner.it(title, async () => {
        const spoiled = bug.plant(harness);
        const rows: RowVerdict[] = [];
        for (const row of bug.caughtBy) rows.push(await judge.judge(row, spoiled));
        report.verdicts.push({ bug, rows });
        const wrong = rows.filter(({ verdict }) => verdict === 'missed' || verdict === 'fails-anyway');
        const isEnough = harness.name !== 'memory' && rows.some(({ verdict }) => verdict === 'caught');
        if (wrong.length > 0 && !isEnough)
          throw new Error(wrong.map(({ row, verdict, how = '' }) => `${row} ${verdict} ${how}`).join('; '));
      });
    }
    runner.after(async () => harness.close?.());
  });
  return report;
}

/** Runs rows with a bug and without. What each does without is looked up once. */
class RowJudge {
  readonly #harness: Harness;
  readonly #seed: number;
  readonly #capabilities: ReadonlyMap<Port, object | undefined>;
  readonly #sound = new Map<string, Promise<string | undefined>>();

  constructor(harness: Harness, capabilities: ReadonlyMap<Port, object | undefined>, seed: number) {
    this.#harness = harness;
    this.#capabilities = capabilities;
    this.#seed = seed;
  }

  /** Why the backend can't have the bug, or can't show it. */
  reasonToSkip({ caughtBy, needs = [] }: PlantedBug): string | undefined {
    const port = ports.find(({ cases }) => cases.some(({ id }) => id === caughtBy[0]));
    const promised = (port && this.#capabilities.get(port)) ?? {};
    const lacking = lackingNeeds(needs, this.#harness, promised);
    if (lacking.length > 0) return `lacks ${lacking.join(', ')}`;
    return caughtBy.some((row) => this.#canRun(row)) ? undefined : `${this.#harness.name} can run none of these`;
  }

  #canRun(row: string): boolean {
    return this.#casesOf(row).length > 0;
  }

  async judge(row: string, spoiled: Harness): Promise<RowVerdict> {
    if (!this.#canRun(row)) return { row, verdict: 'skipped' };
    const sound = this.#sound.get(row) ?? this.#findFailure(row, this.#harness);
    this.#sound.set(row, sound);
    const before = await sound;
    if (before !== undefined) return { row, verdict: 'fails-anyway', how: before };
    const how = await this.#findFailure(row, spoiled);
    return how === undefined ? { row, verdict: 'missed' } : { row, verdict: 'caught', how };
  }

  /** The first failure among a row's cases; `undefined` where all pass. */
  async #findFailure(row: string, harness: Harness): Promise<string | undefined> {
    for (const candidate of this.#casesOf(row)) {
      try {
        await runCase(harness, candidate, { seed: this.#seed, ...bounds[harness.clock] });
      } catch (error) {
        return `${candidate.title}: ${String(error).replaceAll(/\s+/g, ' ').slice(0, 300)}`;
      }
    }
    return undefined;
  }

  #casesOf(row: string): readonly PortCase[] {
    return ports.flatMap((port) =>
      port.cases.filter(
        (candidate) => candidate.id === row && findLacking(candidate, this.#harness, this.#capabilities.get(port)).length === 0,
      ),
    );
  }
}
