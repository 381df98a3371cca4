import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { type RedisReplication, startRedisReplication, talkToRedis } from '../../servers/index.js';
import { waitUntil } from '../../servers/wait-until.js';
import type { Account } from '../account.js';
import type { FaultCase, FaultResult } from '../fault-case.js';
import { Fleet } from '../fleet.js';
import { assertKept, type Stage } from '../stage.js';

/** The sentinel waits a second, votes, and promotes; clients learn of it by asking. */
const resumeBoundMs = 15_000;
/** How long the replica hears nothing before its master dies: what is acknowledged meanwhile is lost with the master. */
const lagMs = 300;

/**
 * Redis replicates asynchronously, so what a failover loses is counted, never asserted to be nothing. What must hold: the service resumes
 * by itself, and what is published to the new master is kept like any other message.
 */
export const failoverCases: readonly FaultCase[] = [
  {
    id: 'F-10',
    title: 'a master dies ahead of its replica: the service resumes, and what had not been replicated is counted',
    backends: ['redis', 'bullmq'],
    run: (stage) => failsOver(stage, []),
  },
  {
    id: 'F-10',
    title: 'the same where the master refuses writes without a replica (min-replicas-to-write 1)',
    backends: ['redis', 'bullmq'],
    run: (stage) => failsOver(stage, ['min-replicas-to-write 1', 'min-replicas-max-lag 1']),
  },
];

async function failsOver(stage: Stage, config: readonly string[]): Promise<FaultResult> {
  const messages = stage.size(2_000, 10_000);
  const replication = await startRedisReplication({ config });
  stage.onEnd(() => replication.stop());
  const options = { sentinels: [replication.sentinel], sentinelName: replication.masterName };
  const fleet = startFleet(stage, options);
  for (let count = 0; count < 2; count++) await fleet.work();
  // No faster than the workers, so that it still publishes when the master dies.
  await fleet.produce(messages, { inFlight: 1 });
  await fleet.completes(Math.floor(messages / 4));
  const died = await losesMaster(replication);
  await fleet.recovery(resumeBoundMs);
  const recoveryMs = performance.now() - died;
  const account = await fleet.finish();
  assert.equal(account.published, messages);
  await keepsWhatComesAfter(stage, options);
  const { lost, violations: _told, ...counts } = account;
  return { ...counts, lost: lost.length, recoveryMs, note: noteOf(account) };
}

function startFleet(stage: Stage, options: object): Fleet {
  assert.notEqual(stage.backend, 'nats');
  const fleet = new Fleet({ backend: stage.backend === 'bullmq' ? 'bullmq' : 'redis', options });
  stage.onEnd(() => fleet.end());
  return fleet;
}

/** The replica stops listening, and is back just in time to be promoted; the old master returns as its replica. Answers when that died. */
async function losesMaster({ first, second }: RedisReplication): Promise<number> {
  assert.ok(first.control !== undefined && second.control !== undefined);
  await second.control.pause();
  await talkToRedis(first, 'CLIENT KILL TYPE replica');
  await pause(lagMs);
  const died = performance.now();
  await first.control.kill();
  await second.control.resume();
  await waitUntil('the replica to be promoted', async () =>
    (await talkToRedis(second, 'INFO replication').catch(() => '')).includes('role:master'),
  );
  await first.control.restart();
  await talkToRedis(first, `REPLICAOF ${second.host} ${second.port}`);
  return died;
}

/** A queue of its own: what is wrong with the other one is the old master's. */
async function keepsWhatComesAfter(stage: Stage, options: object): Promise<void> {
  const fleet = startFleet(stage, options);
  await fleet.work();
  await fleet.produce(200);
  assertKept(await fleet.finish());
}

function noteOf({ violations, acknowledged, lost }: Account): string {
  const rules = [...new Set(violations.map(({ rule }) => rule))].toSorted();
  const share = ((100 * lost.length) / acknowledged).toFixed(2);
  return `${share} % lost; the history shows ${rules.length === 0 ? 'nothing else' : rules.join(', ')}`;
}
