import assert from 'node:assert/strict';
import { QuaysideError } from '@quayside/core';
import type { ManagerContext } from './context.js';
import type { ManagerCase } from './manager-case.js';

/** How many connection sets a config takes, and what they find. */
export const connectionCases: readonly ManagerCase[] = [
  {
    id: 'M-05',
    title: 'sections of one type share one connection set, opened once and closed once',
    needs: ['queue', 'records', 'patterns'],
    async run(context) {
      const manager = await context.create({
        message_queue: { type: 'suite' },
        pubsub: { type: 'suite' },
        event_bus: { type: 'suite' },
        task_scheduler: {},
        task_dispatcher: {},
        backends: { suite: { url: 'x' } },
      });
      manager.queue();
      manager.queue('other');
      manager.pubsub();
      manager.events();
      await manager.start();
      assert.deepEqual(context.suite.opened, [{ url: 'x' }]);
      await context.settles('2s', manager.stop(), 'stop settles');
      assert.equal(context.suite.closed, 1);
    },
  },
  {
    id: 'M-05',
    title: 'sections of different types, or with options of their own, have connection sets of their own, and all work together',
    needs: ['queue', 'patterns'],
    async run(context) {
      const other = context.adapter({ type: 'other' });
      const manager = await context.create(
        {
          message_queue: { type: 'suite' },
          pubsub: { type: 'suite', connection: { db: 1 } },
          event_bus: { type: 'other' },
          backends: { suite: { db: 0 } },
        },
        { adapters: [context.suite, other] },
      );
      assert.deepEqual(new Set(context.suite.opened.map(({ db }) => db)), new Set([0, 1]));
      assert.deepEqual([context.suite.opened.length, other.opened.length], [2, 1]);
      const seen: unknown[] = [];
      manager.queue().process('task', ({ payload }) => manager.pubsub().publish('channel', payload));
      await manager.pubsub().subscribe('channel', ({ payload }) => void manager.events().emit('event', payload));
      manager.events().on('event', ({ payload }) => void seen.push(payload));
      await manager.start();
      await manager.queue().publish('task', 'through all three');
      await context.eventually(() => seen.length === 1, 'the event arrives');
      assert.deepEqual(seen, ['through all three']);
      await context.settles('2s', manager.stop(), 'stop settles');
      assert.deepEqual([context.suite.closed, other.closed], [2, 1]);
    },
  },
  {
    id: 'M-11',
    title: '100 queues, 100 channels and 100 schedules in one process are one connection set',
    needs: ['queue', 'records', 'patterns'],
    timeoutMs: 30_000,
    run: (context) => usesManyPorts(context, async () => assert.equal(context.suite.opened.length, 1)),
  },
  {
    id: 'M-11',
    title: '100 queues, 100 channels and 100 schedules in one process have as many connections as one of each',
    needs: ['queue', 'records', 'patterns', 'connections'],
    timeoutMs: 30_000,
    async run(context) {
      const { harness, namespace } = context.scope;
      const counts: (number | undefined)[] = [];
      await usesManyPorts(context, async () => void counts.push(await harness.connections?.(namespace)));
      const [one, hundred] = counts;
      assert.ok(one !== undefined && one > 0, `the harness counts ${one} connections`);
      assert.equal(hundred, one);
    },
  },
  {
    id: 'M-11',
    title: 'what a later version of the library wrote is refused at create, with an error that names the version, and nothing is left open',
    needs: ['queue', 'faults.newerLayout'],
    async run(context) {
      const { harness, namespace } = context.scope;
      const first = await context.create({ message_queue: { type: 'suite' } });
      await first.queue().publish('task', 1);
      await context.settles('2s', first.stop(), 'stop settles');
      await harness.faults?.newerLayout?.(namespace);
      const error = await context.refusal('5s', { message_queue: { type: 'suite' } });
      assert.ok(error instanceof QuaysideError);
      assert.match(error.message, /version/);
      // It is refused while it is opened, or when it is open already.
      assert.equal(context.suite.closed + context.suite.refused, context.suite.opened.length);
      if (harness.connections !== undefined)
        await context.eventually(async () => (await harness.connections?.(namespace)) === 0, 'nothing is open');
    },
  },
];

/** Looks after the first of each, and again after a hundred. All of them work, and tasks can be dispatched to each queue. */
async function usesManyPorts(context: ManagerContext, look: () => Promise<void>): Promise<void> {
  const manager = await context.create({
    message_queue: { type: 'suite' },
    pubsub: { type: 'suite' },
    task_scheduler: {},
    task_dispatcher: { routes: [{ type: 'task', to: 'queue-0' }] },
  });
  await manager.start();
  const handled = { tasks: new Set<unknown>(), events: new Set<unknown>(), runs: new Set<unknown>() };
  const allAre = (count: number) => () => Object.values(handled).every(({ size }) => size === count);
  manager.scheduler().process('tick', ({ payload }) => void handled.runs.add(payload));
  for (let index = 0; index < 100; index++) {
    const queue = manager.queue(`queue-${index}`);
    queue.process('task', ({ payload }) => void handled.tasks.add(payload));
    await manager.pubsub().subscribe(`channel.${index}`, ({ payload }) => void handled.events.add(payload));
    await manager.scheduler().schedule('waiting', index, { id: `schedule-${index}`, every: '1h' });
    await manager.scheduler().schedule('tick', index, { at: new Date(context.now()) });
    await queue.publish('task', index);
    await manager.pubsub().publish(`channel.${index}`, index);
    if (index === 0) {
      const task = await manager.dispatcher().dispatch('task', index);
      await context.settles('5s', task.result(), 'the first task ends');
      await context.within('5s', allAre(1), 'the first ones work');
      await look();
    }
  }
  await context.within('10s', allAre(100), 'all work');
  assert.equal((await manager.scheduler().stats()).scheduled_tasks, 100);
  await look();
}
