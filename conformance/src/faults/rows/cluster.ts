import assert from 'node:assert/strict';
import { type RedisCluster, startRedisCluster, talkToRedis } from '../../servers/index.js';
import { waitUntil } from '../../servers/wait-until.js';
import type { FaultCase, FaultResult } from '../fault-case.js';
import { Fleet } from '../fleet.js';
import { assertKept, type Stage } from '../stage.js';
import { findHome, moveSlot } from './slots.js';

/** A node is given up after two seconds of silence; its replica then asks for votes. */
const resumeBoundMs = 20_000;
const inHand = 100;

export const clusterCases: readonly FaultCase[] = [
  {
    id: 'F-11',
    title: 'the node that holds the queue dies while its replica is in sync: the replica takes over, and nothing is lost',
    backends: ['redis', 'bullmq'],
    run: losesNode,
  },
  {
    id: 'F-11',
    title: 'the slot of the queue moves to another node while it works: nothing is lost',
    // BullMQ's scripts touch keys of jobs that they do not name, so the server can't hold them back while such a key is elsewhere.
    backends: ['redis'],
    run: movesSlots,
  },
];

async function losesNode(stage: Stage): Promise<FaultResult> {
  const messages = stage.size(2_000, 10_000);
  const { cluster, fleet } = await start(stage, 1);
  await fleet.work();
  const second = await fleet.work();
  const producer = await fleet.produce(messages);
  await fleet.completes(Math.floor(messages / 4));
  const { node } = await findHome(cluster.nodes);
  const all = [...fleet.workers, producer];
  assert.ok(all.includes(second) && node.control !== undefined);
  // Nobody writes any more, so that the replica catches up: what it lacks would be lost, as with any asynchronous replication.
  for (const each of all) each.freeze();
  await waitUntil('the replica to be in sync', async () => isInSync(await talkToRedis(node, 'INFO replication')));
  await node.control.kill();
  const died = performance.now();
  for (const each of all) each.thaw();
  // More than the workers had in hand, which they may tell of at once.
  await fleet.completes(inHand, resumeBoundMs);
  const recoveryMs = performance.now() - died;
  const account = await fleet.finish();
  assert.equal(account.published, messages);
  return { ...assertKept(account), recoveryMs };
}

async function movesSlots(stage: Stage): Promise<FaultResult> {
  const messages = stage.size(2_000, 10_000);
  const moves = stage.size(2, 6);
  const { cluster, fleet } = await start(stage, 0);
  for (let count = 0; count < 2; count++) await fleet.work();
  await fleet.produce(messages);
  let recoveryMs = 0;
  for (let count = 0; count < moves; count++) {
    await fleet.completes(Math.floor(messages / (moves * 3)));
    await moveSlot(cluster.nodes);
    recoveryMs = Math.max(recoveryMs, await fleet.recovery(resumeBoundMs));
  }
  const account = await fleet.finish();
  assert.equal(account.published, messages);
  return { ...assertKept(account), recoveryMs, note: `${moves} moves` };
}

async function start(stage: Stage, replicas: 0 | 1): Promise<{ readonly cluster: RedisCluster; readonly fleet: Fleet }> {
  assert.notEqual(stage.backend, 'nats');
  const cluster = await startRedisCluster({ replicas });
  stage.onEnd(() => cluster.stop());
  const options = { cluster: cluster.addresses };
  const fleet =
    stage.backend === 'bullmq'
      ? new Fleet({ backend: 'bullmq', options: { ...options, prefix: '{faults}' } })
      : new Fleet({ backend: 'redis', options });
  stage.onEnd(() => fleet.end());
  return { cluster, fleet };
}

/** The replica has what the master has. */
function isInSync(replication: string): boolean {
  const offset = /master_repl_offset:(\d+)/.exec(replication)?.[1];
  const heard = /^slave0:.*state=online,offset=(\d+)/m.exec(replication)?.[1];
  return offset !== undefined && offset === heard;
}
