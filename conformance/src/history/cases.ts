import { checkRandomRuns } from '../model/random-runs.js';
import type { QueueCase } from '../queue/queue-case.js';
import { type Plan, plans } from './plan.js';
import { Story } from './story.js';

export const historyCases: readonly QueueCase[] = [
  {
    id: 'Q-91',
    title:
      'histories of 4 producers and 4 workers under failures, time-outs, cancels, freezes and crashes keep every promise and equal the statistics',
    timeoutMs: 30_000,
    async run(context) {
      let played = 0;
      const play = (plan: Plan) => new Story(context, `history-${played++}`).play(plan);
      await checkRandomRuns(plans, play, { seed: context.scope.seed, runs: 50, boundMs: 10_000 });
    },
  },
];
