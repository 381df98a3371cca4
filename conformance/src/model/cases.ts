import type { QueueCase } from '../queue/queue-case.js';
import { checkAgainstModel } from './property.js';

/** Every run is an exact story, so this needs time that stands still between two calls. */
export const modelCases: readonly QueueCase[] = [
  {
    id: 'Q-90',
    title: 'random runs of every store call show the same states, places, counts and leases as a plain model of the port',
    needs: ['testClock'],
    timeoutMs: 25_000,
    async run(context) {
      const { clock } = context.scope.time;
      const time = { clock, advance: context.advance.bind(context) };
      await checkAgainstModel((run) => context.store(`model-${run}`), time, { seed: context.scope.seed, runs: 1_000, boundMs: 15_000 });
    },
  },
];
