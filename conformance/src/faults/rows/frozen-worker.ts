import { setTimeout as pause } from 'node:timers/promises';
import type { FaultCase } from '../fault-case.js';
import { assertKept, type Stage } from '../stage.js';

export const frozenWorkerCases: readonly FaultCase[] = [
  {
    id: 'F-04',
    title: 'a worker that is frozen past its lease and goes on: its late settlements change nothing',
    backends: ['redis', 'bullmq'],
    run: freezesWorkers,
  },
];

async function freezesWorkers(stage: Stage) {
  const messages = stage.size(2_000, 10_000);
  const freezes = stage.size(2, 8);
  const { url } = await stage.redis();
  const fleet = stage.fleet(url, { queueOptions: { visibilityTimeout: '1s' } });
  const [frozen] = [await fleet.work({ handlerMs: 20 }), await fleet.work({ handlerMs: 20 })];
  await fleet.produce(messages);
  for (let count = 0; count < freezes; count++) {
    await fleet.completes(Math.floor(messages / (freezes * 4)));
    frozen.freeze();
    // Past its leases: the other one has its messages by then.
    await pause(1_500);
    await fleet.completes(1);
    frozen.thaw();
  }
  const account = await fleet.finish();
  return { ...assertKept(account), note: `${freezes} freezes` };
}
