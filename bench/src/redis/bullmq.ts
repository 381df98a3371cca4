import { type ConnectionOptions, Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import type { Session, Subject } from './subject.js';

/** As its documentation advises for throughput: completed jobs are removed. */
export const bullmq: Subject = {
  name: 'bullmq',
  async open(url, name): Promise<Session> {
    const connection = new Redis(url, { maxRetriesPerRequest: null }) as unknown as ConnectionOptions;
    const queue = new Queue(name, { connection, defaultJobOptions: { removeOnComplete: true, removeOnFail: true } });
    let worker: Worker | undefined;
    let blocking: Redis | undefined;
    return {
      add: (payload, priority) => queue.add('task', payload, priority === undefined ? undefined : { priority: priority + 1 }),
      addBulk: (payloads) => queue.addBulk(payloads.map((data) => ({ name: 'task', data }))),
      async work(concurrency, handle) {
        blocking = new Redis(url, { maxRetriesPerRequest: null });
        worker = new Worker(name, async (job) => handle(job.data), { connection: blocking as unknown as ConnectionOptions, concurrency });
        await worker.waitUntilReady();
      },
      async close() {
        await worker?.close(true);
        await queue.obliterate({ force: true });
        await queue.close();
        blocking?.disconnect();
        (connection as unknown as Redis).disconnect();
      },
    };
  },
};
