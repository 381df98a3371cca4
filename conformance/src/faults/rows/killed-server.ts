import assert from 'node:assert/strict';
import type { FaultCase } from '../fault-case.js';
import { assertKept, type Stage } from '../stage.js';

export const killedServerCases: readonly FaultCase[] = [
  {
    id: 'F-02',
    title: 'a server that is killed and started again, with every write synced: nothing acknowledged is lost',
    backends: ['redis', 'bullmq'],
    run: (stage) => killsServer(stage, 'always'),
  },
  {
    id: 'F-03',
    title: 'the same with a sync each second: nothing is lost, since the kernel has the data',
    backends: ['redis', 'bullmq'],
    run: (stage) => killsServer(stage, 'everysec'),
  },
];

async function killsServer(stage: Stage, appendFsync: 'always' | 'everysec') {
  const messages = stage.size(2_000, 20_000);
  const kills = stage.size(3, 10);
  const { url, control } = await stage.redis({ appendFsync });
  const fleet = stage.fleet(url);
  for (let count = 0; count < 2; count++) await fleet.work();
  await fleet.produce(messages);
  let recoveryMs = 0;
  for (let count = 0; count < kills; count++) {
    await fleet.completes(Math.floor(messages / (kills * 3)));
    await control.kill();
    await control.restart();
    recoveryMs = Math.max(recoveryMs, await fleet.recovery(5_000));
  }
  const account = await fleet.finish();
  assert.equal(account.published, messages);
  return { ...assertKept(account), recoveryMs, note: `${kills} kills` };
}
