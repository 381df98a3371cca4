import assert from 'node:assert/strict';
import { Lanes } from '../lanes.js';
import type { Runner } from '../suite.js';
import { faultContents } from './contents.js';
import type { FaultCase } from './fault-case.js';
import { FaultReport } from './fault-report.js';
import { faultCases } from './rows.js';
import { Stage, type StageOptions } from './stage.js';

export interface FaultOptions extends Partial<Omit<StageOptions, 'backend'>> {
  /** Default: all that a row is for. */
  readonly backend?: string;
  /** Runs the rows whose `id title` matches. */
  readonly grep?: string;
  /** A row that failed is played once more, since a busy machine is no fault of a backend; the report tells both. Default false. */
  readonly secondTry?: boolean;
}

/** They mostly wait, each for servers and processes of its own. */
const rowsAtATime = 2;

/** Defines the rows of real processes and servers. Each has a bound of its own. Answers the report, which fills as they run. */
export function defineFaults(
  runner: Runner,
  { backend: chosen, grep, secondTry = false, isLong = false, seed = Math.floor(Math.random() * 2 ** 31) }: FaultOptions = {},
): FaultReport {
  const report = new FaultReport(seed);
  const lanes = new Lanes(rowsAtATime);
  const wanted = grep === undefined ? undefined : new RegExp(grep);
  runner.describe(`faults, ${isLong ? 'long' : 'short'}`, () => {
    if (wanted === undefined && chosen === undefined) {
      runner.it('the table of contents lists every row, and every row has a case', async () => {
        assert.deepEqual([...new Set(faultCases.map(({ id }) => id))].toSorted(), [...faultContents].toSorted());
      });
    }
    for (const row of faultCases.filter(({ id, title }) => wanted?.test(`${id} ${title}`) !== false)) {
      for (const backend of row.backends.filter((one) => chosen === undefined || one === chosen)) {
        runner.it(
          `${row.id} ${row.title} [${backend}]`,
          lanes.add(() => playAgain(row, { backend, isLong, seed }, report, secondTry), false),
        );
      }
    }
  });
  return report;
}

async function playAgain(row: FaultCase, options: StageOptions, report: FaultReport, mayFailOnce: boolean): Promise<void> {
  try {
    await play(row, options, report);
  } catch (error) {
    if (!mayFailOnce) throw error;
    report.tellFailure(`${row.id} [${options.backend}] failed at its first try: ${error}`);
    await play(row, options, report);
  }
}

async function play(row: FaultCase, options: StageOptions, report: FaultReport): Promise<void> {
  const stage = new Stage(options, `${row.id} ${row.title}`);
  const begun = performance.now();
  try {
    const result = await row.run(stage);
    report.add({ id: row.id, title: row.title, backend: options.backend, seconds: (performance.now() - begun) / 1000, result });
  } finally {
    await stage.end();
  }
}
