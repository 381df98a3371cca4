import { createQueue, silentLogger, systemClock } from '@quayside/core';
import { adapter } from '@quayside/memory';
import * as fastq from 'fastq';
import PQueue from 'p-queue';
import { type Contender, perSecond, type Scenario } from './measure.js';

const messages = 50_000;
/** Given in together; whoever publishes awaits what he was given back: that a message is stored, or (peers) that its work is done. */
const lot = 1_000;

interface Task {
  readonly meeting: string;
  readonly index: number;
}
const task = (index: number): Task => ({ meeting: 'weekly', index });

/** The same small work for everybody: an asynchronous handler that looks at its payload. */
class Work {
  done = 0;
  sum = 0;
  readonly finished: Promise<void>;
  #finish: () => void = () => {};
  constructor() {
    this.finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }
  async handle(payload: Task): Promise<void> {
    this.sum += payload.index;
    this.done++;
    if (this.done === messages) this.#finish();
  }
}

const opened = await adapter.open({}, { clock: systemClock, logger: silentLogger, namespace: 'bench' });

const quayside = (concurrency: number): Contender => ({
  name: 'quayside memory queue',
  async run() {
    const store = opened.queueStore?.('bench');
    if (store === undefined) throw new Error('the memory adapter has no queue');
    const queue = createQueue<{ task: Task }>('bench', { store, options: { concurrency } });
    const work = new Work();
    queue.process('task', (message) => work.handle(message.payload));
    await queue.start();
    const figure = await perSecond(messages, async () => {
      for (let index = 0; index < messages; index += lot) {
        const stored: Promise<unknown>[] = [];
        for (let place = index; place < index + lot; place++) stored.push(queue.publish('task', task(place)));
        await Promise.all(stored);
      }
      await work.finished;
    });
    await queue.stop();
    return figure;
  },
});

const pQueue = (concurrency: number): Contender => ({
  name: 'p-queue',
  async run() {
    const queue = new PQueue({ concurrency });
    const work = new Work();
    return perSecond(messages, async () => {
      const results: Promise<unknown>[] = [];
      for (let index = 0; index < messages; index++) {
        const payload = task(index);
        results.push(queue.add(() => work.handle(payload)));
        if (index % lot === 0) await Promise.resolve();
      }
      await Promise.all(results);
    });
  },
});

const fast = (concurrency: number): Contender => ({
  name: 'fastq',
  async run() {
    const work = new Work();
    const queue = fastq.promise((payload: Task) => work.handle(payload), concurrency);
    return perSecond(messages, async () => {
      const results: Promise<unknown>[] = [];
      for (let index = 0; index < messages; index++) {
        results.push(queue.push(task(index)));
        if (index % lot === 0) await Promise.resolve();
      }
      await Promise.all(results);
    });
  },
});

export const memoryQueueScenarios: readonly Scenario[] = [1, 100].map((concurrency) => ({
  name: `memory-queue-concurrency-${concurrency}`,
  unit: 'messages/s',
  better: 'higher',
  ours: quayside(concurrency),
  peers: [pQueue(concurrency), fast(concurrency)],
}));
