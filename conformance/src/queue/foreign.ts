import assert from 'node:assert/strict';
import type { ForeignClients } from '../harness.js';
import type { QueueContext } from './context.js';
import type { QueueCase } from './queue-case.js';
import { openWorker, passMarker } from './recorded-worker.js';

function foreignOf(context: QueueContext): ForeignClients {
  const { foreign } = context.scope.harness;
  if (foreign === undefined) throw new Error("a case with plain clients needs 'foreign'");
  return foreign;
}

/** A backend that others use too, without this library. */
export const foreignCases: readonly QueueCase[] = [
  {
    id: 'Q-7A',
    title: "what a plain client puts in reaches a handler, and is gone from the backend's own lists when it is done",
    needs: ['foreign', 'foreignProducers'],
    async run(context) {
      const [foreign, { namespace }] = [foreignOf(context), context.scope];
      const worker = openWorker(context);
      await worker.queue.start();
      await passMarker(context, worker);
      const id = await foreign.publish(namespace, worker.queue.name, 'task', { file: 'a.wav', parts: [] });
      await context.within('5s', () => worker.endings.some(({ message }) => message.id === id), 'it is completed');
      const [start] = worker.seen.startsOf(id);
      assert.deepEqual([start?.message.type, start?.message.payload, start?.attempt], ['task', { file: 'a.wav', parts: [] }, 1]);
      const lists = await foreign.list(namespace, worker.queue.name);
      for (const [state, ids] of Object.entries(lists)) assert.ok(!ids.includes(id), `it is still ${state}`);
    },
  },
  {
    id: 'Q-7A',
    title: 'a plain worker handles what we publish; while it does, a cancel says who holds the message',
    needs: ['foreign', 'foreignWorkers'],
    async run(context) {
      const [foreign, { namespace }] = [foreignOf(context), context.scope];
      const [queue, gate] = [context.queue(), context.gate()];
      const handled: unknown[] = [];
      const { id } = await queue.publish('task', { file: 'a.wav', parts: [] });
      const worker = await foreign.work(namespace, queue.name, async (type, payload) => {
        handled.push([type, payload]);
        await gate.opened;
      });
      context.scope.onEnd(() => worker.close());
      await context.within('5s', () => handled.length === 1, 'the plain worker is given it');
      assert.deepEqual(handled, [['task', { file: 'a.wav', parts: [] }]]);
      assert.equal(await queue.cancel(id), 'held-by-foreign-worker');
      gate.open();
      await context.within('5s', async () => (await queue.find(id)) === undefined, 'it is completed');
    },
  },
  {
    id: 'Q-7A',
    title: "the backend's own tools list our messages in their states",
    needs: ['foreign'],
    async run(context) {
      const queue = context.queue();
      await queue.publishBatch(['dies', 'runs', 'waits'].map((payload) => ({ type: 'task', payload, options: { id: payload } })));
      const [dying] = await queue.receive({ max: 2 });
      await dying?.dead('broken');
      await queue.publish('task', 'later', { id: 'later', delay: '1h' });
      const lists = await foreignOf(context).list(context.scope.namespace, queue.name);
      assert.deepEqual(lists, { waiting: ['waits'], delayed: ['later'], active: ['runs'], dead: ['dies'] });
    },
  },
];
