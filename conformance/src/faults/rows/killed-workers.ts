import assert from 'node:assert/strict';
import type { FaultCase } from '../fault-case.js';
import { assertKept, type Stage } from '../stage.js';

const concurrency = 10;
const work = { concurrency, handlerMs: 50 };
/** 400 a second, and three workers can do 600: there is always something in their hands, and never much more. */
const pace = { inFlight: 20, pauseMs: 50 };

export const killedWorkersCases: readonly FaultCase[] = [
  {
    id: 'F-01',
    title: 'workers that are killed in their handlers, one after the other: nothing is lost, and no more runs twice than they had begun',
    backends: ['redis', 'bullmq'],
    run: killsWorkers,
  },
];

async function killsWorkers(stage: Stage) {
  const kills = stage.size(6, 20);
  const { url } = await stage.redis();
  const fleet = stage.fleet(url);
  for (let count = 0; count < 3; count++) await fleet.work(work);
  const producer = await fleet.produce(Number.MAX_SAFE_INTEGER, pace);
  let recoveryMs = 0;
  for (let count = 0; count < kills; count++) {
    await fleet.completes(stage.size(100, 500));
    const victim = fleet.workers[Math.floor(stage.random() * fleet.workers.length)];
    await victim?.kill();
    await fleet.work(work);
    recoveryMs = Math.max(recoveryMs, await fleet.recovery(10_000));
  }
  await producer.enough();
  const account = await fleet.finish();
  assert.ok(account.duplicates <= kills * concurrency, `${account.duplicates} ran twice`);
  return { ...assertKept(account), recoveryMs, note: `${kills} kills` };
}
