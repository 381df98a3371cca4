import type { QueueStore } from '@quayside/core';
import fc from 'fast-check';
import { steps } from './arbitraries.js';
import { Player, type PlayerTime } from './player.js';

export interface ModelRuns {
  readonly seed: number;
  /** At the most; fewer where the time is over. */
  readonly runs: number;
  /** Real time for all runs, the search for a short counterexample included. */
  readonly boundMs: number;
}

/**
 * Plays random runs on fresh stores, each beside the model. Rejects with the shortest failing run that was found, as calls and
 * answers. The same seed makes the same runs.
 */
export async function checkAgainstModel(openStore: (run: number) => QueueStore, time: PlayerTime, options: ModelRuns): Promise<void> {
  let opened = 0;
  const property = fc.asyncProperty(steps, (run) => new Player(openStore(opened++), time).play(run));
  const details = await fc.check(property, {
    seed: options.seed,
    numRuns: options.runs,
    interruptAfterTimeLimit: options.boundMs,
  });
  if (!details.failed) return;
  const error = details.errorInstance;
  const told = error instanceof Error ? error.message : String(error);
  const where = `run ${details.numRuns} of seed ${details.seed}, made shorter ${details.numShrinks} times`;
  throw new Error(`the store and the model disagree (${where}): ${told}`, { cause: error });
}
