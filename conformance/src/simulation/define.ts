import type { Runner } from '../suite.js';
import { playSeed, type SimulationResult, type SimulationRun, simulate, simulatedPorts } from './simulate.js';
import { faults } from './weather.js';

export interface SimulationOptions {
  /** Only ports whose title matches. */
  readonly grep?: string;
  /** So many runs of each port. Default 300. */
  readonly seeds?: number;
  /** One run of each port, whose chronicle is told. */
  readonly seed?: number;
}

/** Real time for each port: a busy machine plays fewer seeds, and the report says how many. */
const boundMs = 10_000;
/** Fewer would show nothing. */
const leastRuns = 20;

export class SimulationReport {
  readonly results: SimulationResult[] = [];
  /** Of a single seed, played to be looked at. */
  readonly played: SimulationRun[] = [];

  toJSON(): object {
    return {
      ports: this.results.map(({ port, runs, firstSeed, faults: counts, failure }) => ({
        port,
        runs,
        firstSeed,
        faults: Object.fromEntries(counts),
        failedSeed: failure?.seed,
        violations: failure?.violations,
      })),
      played: this.played.map(({ port, seed, violations, chronicle }) => ({ port, seed, violations, chronicle })),
    };
  }

  toString(): string {
    const told = this.results.map(({ port, runs, firstSeed, faults: counts }) => {
      const met = faults.map((fault) => `${counts.get(fault) ?? 0} ${fault}`).join(', ');
      return `${port}: ${runs} runs from seed ${firstSeed}: ${met}`;
    });
    return [...this.played.map(({ port, seed, chronicle }) => `${port}, seed ${seed}:\n${chronicle}`), ...told].join('\n');
  }
}

/** Defines one test for each port. */
export function defineSimulation(runner: Runner, { grep, seeds = 300, seed }: SimulationOptions = {}): SimulationReport {
  const report = new SimulationReport();
  const pattern = grep === undefined ? undefined : new RegExp(grep);
  runner.describe('simulation', () => {
    for (const port of simulatedPorts) {
      const title = seed === undefined ? `${port}: ${seeds} seeds keep every promise` : `${port}: seed ${seed} keeps every promise`;
      if (pattern !== undefined && !pattern.test(title)) continue;
      runner.it(title, async () => {
        if (seed !== undefined) {
          const run = await playSeed(port, seed);
          report.played.push(run);
          throwWhereBroken(run);
          return;
        }
        for (const result of await simulate({ ports: [port], seeds, durationMs: boundMs })) {
          report.results.push(result);
          throwWhereBroken(result.failure);
          if (result.runs < Math.min(seeds, leastRuns)) throw new Error(`only ${result.runs} runs of ${port} ended within ${boundMs} ms`);
        }
      });
    }
  });
  return report;
}

function throwWhereBroken(run: SimulationRun | undefined): void {
  if (run === undefined || run.violations.length === 0) return;
  const replay = `npm run conformance -- --simulation --seed ${run.seed} --grep ${run.port}`;
  throw new Error([`seed ${run.seed} of ${run.port} (${replay} shows all of it):`, ...run.violations].join('\n'));
}
