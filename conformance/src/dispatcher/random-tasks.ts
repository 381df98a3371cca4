import { checkRandomRuns } from '../model/random-runs.js';
import type { DispatcherContext } from './context.js';
import type { DispatcherCase } from './dispatcher-case.js';
import { RandomRun } from './random-run.js';
import { steps } from './random-steps.js';

export const randomTaskCases: readonly DispatcherCase[] = [
  {
    id: 'D-03',
    title: 'in random runs with retries, cancels, timeouts, crashes and lost replies a task makes allowed moves only, and ends once',
    needs: ['testClock'],
    timeoutMs: 30_000,
    run: playsByTheTable,
  },
];

async function playsByTheTable(context: DispatcherContext): Promise<void> {
  let played = 0;
  const play = (run: Parameters<RandomRun['play']>[0]) => new RandomRun(context, `run-${++played}`).play(run);
  await checkRandomRuns(steps, play, { seed: context.scope.seed, runs: 60, boundMs: 4_000 });
}
