import { createDispatcher, createPubSub, createQueue, type Queue, silentLogger, systemClock, TaskRunner } from '@quayside/core';
import { adapter } from '@quayside/memory';
import type { Figure, Survey } from './measure.js';

const tasks = 20_000;
/** Dispatched together; the next lot when their results are there. */
const lot = 1_000;

/** From dispatch to result, on one process: records, message, handler, notice. */
async function roundTrips(): Promise<readonly Figure[]> {
  const backend = await adapter.open({}, { clock: systemClock, logger: silentLogger, namespace: 'bench' });
  const records = backend.recordStore?.('tasks');
  const transport = backend.pubSubTransport?.('tasks');
  const store = backend.queueStore?.('tasks');
  if (records === undefined || transport === undefined || store === undefined) throw new Error('the memory adapter lacks a face');
  const pubsub = createPubSub({ transport });
  const queue: Queue = createQueue('tasks', { store, options: { concurrency: 100 } });
  new TaskRunner({ records, pubsub, statusRetentionMs: 60_000 }).attach(queue);
  const dispatcher = createDispatcher({ queue: () => queue, defaultQueue: 'tasks', pubsub, records });
  dispatcher.process('double', async ({ payload }) => (payload as number) * 2);
  await queue.start();
  await dispatcher.start();

  const runLot = async (from: number) => {
    const handles = await Promise.all(Array.from({ length: lot }, (_, place) => dispatcher.dispatch('double', from + place)));
    const results = await Promise.all(handles.map((handle) => handle.result()));
    if (results.some((result, place) => result !== (from + place) * 2)) throw new Error('a result came to another caller');
  };
  await runLot(0);
  const begun = performance.now();
  for (let from = 0; from < tasks; from += lot) await runLot(from);
  const gathered = (tasks * 1000) / (performance.now() - begun);

  const single = 2_000;
  const begunSingle = performance.now();
  for (let index = 0; index < single; index++) await (await dispatcher.dispatch('double', index)).result();
  const oneByOne = (single * 1000) / (performance.now() - begunSingle);

  await queue.stop();
  await dispatcher.stop();
  await pubsub.stop();
  return [
    { subject: `round trips, ${lot} at a time`, value: gathered, unit: 'tasks/s' },
    { subject: 'round trips, one by one', value: oneByOne, unit: 'tasks/s' },
  ];
}

export const dispatcherSurveys: readonly Survey[] = [{ name: 'dispatcher-round-trips', measure: roundTrips }];
