/** Quayside over BullMQ's keys, states and events, against BullMQ's own `Queue` and `Worker` on the same server. */
import { adapter } from '@quayside/bullmq';
import { createQueue, silentLogger, systemClock } from '@quayside/core';
import { type Contender, perSecond, type Scenario } from './measure.js';
import { bullmq } from './redis/bullmq.js';
import { sharedServer } from './redis/shared-server.js';
import { nestedPayload, type Session, type Subject, tinyPayload } from './redis/subject.js';

/** With every guarantee on, and BullMQ's events told. */
const quayside: Subject = {
  name: 'quayside on bullmq',
  async open(url, name): Promise<Session> {
    const backend = await adapter.open({ url, prefix: 'bench' }, { clock: systemClock, logger: silentLogger, namespace: 'bench' });
    const store = backend.queueStore?.(name);
    if (store === undefined) throw new Error('the bullmq adapter has no queue');
    let queue = createQueue(name, { store });
    return {
      add: (payload) => queue.publish('task', payload),
      addBulk: (payloads) => queue.publishBatch(payloads.map((payload) => ({ type: 'task', payload }))),
      async work(concurrency, handle) {
        await queue.stop();
        queue = createQueue(name, { store, options: { concurrency } });
        queue.process('task', async (message) => handle(message.payload));
        await queue.start();
      },
      async close() {
        await queue.stopWorkers({ graceMs: 0 });
        await queue.obliterate({ force: true });
        await queue.stop();
        await backend.close();
      },
    };
  },
};

let queues = 0;

function contender(subject: Subject, measure: (session: Session) => Promise<number>): Contender {
  return {
    name: subject.name,
    async run() {
      const session = await subject.open(await sharedServer(), `over-bullmq-${queues++}`);
      try {
        return await measure(session);
      } finally {
        await session.close();
      }
    },
  };
}

function scenario(name: string, measure: (session: Session) => Promise<number>): Scenario {
  return {
    name: `bullmq-${name}`,
    unit: 'messages/s',
    better: 'higher',
    rounds: 5,
    ours: contender(quayside, measure),
    peers: [contender(bullmq, measure)],
  };
}

async function addInBatches(session: Session, count: number): Promise<void> {
  for (let index = 0; index < count; index += 50) await session.addBulk(Array.from({ length: 50 }, () => tinyPayload));
}

/** Works off what is there, the worker's start included. */
const consume = (concurrency: number, count: number) => async (session: Session) => {
  await addInBatches(session, count);
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
};

export const bullmqScenarios: readonly Scenario[] = [
  scenario('add', (session) =>
    perSecond(2_000, async () => {
      for (let index = 0; index < 2_000; index++) await session.add(nestedPayload);
    }),
  ),
  scenario('add-batches-of-50', (session) => perSecond(10_000, () => addInBatches(session, 10_000))),
  scenario('work-concurrency-1', consume(1, 4_000)),
  scenario('work-concurrency-100', consume(100, 10_000)),
];
