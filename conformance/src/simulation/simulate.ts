import { systemClock } from '@quayside/core';
import type { Harness } from '../harness.js';
import { harness as memory } from '../harnesses/memory.js';
import { simulateDispatcher } from './dispatcher.js';
import { simulatePubSub } from './pubsub.js';
import { simulateQueue } from './queue.js';
import { simulateScheduler } from './scheduler.js';
import type { Fault } from './weather.js';
import { World } from './world.js';

/** Plays one run in its world; answers what was broken in it. */
export type Simulation = (world: World) => Promise<readonly string[]>;

export const simulations = {
  queue: simulateQueue,
  scheduler: simulateScheduler,
  dispatcher: simulateDispatcher,
  pubsub: simulatePubSub,
} as const satisfies Record<string, Simulation>;

export type SimulatedPort = keyof typeof simulations;
export const simulatedPorts = Object.keys(simulations) as readonly SimulatedPort[];

export interface SimulateOptions {
  /** Default: all. */
  readonly ports?: readonly SimulatedPort[];
  /** So many runs of each port. Default: as many as fit. */
  readonly seeds?: number;
  /** Real time for each port. Default: none is set. */
  readonly durationMs?: number;
  /** The first seed; the next one is higher by 1. Default 1. */
  readonly firstSeed?: number;
  /** On a test clock. Default: the memory backend. */
  readonly harness?: Harness;
}

export interface SimulationRun {
  readonly port: SimulatedPort;
  readonly seed: number;
  readonly violations: readonly string[];
  readonly chronicle: string;
  readonly faults: ReadonlyMap<Fault, number>;
}

export interface SimulationResult {
  readonly port: SimulatedPort;
  readonly firstSeed: number;
  readonly runs: number;
  readonly faults: ReadonlyMap<Fault, number>;
  /** The first run that broke something: none is played after it. */
  readonly failure?: SimulationRun;
}

/** Plays one run. The same seed makes the same run, and the same chronicle. */
export async function playSeed(port: SimulatedPort, seed: number, harness: Harness = memory): Promise<SimulationRun> {
  const world = await World.open(harness, seed);
  let violations: readonly string[];
  try {
    violations = await simulations[port](world);
  } catch (error) {
    violations = [error instanceof Error ? (error.stack ?? error.message) : String(error)];
  }
  const { faults, chronicle } = world;
  const text = chronicle.toString();
  await world.end().catch((error: unknown) => {
    violations = [...violations, `at the end: ${error}`];
  });
  return { port, seed, violations, chronicle: text, faults };
}

/** Plays seed after seed of each port, until one breaks something, or `seeds` or `durationMs` is reached. */
export async function simulate(options: SimulateOptions): Promise<readonly SimulationResult[]> {
  const results: SimulationResult[] = [];
  for (const port of options.ports ?? simulatedPorts) results.push(await simulatePort(port, options));
  return results;
}

async function simulatePort(port: SimulatedPort, options: SimulateOptions): Promise<SimulationResult> {
  const { seeds = Number.POSITIVE_INFINITY, durationMs = Number.POSITIVE_INFINITY, firstSeed = 1, harness } = options;
  const begun = systemClock.monotonic();
  const faults = new Map<Fault, number>();
  let runs = 0;
  while (runs < seeds && systemClock.monotonic() - begun < durationMs) {
    const run = await playSeed(port, firstSeed + runs++, harness);
    for (const [fault, count] of run.faults) faults.set(fault, (faults.get(fault) ?? 0) + count);
    if (run.violations.length > 0) return { port, firstSeed, runs, faults, failure: run };
  }
  return { port, firstSeed, runs, faults };
}
