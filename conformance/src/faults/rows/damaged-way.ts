import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { TcpProxy } from '../../servers/index.js';
import type { FaultCase } from '../fault-case.js';
import type { Fleet } from '../fleet.js';
import { assertKept, type Stage } from '../stage.js';

export const damagedWayCases: readonly FaultCase[] = [
  {
    id: 'F-05',
    title: 'connections that are cut: workers go on within 5 s of the way being clear, nothing is lost',
    backends: ['redis', 'bullmq'],
    run: (stage) => damagesWay(stage, (proxy) => proxy.cut()),
  },
  {
    id: 'F-05',
    title: 'connections that are half open, so that nothing comes through and nobody says so: the same',
    backends: ['redis', 'bullmq'],
    run: (stage) => damagesWay(stage, (proxy) => proxy.silence()),
  },
  {
    id: 'F-05',
    title: 'half a second of delay each way: slower, and nothing is lost',
    backends: ['redis', 'bullmq'],
    run: (stage) => damagesWay(stage, (proxy) => proxy.delay(500)),
  },
  {
    id: 'F-06',
    title: 'every connection is killed by the server each second: nothing is lost',
    backends: ['redis', 'bullmq'],
    run: killsConnections,
  },
  {
    id: 'F-16',
    title: 'latency that jumps between 10 ms and a second, and connections that are reset: nothing is lost, nothing hangs',
    backends: ['redis', 'bullmq'],
    run: jitters,
  },
];

const work = { concurrency: 10, handlerMs: 10 };

async function openFleet(stage: Stage): Promise<{ readonly fleet: Fleet; readonly proxy: TcpProxy; readonly ownUrl: string }> {
  const server = await stage.redis();
  const { proxy, url } = await stage.proxy(server);
  const fleet = stage.fleet(url, { ownUrl: server.url });
  for (let count = 0; count < 2; count++) await fleet.work(work);
  return { fleet, proxy, ownUrl: server.url };
}

async function damagesWay(stage: Stage, damage: (proxy: TcpProxy) => void) {
  const times = stage.size(2, 8);
  const { fleet, proxy } = await openFleet(stage);
  const producer = await fleet.produce(stage.size(2_500, 40_000));
  let recoveryMs = 0;
  for (let count = 0; count < times; count++) {
    await fleet.completes(200);
    damage(proxy);
    await pause(stage.size(1_000, 6_000));
    proxy.heal();
    recoveryMs = Math.max(recoveryMs, await fleet.recovery(5_000));
  }
  await producer.finished;
  return { ...assertKept(await fleet.finish()), recoveryMs, note: `${times} times` };
}

async function killsConnections(stage: Stage) {
  const seconds = stage.size(3, 30);
  const { fleet, ownUrl } = await openFleet(stage);
  const admin = new Redis(ownUrl);
  stage.onEnd(() => admin.disconnect());
  await fleet.produce(seconds * 1_000);
  for (let second = 0; second < seconds; second++) {
    await pause(1_000);
    await admin.call('CLIENT', 'KILL', 'SKIPME', 'yes');
  }
  return { ...assertKept(await fleet.finish()), note: `${seconds} times` };
}

async function jitters(stage: Stage) {
  const { fleet, proxy } = await openFleet(stage);
  await fleet.produce(stage.size(1_500, 10_000));
  const until = performance.now() + stage.size(5_000, 60_000);
  let resets = 0;
  while (performance.now() < until) {
    // Mostly short, at times long.
    proxy.delay(10 + Math.floor(990 * stage.random() ** 4));
    await pause(200);
    if (stage.random() < 0.1) {
      proxy.resetAll();
      resets++;
    }
  }
  proxy.heal();
  return { ...assertKept(await fleet.finish()), note: `${resets} resets` };
}
