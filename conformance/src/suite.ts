import assert from 'node:assert/strict';
import { systemClock } from '@quayside/core';
import type { Harness } from './harness.js';
import { findContentsProblems, type Port, type PortCase, type PortName } from './port.js';
import { ports as allPorts } from './ports.js';
import { Report } from './report.js';
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
        for (const row of port.cases) {
          if (grep === undefined || grep.test(`${row.id} ${row.title}`)) {
            defineCase(harness, port, row, runner, report, { ...options, seed, capabilities: capabilities.get(port) });
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

function defineCase(
  harness: Harness,
  port: Port,
  row: PortCase,
  runner: Runner,
  report: Report,
  options: RunOptions & { readonly capabilities: object | undefined },
): void {
  const title = `${row.id} ${row.title}`;
  const head = { port: port.name, id: row.id, title: row.title, needs: row.needs ?? [] };
  const lacking = findLacking(row, harness, options.capabilities);
  if (lacking.length > 0) {
    report.results.push({ ...head, status: 'skipped', lacking, durationMs: 0 });
    runner.it.skip(`${title} [lacks ${lacking.join(', ')}]`, async () => {});
    return;
  }
  runner.it(title, async () => {
    const begun = systemClock.monotonic();
    const durationMs = () => Math.round(systemClock.monotonic() - begun);
    try {
      await runCase(harness, row, options);
      report.results.push({ ...head, status: 'passed', lacking, durationMs: durationMs() });
    } catch (error) {
      report.results.push({ ...head, status: 'failed', lacking, durationMs: durationMs(), error: String(error) });
      throw error;
    }
  });
}
