import assert from 'node:assert/strict';
import type { FaultCase } from '../fault-case.js';
import { assertKept, type Stage } from '../stage.js';

/** Slow enough that there is work left for the last of those that are killed. */
const work = { concurrency: 10, handlerMs: 50 };

export const killedWorkersCases: readonly FaultCase[] = [
  {
    id: 'F-01',
    title: 'workers that are killed in their handlers, one after the other: nothing is lost, and no more runs twice than they had begun',
    backends: ['redis', 'bullmq'],
    run: killsWorkers,
  },
];

async function killsWorkers(stage: Stage) {
  const messages = stage.size(2_000, 10_000);
  const kills = stage.size(6, 20);
  const { url } = await stage.redis();
  const fleet = stage.fleet(url);
  for (let count = 0; count < 3; count++) await fleet.work(work);
  await fleet.produce(messages);
  let recoveryMs = 0;
  for (let count = 0; count < kills; count++) {
    await fleet.completes(Math.floor(messages / (kills * 3)));
    const victim = fleet.workers[Math.floor(stage.random() * fleet.workers.length)];
    await victim?.kill();
    await fleet.work(work);
    recoveryMs = Math.max(recoveryMs, await fleet.recovery(10_000));
  }
  const account = await fleet.finish();
  assert.equal(account.published, messages);
  assert.ok(account.duplicates <= kills * work.concurrency, `${account.duplicates} ran twice`);
  return { ...assertKept(account), recoveryMs, note: `${kills} kills` };
}
