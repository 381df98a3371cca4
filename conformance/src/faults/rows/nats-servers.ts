import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { type NatsServer, startNats, startNatsCluster } from '../../servers/index.js';
import type { FaultCase, FaultResult } from '../fault-case.js';
import type { Stage } from '../stage.js';
import { EventFlow } from './event-flow.js';

const resumeBoundMs = 5_000;
const flowMs = 300;

export const natsServerCases: readonly FaultCase[] = [
  {
    id: 'F-12',
    title: 'nats-server is killed and started again: subscriptions resume, and what did not arrive is told as a gap',
    backends: ['nats'],
    run: restartsServer,
  },
  {
    id: 'F-12',
    title: 'a node of a NATS cluster dies: its subscribers go on at another one, and what did not arrive is told as a gap',
    backends: ['nats'],
    run: losesNode,
  },
];

async function restartsServer(stage: Stage): Promise<FaultResult> {
  const server = await startNats({ config: ['max_payload: 1048576'] });
  stage.onEnd(() => server.stop());
  const { control } = server;
  assert.ok(control, 'faults need a server of their own');
  const flow = await start(stage, server, server);
  const restarts = stage.size(2, 10);
  let recoveryMs = 0;
  for (let count = 0; count < restarts; count++) {
    await pause(flowMs);
    await control.kill();
    await pause(flowMs);
    await control.restart();
    recoveryMs = Math.max(recoveryMs, await flow.recovery(resumeBoundMs));
  }
  return { ...(await judge(flow)), recoveryMs };
}

async function losesNode(stage: Stage): Promise<FaultResult> {
  const cluster = await startNatsCluster();
  stage.onEnd(() => cluster.stop());
  const [home, other] = cluster.nodes;
  assert.ok(home?.control !== undefined && other !== undefined);
  const flow = await start(stage, home, other);
  const losses = stage.size(1, 3);
  let recoveryMs = 0;
  for (let count = 0; count < losses; count++) {
    await pause(flowMs);
    await home.control.kill();
    recoveryMs = Math.max(recoveryMs, await flow.recovery(resumeBoundMs));
    await home.control.restart();
    await cluster.whenReady();
  }
  return { ...(await judge(flow)), recoveryMs };
}

async function start(stage: Stage, subscriberAt: NatsServer, publisherAt: NatsServer): Promise<EventFlow> {
  const flow = await EventFlow.start(subscriberAt.url, publisherAt.url);
  stage.onEnd(() => flow.end());
  return flow;
}

async function judge(flow: EventFlow): Promise<FaultResult> {
  const { published, acknowledged, received, twice, missed, untold } = await flow.finish();
  assert.equal(twice, 0, 'no event is heard twice');
  assert.equal(untold, 0, 'every event that was acknowledged and not heard is told as missed');
  const result = { published, acknowledged, completed: received, duplicates: twice };
  return { ...result, lost: 0, note: `completed: heard; ${missed} told as missed` };
}
