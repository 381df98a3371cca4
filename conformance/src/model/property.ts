import type { QueueStore } from '@quayside/core';
import { steps } from './arbitraries.js';
import { Player, type PlayerTime } from './player.js';
import { checkRandomRuns, type RandomRuns } from './random-runs.js';

/** Plays random runs on fresh stores, each beside the model. Rejects with the calls and answers that end in a `Disagreement`. */
export function checkAgainstModel(openStore: (run: number) => QueueStore, time: PlayerTime, options: RandomRuns): Promise<void> {
  let opened = 0;
  return checkRandomRuns(steps, (run) => new Player(openStore(opened++), time).play(run), options);
}
