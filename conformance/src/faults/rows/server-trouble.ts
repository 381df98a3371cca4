import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { FaultCase } from '../fault-case.js';
import { assertKept, type Stage } from '../stage.js';

export const serverTroubleCases: readonly FaultCase[] = [
  {
    id: 'F-07',
    title: 'a server that has forgotten its scripts: nobody sees an error',
    backends: ['redis', 'bullmq'],
    run: forgetsScripts,
  },
  {
    id: 'F-08',
    title:
      'a server at its limit of memory: publishes are refused by name, what is held is worked off, and after relief all of it completes',
    backends: ['redis', 'bullmq'],
    run: fillsMemory,
  },
];

async function forgetsScripts(stage: Stage) {
  const times = stage.size(5, 30);
  const { url } = await stage.redis();
  const admin = new Redis(url);
  stage.onEnd(() => admin.disconnect());
  const fleet = stage.fleet(url);
  await fleet.work({ handlerMs: 10 });
  await fleet.produce(stage.size(3_000, 20_000));
  for (let count = 0; count < times; count++) {
    await fleet.completes(50);
    await admin.script('FLUSH');
  }
  const account = await fleet.finish();
  assert.deepEqual(fleet.errors, []);
  return { ...assertKept(account), note: `${times} times` };
}

/** The fleet goes on publishing what is refused until it is there. */
async function fillsMemory(stage: Stage) {
  const { url } = await stage.redis({ appendFsync: 'everysec', maxMemory: '0' });
  const admin = new Redis(url);
  stage.onEnd(() => admin.disconnect());
  const fleet = stage.fleet(url);
  const messages = stage.size(8_000, 40_000);
  const store = await fleet.store();
  await fleet.work({ handlerMs: 10, concurrency: 20 });
  const producer = await fleet.produce(messages);
  await fleet.completes(100);
  await admin.config('SET', 'maxmemory', '1');
  // What had been stored is worked off on the full server.
  const deadline = performance.now() + 20_000;
  for (let left = 1; left > 0; ) {
    const { waiting, delayed, active } = await store.stats();
    left = Object.values(waiting).reduce((sum, length) => sum + length, delayed + active);
    assert.ok(performance.now() < deadline, `${left} are not worked off`);
    await pause(50);
  }
  const refusedAt = fleet.acknowledged;
  assert.ok(refusedAt < messages, 'the limit was reached while messages were still to be published');
  await admin.config('SET', 'maxmemory', '0');
  const recoveryMs = await fleet.recovery(10_000);
  await producer.finished;
  return { ...assertKept(await fleet.finish()), recoveryMs, note: `${messages - refusedAt} refused at first` };
}
