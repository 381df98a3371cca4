import type { RedisServerOptions } from '@quayside/conformance/servers';
import { Redis } from 'ioredis';
import { collectGarbage } from '../collect-garbage.js';
import { type Contender, type Figure, median, perSecond, type Scenario, type Survey } from '../measure.js';
import { beeQueue } from './bee-queue.js';
import { bullmq } from './bullmq.js';
import { connectionSurvey } from './connection-survey.js';
import { quayside } from './quayside.js';
import { sharedServer } from './shared-server.js';
import { nestedPayload, type Session, type Subject, tinyPayload } from './subject.js';
import { WorkerProcesses } from './worker-processes.js';

const rounds = 5;
let queues = 0;

type Measure = (session: Session) => Promise<number>;

interface Variation {
  readonly unit?: string;
  readonly better?: 'higher' | 'lower';
  readonly ours?: Subject;
  readonly peers?: readonly Subject[];
  readonly server?: RedisServerOptions;
}

/** A contender that opens a queue of its own for each round, and is timed by `measure` alone. */
function contender(subject: Subject, measure: Measure, server: RedisServerOptions | undefined): Contender {
  return {
    name: subject.name,
    async run() {
      const session = await subject.open(await sharedServer(server), `bench-${queues++}`);
      try {
        return await measure(session);
      } finally {
        await session.close();
      }
    },
  };
}

/** A queue that two processes work off together, each with a hundred handlers at a time. */
function twoProcesses(subject: Subject): Contender {
  const count = 40_000;
  return {
    name: subject.name,
    async run() {
      const url = await sharedServer();
      const queue = `bench-${queues++}`;
      const session = await subject.open(url, queue);
      const workers = await WorkerProcesses.open(2, subject.name, url, queue);
      try {
        await fill(session, count);
        return await workers.workOff(count);
      } finally {
        await workers.close();
        await session.close();
      }
    },
  };
}

function scenario(name: string, measure: Measure, variation: Variation = {}): Scenario {
  const { unit = 'messages/s', better = 'higher', ours = quayside(), peers = [bullmq, beeQueue], server } = variation;
  return {
    name: `redis-${name}`,
    unit,
    better,
    rounds,
    ours: contender(ours, measure, server),
    peers: peers.map((peer) => contender(peer, measure, server)),
  };
}

/** Single adds, one after the other, each awaited. */
const queueAdd = (session: Session) => {
  const count = 2_000;
  return perSecond(count, async () => {
    for (let index = 0; index < count; index++) await session.add(nestedPayload);
  });
};

const queueAddBulk = (session: Session) => {
  const count = 20_000;
  return perSecond(count, async () => {
    for (let index = 0; index < count; index += 50) await session.addBulk(Array.from({ length: 50 }, () => tinyPayload));
  });
};

const concurrentAdds = (session: Session) => {
  const count = 20_000;
  return perSecond(count, async () => {
    for (let index = 0; index < count; index += 100) await Promise.all(Array.from({ length: 100 }, () => session.add(tinyPayload)));
  });
};

async function fill(session: Session, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1_000)
    await session.addBulk(Array.from({ length: Math.min(1_000, count - index) }, () => tinyPayload));
}

/** Works off what is there, the worker's start included. */
async function workOff(session: Session, concurrency: number, count: number): Promise<number> {
  let done = 0;
  return perSecond(count, async () => {
    await new Promise<void>((resolve, reject) => {
      session
        .work(concurrency, () => {
          if (++done === count) resolve();
        })
        .catch(reject);
    });
  });
}

const consume = (concurrency: number, count: number) => async (session: Session) => {
  await fill(session, count);
  return workOff(session, concurrency, count);
};

const mixedPriorities = async (session: Session) => {
  const count = 20_000;
  for (let index = 0; index < count; index += 500) {
    await Promise.all(Array.from({ length: 500 }, (_, place) => session.add(tinyPayload, place % 4)));
  }
  return workOff(session, 100, count);
};

/** From the call of add to the handler, on a queue with nothing else to do; the quantile of 400, in milliseconds. */
const idleLatency = (quantile: number) => async (session: Session) => {
  const took: number[] = [];
  let handled: () => void = () => {};
  await session.work(1, () => handled());
  for (let index = 0; index < 450; index++) {
    // So that the worker is idle, and waits, when the next one comes.
    await new Promise((resolve) => setTimeout(resolve, 3));
    const begun = performance.now();
    const done = new Promise<void>((resolve) => {
      handled = resolve;
    });
    await Promise.all([session.add(tinyPayload), done]);
    if (index >= 50) took.push(performance.now() - begun);
  }
  return took.toSorted((a, b) => a - b)[Math.floor(took.length * quantile)] ?? 0;
};

const bytesWaiting = async (session: Session) => {
  const count = 50_000;
  const before = await usedMemory();
  await fill(session, count);
  return ((await usedMemory()) - before) / count;
};

async function usedMemory(): Promise<number> {
  const client = new Redis(await sharedServer());
  const info = await client.info('memory');
  client.disconnect();
  return Number(/used_memory:(\d+)/.exec(info)?.[1] ?? 0);
}

const everySecond: RedisServerOptions = { appendFsync: 'everysec' };

export const redisQueueScenarios: readonly Scenario[] = [
  scenario('queue-add', queueAdd),
  scenario('queue-add-bulk', queueAddBulk),
  scenario('concurrent-adds', concurrentAdds),
  scenario('worker-generic', consume(1, 10_000)),
  scenario('worker-generic-no-prefetch', consume(1, 10_000), { ours: quayside({ prefetch: '0s' }) }),
  scenario('worker-concurrent', consume(100, 30_000)),
  scenario('four-priorities', mixedPriorities, { peers: [bullmq] }),
  {
    name: 'redis-two-worker-processes',
    unit: 'messages/s',
    better: 'higher',
    rounds: 3,
    ours: twoProcesses(quayside()),
    peers: [bullmq, beeQueue].map(twoProcesses),
  },
  scenario('idle-latency-p50', idleLatency(0.5), { unit: 'ms', better: 'lower' }),
  scenario('idle-latency-p99', idleLatency(0.99), { unit: 'ms', better: 'lower' }),
  scenario('bytes-waiting', bytesWaiting, { unit: 'bytes/message', better: 'lower' }),
  scenario('everysec-queue-add-bulk', queueAddBulk, { server: everySecond }),
  scenario('everysec-worker-concurrent', consume(100, 30_000), { server: everySecond }),
];

const backlogs = [10_000, 1_000_000];

async function workOffOf(backlog: number): Promise<number> {
  const session = await quayside().open(await sharedServer(), `bench-${queues++}`);
  await fill(session, backlog);
  // What a million publishes left behind is not the worker's.
  collectGarbage();
  const rate = await workOff(session, 100, 10_000);
  await session.close();
  return rate;
}

/** Our own rate with a backlog of ten thousand and of a million: medians of interleaved rounds. */
const backlogSurvey: Survey = {
  name: 'redis-backlog',
  async measure() {
    await workOffOf(10_000);
    const rates = backlogs.map((): number[] => []);
    for (let round = 0; round < 3; round++) {
      for (const [index, backlog] of backlogs.entries()) rates[index]?.push(await workOffOf(backlog));
    }
    return backlogs.map((backlog, index): Figure => {
      const subject = `worker-concurrent, 10,000 of a backlog of ${backlog.toLocaleString('en-US')}`;
      return { subject, value: median(rates[index]), unit: 'messages/s' };
    });
  },
};

export const redisQueueSurveys: readonly Survey[] = [connectionSurvey, backlogSurvey];
