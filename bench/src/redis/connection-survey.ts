import { createQueue } from '@quayside/core';
import { Redis } from 'ioredis';
import type { Figure, Survey } from '../measure.js';
import { beeQueue } from './bee-queue.js';
import { bullmq } from './bullmq.js';
import { openBackend, quayside } from './quayside.js';
import { sharedServer } from './shared-server.js';
import type { Session, Subject } from './subject.js';

let queues = 0;

/** How many connections an idle process holds, each queue with a publisher and a worker. */
export const connectionSurvey: Survey = {
  name: 'redis-connections',
  async measure() {
    const url = await sharedServer();
    const admin = new Redis(url);
    const count = async () => Number(/connected_clients:(\d+)/.exec(await admin.info('clients'))?.[1] ?? 0);
    const figures: Figure[] = [];
    for (const howMany of [1, 1_000]) figures.push(await measured(quayside(), howMany, count, openOurs));
    // A thousand of theirs would be more connections than most servers allow.
    for (const peer of [bullmq, beeQueue]) {
      for (const howMany of [1, 20]) figures.push(await measured(peer, howMany, count, (many) => openEach(peer, many)));
    }
    admin.disconnect();
    return figures;
  },
};

type Open = (howMany: number) => Promise<() => Promise<void>>;

async function measured(subject: Subject, howMany: number, count: () => Promise<number>, open: Open): Promise<Figure> {
  // The one that counts is left when those of the subject before have gone.
  while ((await count()) > 1) await new Promise((resolve) => setTimeout(resolve, 10));
  const close = await open(howMany);
  const value = (await count()) - 1;
  await close();
  return { subject: `${subject.name}, queues: ${howMany.toLocaleString('en-US')}`, value, unit: 'connections' };
}

async function openOurs(howMany: number): Promise<() => Promise<void>> {
  const backend = await openBackend(await sharedServer());
  const opened = Array.from({ length: howMany }, () => {
    const name = `connections-${queues++}`;
    const store = backend.queueStore?.(name);
    if (store === undefined) throw new Error('the redis adapter has no queue');
    return createQueue(name, { store });
  });
  for (const queue of opened) {
    queue.process('task', async () => {});
    await queue.start();
    await queue.publish('task', 1);
  }
  return async () => {
    await Promise.all(opened.map((queue) => queue.stop()));
    await backend.close();
  };
}

async function openEach(subject: Subject, howMany: number): Promise<() => Promise<void>> {
  const sessions: Session[] = [];
  for (let index = 0; index < howMany; index++) {
    const session = await subject.open(await sharedServer(), `connections-${queues++}`);
    await session.work(1, () => {});
    await session.add({ i: 1 });
    sessions.push(session);
  }
  return async () => {
    for (const session of sessions) await session.close();
  };
}
