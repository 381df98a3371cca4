import BeeQueue from 'bee-queue';
import type { Session, Subject } from './subject.js';

/** As fast as its documentation offers: no stored results, no events, finished jobs removed. It has no priorities. */
export const beeQueue: Subject = {
  name: 'bee-queue',
  async open(url, name): Promise<Session> {
    const settings = { redis: url as unknown as object, getEvents: false, sendEvents: false, storeJobs: false, removeOnSuccess: true };
    const queue = new BeeQueue(name, { ...settings, isWorker: false });
    let worker: BeeQueue | undefined;
    await queue.ready();
    return {
      add: (payload) => queue.createJob(payload).save(),
      addBulk: (payloads) => queue.saveAll(payloads.map((payload) => queue.createJob(payload))),
      async work(concurrency, handle) {
        worker = new BeeQueue(name, { ...settings, isWorker: true });
        await worker.ready();
        worker.process(concurrency, async (job: { data: unknown }) => handle(job.data));
      },
      async close() {
        await worker?.close(1_000).catch(() => undefined);
        await queue.destroy();
        await queue.close(1_000);
      },
    };
  },
};
