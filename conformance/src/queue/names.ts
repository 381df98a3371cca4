import assert from 'node:assert/strict';
import { InvalidNameError, type Queue } from '@quayside/core';
import type { QueueContext } from './context.js';
import type { QueueCase } from './queue-case.js';

/** In the allowed form, and awkward for some server, file system or language. */
const hostileNames = [
  'a',
  'a:b',
  'a:b:c',
  'a.b',
  'a/b',
  'A',
  'a-b',
  'a_b',
  '.',
  '..',
  ':',
  '::',
  '/',
  '-',
  '_',
  '0',
  '-1',
  'a:',
  ':a',
  'a.',
  '.a',
  'a..b',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'null',
  'undefined',
  'x'.repeat(200),
];

const refusedNames = [
  '',
  ' ',
  'a b',
  'a\n',
  '\u0000',
  'a\u0000b',
  '{a}',
  'a}b',
  'a*',
  '*a',
  '>',
  'a?',
  '[a]',
  'a\\b',
  "a'b",
  'a"b',
  'é',
  '队列',
  '💥',
  'x'.repeat(201),
];
const noNames = [42, null, true, {}, ['a']] as unknown as readonly string[];

/** Names that a careless layout of keys would confuse with a queue `tasks`. */
const similarNames = [
  'tasks',
  'task',
  'tasks2',
  'Tasks',
  'tasks:',
  'tasks:critical',
  'tasks:messages',
  'tasks:dead',
  'tasks.dead',
  'tasks/0',
  'a:tasks',
];

async function deliveredTo(queue: Queue): Promise<readonly unknown[]> {
  const deliveries = await queue.receive({ max: 100 });
  await Promise.all(deliveries.map((delivery) => delivery.ack()));
  return deliveries.map(({ message }) => [message.type, message.payload]);
}

/** Refused where the queue is made, or at its first publish. */
async function useQueue(context: QueueContext, name: string): Promise<void> {
  await context.queue({ name }).publish('task', 'work');
}

/** Names are names: none has a meaning for the server, and none reaches into another. */
export const nameCases: readonly QueueCase[] = [
  {
    id: 'Q-09',
    title: 'a hostile queue name works in isolation from its neighbours',
    async run(context) {
      const queues = hostileNames.map((name) => context.queue({ name }));
      await Promise.all(queues.map((queue) => queue.publish('task', queue.name)));
      for (const queue of queues) assert.deepEqual(await deliveredTo(queue), [['task', queue.name]]);
    },
  },
  {
    id: 'Q-09',
    title: 'a hostile type name reaches the handler of that name and no other',
    async run(context) {
      const queue = context.queue();
      const seen = new Map<string, unknown[]>(hostileNames.map((name) => [name, []]));
      for (const name of hostileNames) queue.process(name, ({ type, payload }) => void seen.get(name)?.push([type, payload]));
      await queue.publishBatch(hostileNames.map((name) => ({ type: name, payload: name })));
      await queue.start();
      await context.eventually(() => [...seen.values()].every((list) => list.length > 0), 'each handler gets its message');
      for (const [name, list] of seen) assert.deepEqual(list, [[name, name]]);
    },
  },
  {
    id: 'Q-09',
    title: 'a name outside the allowed form is refused with InvalidNameError, for queues and types',
    async run(context) {
      const queue = context.queue();
      for (const name of [...refusedNames, ...noNames]) {
        await assert.rejects(useQueue(context, name), InvalidNameError, `queue ${JSON.stringify(name)}`);
        await assert.rejects(queue.publish(name, 'work'), InvalidNameError, `type ${JSON.stringify(name)}`);
      }
      await assert.rejects(queue.publish('*', 'work'), InvalidNameError);
      assert.equal((await queue.stats()).total_published, 0);
    },
  },
  {
    id: 'Q-10',
    title: 'queues with similar names share no message, id, window, pause or figure',
    async run(context) {
      const queues = similarNames.map((name) => context.queue({ name }));
      for (const queue of queues) {
        const options = { id: 'same', deduplication: { id: 'same', window: '1h' } };
        assert.deepEqual(await queue.publish('task', queue.name, options), { id: 'same', isDeduplicated: false });
        await queue.publish('task', 'later', { delay: '1h' });
      }
      await queues[0]?.pause();
      for (const [index, queue] of queues.entries()) {
        const { total_published, queue_length, delayed_count, is_paused } = await queue.stats();
        assert.deepEqual([total_published, queue_length, delayed_count, is_paused], [2, 1, 1, index === 0]);
      }
      await queues[0]?.resume();
      for (const queue of queues) assert.deepEqual(await deliveredTo(queue), [['task', queue.name]]);
    },
  },
  {
    id: 'Q-10',
    title: 'obliterating a queue touches none with a similar name',
    async run(context) {
      const queues = similarNames.map((name) => context.queue({ name }));
      for (const queue of queues) await queue.publish('task', queue.name);
      const [first, ...rest] = queues;
      await first?.obliterate();
      assert.deepEqual(await first?.stats().then((stats) => [stats.total_published, stats.queue_length]), [0, 0]);
      for (const queue of rest) {
        assert.equal((await queue.stats()).total_published, 1);
        assert.deepEqual(await deliveredTo(queue), [['task', queue.name]]);
      }
    },
  },
];
