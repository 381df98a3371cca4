import assert from 'node:assert/strict';
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

/** Longer than the rest of the freeze after the leases ended: whoever took the messages still holds them when the late settlements come. */
const work = { concurrency: 40, handlerMs: 800 };
/** 40 a second, so that nothing waits: what comes back by its lease goes to the tail, and is taken at once. */
const pace = { inFlight: 2, pauseMs: 50 };
const leaseMs = 1_000;

async function freezesWorkers(stage: Stage) {
  const freezes = stage.size(2, 8);
  const { url } = await stage.redis();
  const fleet = stage.fleet(url, { queueOptions: { visibilityTimeout: leaseMs } });
  const [frozen] = [await fleet.work(work), await fleet.work(work)];
  const producer = await fleet.produce(Number.MAX_SAFE_INTEGER, pace);
  for (let count = 0; count < freezes; count++) {
    await fleet.completes(stage.size(50, 200));
    frozen.freeze();
    await pause(leaseMs * 1.5);
    frozen.thaw();
  }
  await fleet.completes(50);
  await producer.enough();
  const account = await fleet.finish();
  assert.ok(account.refused > 0, 'settlements came late, else this shows nothing');
  return { ...assertKept(account), note: `${freezes} freezes, ${account.refused} late settlements refused` };
}
