import { checkRandomRuns } from '../../model/random-runs.js';
import type { SchedulerCase } from '../scheduler-case.js';
import { playSteps } from './player.js';
import { scheduleSteps } from './steps.js';

/** Real time for the random runs: enough to try hundreds in memory, and tens on a server. */
const boundMs = 2_000;

export const modelCases: readonly SchedulerCase[] = [
  {
    id: 'S-16',
    title: 'random calls of two processes, and time, against a model: the same answers, runs, views and figures after each step',
    needs: ['testClock'],
    timeoutMs: 20_000,
    async run(context) {
      let played = 0;
      const play = (steps: Parameters<typeof playSteps>[2]) => playSteps(context, `model-${played++}`, steps);
      await checkRandomRuns(scheduleSteps, play, { seed: Math.floor(context.random() * 2 ** 31), runs: 400, boundMs });
    },
  },
];
