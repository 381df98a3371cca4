/** Bugs beyond the catalogue's table: with them, every row of publishing, order and leases that any backend can run is seen to fail. */
import { type Codec, createQueue, priorities } from '@quayside/core';
import { inQueueEngine, inQueueStore, type PlantedBug } from '../bug.js';
import { DistortedStore, type Distortion } from './distorted.js';

function distorted(name: string, distortion: Distortion, ...caughtBy: readonly string[]): PlantedBug {
  return { name, caughtBy, plant: inQueueStore((store) => new DistortedStore(store, distortion)) };
}

function coded(name: string, codec: Codec, ...caughtBy: readonly string[]): PlantedBug {
  return { name, caughtBy, plant: inQueueEngine((create) => (queue, parts) => create(queue, { ...parts, codec }), createQueue) };
}

const lenientJson: Codec = { encode: (value) => JSON.stringify(value) ?? 'null', decode: (text) => JSON.parse(text) as unknown };
const latin1: Codec = {
  encode: (value) => JSON.stringify(value),
  decode: (text) => JSON.parse(Buffer.from(text, 'latin1').toString('latin1')) as unknown,
};

export const bugsBeyondTheCatalogue: readonly PlantedBug[] = [
  distorted('headers and limits are lost', { message: () => ({ meta: '' }) }, 'Q-01', 'Q-17'),
  coded('text beyond Latin-1 is broken', latin1, 'Q-02'),
  coded('what JSON changes is carried changed', lenientJson, 'Q-03'),
  distorted('a batch is stored in the wrong order', { batch: (messages) => messages.toReversed() }, 'Q-05', 'Q-07'),
  distorted("the caller's ids are not looked up", { call: () => ({ checkIds: false }) }, 'Q-0C'),
  {
    name: 'queue names are cut at the first punctuation',
    caughtBy: ['Q-09', 'Q-10'],
    plant: (harness) => ({
      ...harness,
      async open(context) {
        const backend = await harness.open(context);
        return {
          type: backend.type,
          health: () => backend.health(),
          close: () => backend.close(),
          queueStore: backend.queueStore && ((name) => backend.queueStore?.(/^\w*/.exec(name)?.[0] ?? '') ?? never()),
        };
      },
    }),
  },
  distorted('the lowest priority goes first', { request: ({ levels }) => ({ levels: levels.toReversed() }) }, 'Q-12', 'Q-13'),
  distorted('weights are ignored', { request: () => ({ levels: priorities }) }, 'Q-15'),
  distorted('normal is stored as high', { message: ({ priority }) => ({ priority: priority === 'normal' ? 'high' : priority }) }, 'Q-16'),
  distorted('a renewal renews nothing', { renewal: () => 1 }, 'Q-21', 'Q-27', 'Q-2B'),
  distorted('a lost lease is not told', { lease: (state) => (state === 'lost' ? 'held' : state) }, 'Q-24', 'Q-27'),
  distorted('the fencing token stands still', { claim: () => ({ fencingToken: 1 }) }, 'Q-26'),
];

function never(): never {
  throw new Error('the backend has queues');
}
