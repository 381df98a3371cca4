import assert from 'node:assert/strict';
import { systemClock } from '@quayside/core';
import type { Harness } from './harness.js';
import { Lanes } from './lanes.js';
import { findContentsProblems, type Port, type PortCase, type PortName } from './port.js';
import { ports as allPorts } from './ports.js';
import { type PlannedCase, Report } from './report.js';
import { findLacking, type RunOptions, readCapabilities, runCase } from './run.js';
import { packageVersion } from './versions.js';

/** What the suite needs of a test runner: mocha's, node:test's and vitest's own functions fit. */
export interface Runner {
  readonly describe: (title: string, define: () => void) => unknown;
  readonly it: ((title: string, run: () => Promise<void>) => unknown) & {
    readonly skip: (title: string, run: () => Promise<void>) => unknown;
  };
  /** Once, after all that stands in the same `describe`: vitest calls it `afterAll`. */
  readonly after: (run: () => Promise<void>) => unknown;
}

export interface ConformanceOptions extends Partial<RunOptions> {
  /** Default: all ports. */
  readonly ports?: readonly PortName[];
  /** Runs the cases whose `id title` matches. */
  readonly grep?: string | RegExp;
  /** Cases at a time. Default: 1 on a test clock, 4 on a server's, where they mostly wait. */
  readonly concurrency?: number;
  /**
   * On a server's clock, a case that failed is run once more: a busy machine is no fault of a backend. Both tries stand in the report.
   * Nothing is tried twice on a test clock. Default false.
   */
  readonly secondTry?: boolean;
}

/**
 * Defines the suite's cases for a backend. Await it where the runner collects tests, at the top level of a test file: it opens the
 * backend once to learn what it promises. Each case has a bound of its own, so switch the runner's time-out off.
 * Answers the report, which fills as the cases run.
 *
 * @example
 * import { after, describe, it } from 'node:test';
 * await defineConformance(harness, { describe, it, after });
 */
export async function defineConformance(harness: Harness, runner: Runner, options: ConformanceOptions = {}): Promise<Report> {
  const chosen = allPorts.filter(({ name }) => options.ports === undefined || options.ports.includes(name));
  const grep = options.grep === undefined ? undefined : new RegExp(options.grep);
  const seed = options.seed ?? Math.floor(Math.random() * 2 ** 31);
  const lanes = new Lanes(options.concurrency ?? (harness.clock === 'test' ? 1 : 4));
  const capabilities = await readCapabilities(harness, chosen);
  const report = new Report({
    adapter: harness.name,
    clock: harness.clock,
    seed,
    versions: { ...(await harness.versions?.()), '@quayside/core': packageVersion('@quayside/core'), node: process.versions.node },
    capabilities: Object.fromEntries([...capabilities].map(([port, promised]) => [port.name, promised])),
  });
  runner.describe(`conformance of ${harness.name}`, () => {
    for (const port of chosen) {
      runner.describe(port.title, () => {
        if (grep === undefined) defineContentsCheck(port, runner);
        for (const row of port.cases.filter(({ id, title }) => grep === undefined || grep.test(`${id} ${title}`))) {
          const lacking = findLacking(row, harness, capabilities.get(port));
          const planned = report.plan({ port: port.name, id: row.id, title: row.title, needs: row.needs ?? [], lacking });
          if (lacking.length > 0) runner.it.skip(`${row.id} ${row.title} [lacks ${lacking.join(', ')}]`, async () => {});
          else {
            const tries = options.secondTry === true && harness.clock === 'server' ? 2 : 1;
            defineCase({ planned, row, tries, run: () => runCase(harness, row, { ...options, seed }) }, lanes, runner);
          }
        }
      });
    }
    runner.after(async () => harness.close?.());
  });
  return report;
}

function defineContentsCheck(port: Port, runner: Runner): void {
  runner.it('the table of contents lists every row, and every row has a case', async () => {
    assert.deepEqual(findContentsProblems(port), []);
  });
}

interface Defined {
  readonly planned: PlannedCase;
  readonly row: PortCase;
  readonly tries: number;
  readonly run: () => Promise<void>;
}

function defineCase({ planned, row, tries, run }: Defined, lanes: Lanes, runner: Runner): void {
  const isAlone = row.isAlone === true || planned.needs.some((need) => need.startsWith('faults.'));
  const job = async () => {
    const begun = systemClock.monotonic();
    let firstError: string | undefined;
    for (let left = tries; ; left--) {
      const durationMs = () => Math.round(systemClock.monotonic() - begun);
      try {
        await run();
        planned.result = { status: 'passed', durationMs: durationMs(), firstError };
        return;
      } catch (error) {
        planned.result = { status: 'failed', durationMs: durationMs(), error: String(error), firstError };
        if (left <= 1) throw error;
        firstError = String(error);
      }
    }
  };
  runner.it(`${planned.id} ${planned.title}`, lanes.add(job, isAlone));
}
