import assert from 'node:assert/strict';
import {
  ClosedError,
  createTestManager,
  DISPATCHER,
  type Dispatcher,
  type QuaysideConfig,
  SCHEDULER,
  type Scheduler,
  TestClock,
} from '@quayside/core';
import { inject, injectable } from 'inversify';
import type { ManagerCase } from './manager-case.js';

const everything: QuaysideConfig = {
  message_queue: { type: 'suite', queue_name: 'tasks' },
  pubsub: { type: 'suite' },
  event_bus: { type: 'suite' },
  task_scheduler: {},
  task_dispatcher: {},
};

/** A service that is given its ports by token. */
@injectable()
class Housekeeper {
  readonly cleaned: unknown[] = [];
  readonly #scheduler: Scheduler;
  readonly #dispatcher: Dispatcher;

  constructor(@inject(SCHEDULER) scheduler: Scheduler, @inject(DISPATCHER) dispatcher: Dispatcher) {
    this.#scheduler = scheduler;
    this.#dispatcher = dispatcher;
  }

  async listen(): Promise<void> {
    this.#dispatcher.process('clean', ({ payload }) => `clean ${payload}`);
    this.#scheduler.process('cleanup', async ({ payload }) => {
      const task = await this.#dispatcher.dispatch('clean', payload);
      this.cleaned.push(await task.result());
    });
    await this.#scheduler.schedule('cleanup', 'room 1', { delay: '300ms' });
  }
}

/** Scheduler and dispatcher as a manager hands them out. */
export const taskCases: readonly ManagerCase[] = [
  {
    id: 'M-05',
    title: 'scheduler and dispatcher with connection sets of their own, one of another type, work with the queue of a third',
    needs: ['queue', 'records', 'patterns'],
    async run(context) {
      const other = context.adapter({ type: 'other' });
      const config = {
        message_queue: { type: 'suite', connection: { db: 0 } },
        task_scheduler: { type: 'other' },
        task_dispatcher: { type: 'suite', connection: { db: 1 } },
      };
      const manager = await context.create(config, { adapters: [context.suite, other] });
      const results: unknown[] = [];
      manager.queue().process('double', ({ payload }) => 2 * Number(payload));
      manager.scheduler().process('start', async ({ payload }) => {
        const task = await manager.dispatcher().dispatch('double', payload);
        results.push(await task.result());
      });
      await manager.start();
      await manager.scheduler().schedule('start', 21, { delay: '200ms' });
      await context.within('3s', () => results.length === 1, 'the scheduled run has the result of its task');
      assert.deepEqual(results, [42]);
      assert.deepEqual([context.suite.opened.length, other.opened.length], [2, 1]);
      const { components } = await manager.health();
      assert.deepEqual([components.task_scheduler?.backend, components.task_dispatcher?.backend], ['other', 'suite']);
      await context.settles('3s', manager.stop(), 'stop settles');
      assert.deepEqual([context.suite.closed, other.closed], [2, 1]);
    },
  },
  {
    id: 'M-06',
    title: 'scheduled runs and dispatched tasks begin with start, also of a scheduler and a dispatcher asked for later',
    needs: ['queue', 'records', 'patterns'],
    async run(context) {
      const seen: unknown[] = [];
      const early = await context.create(everything);
      early.scheduler().process('tick', ({ payload }) => void seen.push(payload));
      early.queue().process('task', ({ payload }) => payload);
      await early.scheduler().schedule('tick', 'scheduled', { at: new Date(context.now()) });
      const task = await early.dispatcher().dispatch('task', 'dispatched');
      await context.settle();
      assert.deepEqual([seen, (await task.status())?.state], [[], 'queued']);
      await early.start();
      assert.equal(await context.settles('3s', task.result(), 'the task ends'), 'dispatched');
      await context.within('3s', () => seen.length === 1, 'the scheduled run begins');
      await context.settles('3s', early.stop(), 'stop settles');

      const late = await context.create({ ...everything, namespace: `${context.scope.namespace}-late` });
      await late.start();
      late.queue().process('task', ({ payload }) => payload);
      late.scheduler().process('tick', ({ payload }) => void seen.push(payload));
      await late.scheduler().schedule('tick', 'late', { at: new Date(context.now()) });
      const other = await late.dispatcher().dispatch('task', 'late');
      assert.equal(await context.settles('3s', other.result(), 'the late task ends'), 'late');
      await context.within('3s', () => seen.length === 2, 'the late run begins');
    },
  },
  {
    id: 'M-06',
    title: 'two queues stop together: a handler of one publishes to the other, which keeps it for the next start',
    needs: ['queue'],
    async run(context) {
      const manager = await context.create({ message_queue: { type: 'suite', queue_name: 'first' } });
      const gate = context.gate();
      const second = manager.queue('second');
      const seen: unknown[] = [];
      let isRunning = false;
      let kept: number | undefined;
      second.process('follow-up', ({ payload }) => void seen.push(payload));
      manager.queue().process('task', async () => {
        isRunning = true;
        await gate.opened;
        await second.publish('follow-up', 1);
        kept = (await second.stats()).queue_length;
      });
      await manager.start();
      await manager.queue().publish('task', 1);
      await context.eventually(() => isRunning, 'the handler runs');
      const stopped = manager.stop();
      await context.settle();
      gate.open();
      assert.deepEqual(await context.settles('3s', stopped, 'stop resolves'), { drained: 1, aborted: 0, released: 0 });
      assert.deepEqual([kept, seen], [1, []]);
      await assert.rejects(second.publish('follow-up', 2), ClosedError);
    },
  },
  {
    id: 'M-06',
    title: 'stop waits for a scheduled run, which may still publish, dispatch and schedule; none begins any more',
    needs: ['queue', 'records', 'patterns'],
    async run(context) {
      const manager = await context.create(everything);
      const dispatcher = manager.dispatcher();
      const gate = context.gate();
      const states: unknown[] = [];
      let isRunning = false;
      let runs = 0;
      manager.scheduler().process('tick', async () => {
        runs++;
        isRunning = true;
        await gate.opened;
        await manager.queue('other').publish('task', 1);
        const task = await dispatcher.dispatch('nobody', 1);
        const id = await manager.scheduler().schedule('tick', 1, { delay: '1h' });
        states.push((await task.status())?.state, (await manager.scheduler().get(id))?.status);
      });
      await manager.start();
      await manager.scheduler().schedule('tick', 0, { every: '100ms' });
      await context.within('3s', () => isRunning, 'the run begins');
      const stopped = manager.stop();
      await context.settle();
      gate.open();
      assert.deepEqual(await context.settles('3s', stopped, 'stop resolves'), { drained: 1, aborted: 0, released: 0 });
      assert.deepEqual(states, ['queued', 'scheduled']);
      await context.scope.advance('500ms');
      assert.equal(runs, 1);
    },
  },
  {
    id: 'M-06',
    title: 'a scheduled run that outlasts the grace is aborted and given back; whoever waits for a result is told that all is closed',
    needs: ['queue', 'records', 'patterns'],
    async run(context) {
      const manager = await context.create({ ...everything, stop_grace: '300ms' });
      const reasons: unknown[] = [];
      manager.scheduler().process('tick', (_, { signal }) => {
        return new Promise(() => signal.addEventListener('abort', () => void reasons.push(signal.reason)));
      });
      await manager.start();
      const id = await manager.scheduler().schedule('tick', 1, { at: new Date(context.now()) });
      const running = async () => (await manager.scheduler().get(id))?.status === 'running';
      await context.within('3s', running, 'the run begins');
      const [scheduler, dispatcher] = [manager.scheduler(), manager.dispatcher()];
      const waiting = assert.rejects((await dispatcher.dispatch('nobody', 1)).result(), ClosedError);
      const report = await context.settles('2s', manager.stop(), 'stop settles');
      assert.deepEqual(report, { drained: 0, aborted: 1, released: 1 });
      assert.ok(reasons[0] instanceof ClosedError);
      await waiting;
      for (const ask of [() => manager.scheduler(), () => manager.dispatcher()]) assert.throws(ask, ClosedError);
      for (const call of [scheduler.schedule('tick', 1, { delay: '1s' }), dispatcher.dispatch('nobody', 1)]) {
        await assert.rejects(call, ClosedError);
      }
    },
  },
  {
    id: 'M-06',
    title: 'stats and health tell of scheduler and dispatcher beside the others',
    needs: ['queue', 'records', 'patterns'],
    async run(context) {
      const manager = await context.create(everything);
      manager.queue().process('task', ({ payload }) => payload);
      await manager.start();
      await manager.scheduler().schedule('tick', 1, { delay: '1h' });
      const task = await manager.dispatcher().dispatch('task', 1);
      await context.settles('3s', task.result(), 'the task ends');
      await context.eventually(async () => (await manager.stats()).message_queue?.total_processed === 1, 'its message is settled');
      const stats = await manager.stats();
      assert.deepEqual(stats.task_scheduler, await manager.scheduler().stats());
      assert.deepEqual(stats.task_dispatcher, await manager.dispatcher().stats());
      assert.deepEqual([stats.task_scheduler?.total_tasks, stats.task_scheduler?.scheduled_tasks], [1, 1]);
      assert.deepEqual([stats.task_dispatcher?.total_dispatched, stats.task_dispatcher?.by_state.completed], [1, 1]);
      assert.deepEqual(stats.queues, {});
      const { status, components } = await manager.health();
      assert.equal(status, 'up');
      for (const name of ['message_queue', 'pubsub', 'event_bus', 'task_scheduler', 'task_dispatcher']) {
        assert.deepEqual([components[name]?.status, components[name]?.backend], ['up', 'suite'], name);
      }
    },
  },
  {
    id: 'M-06',
    title: 'createTestManager: what is scheduled and dispatched for later runs when the test moves its clock',
    needs: ['testClock', 'queue', 'records', 'patterns'],
    async run(context) {
      const production = {
        ...everything,
        namespace: context.scope.namespace,
        message_queue: { type: 'redis', connection: { url: '$' + '{NOT_SET}' } },
      };
      const { clock: caseClock } = context.scope.time;
      assert.ok(caseClock instanceof TestClock);
      const { manager, clock } = await createTestManager(production, { adapters: [context.adapter({ type: 'memory' })], clock: caseClock });
      context.stopAtEnd(manager);
      assert.equal(clock, caseClock);
      const cleaned: number[] = [];
      const begun = clock.now();
      manager.scheduler().process('cleanup', () => void cleaned.push(clock.now() - begun));
      manager.queue().process('double', ({ payload }) => 2 * Number(payload));
      await manager.start();
      await manager.scheduler().schedule('cleanup', 1, { every: '1h' });
      const task = await manager.dispatcher().dispatch('double', 21, { delay: '90m' });
      await clock.advance('1h');
      assert.deepEqual([cleaned, (await task.status())?.state], [[3_600_000], 'queued']);
      await clock.advance('2h');
      assert.deepEqual(cleaned, [3_600_000, 7_200_000, 10_800_000]);
      assert.equal(await task.result(), 42);
    },
  },
  {
    id: 'M-07',
    title: 'scheduler and dispatcher are injected by token into a decorated service, and are those that the manager hands out',
    needs: ['queue', 'records', 'patterns'],
    async run(context) {
      const manager = await context.create(everything);
      manager.container.bind(Housekeeper).toSelf().inSingletonScope();
      const service = manager.container.get(Housekeeper);
      await service.listen();
      await manager.start();
      await context.within('3s', () => service.cleaned.length === 1, 'the scheduled run has the result of its task');
      assert.deepEqual(service.cleaned, ['clean room 1']);
      assert.equal(manager.container.get(SCHEDULER), manager.scheduler());
      assert.equal(manager.container.get(DISPATCHER), manager.dispatcher());
    },
  },
  {
    id: 'M-07',
    title: 'a scheduler and a dispatcher that the config leaves out throw their own error when they are injected',
    needs: ['queue'],
    async run(context) {
      const manager = await context.create({ message_queue: { type: 'suite' }, task_scheduler: { enabled: false } });
      assert.throws(() => manager.container.get(SCHEDULER), /task_scheduler/);
      assert.throws(() => manager.container.get(DISPATCHER), /task_dispatcher/);
    },
  },
];
