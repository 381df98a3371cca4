import assert from 'node:assert/strict';
import { z } from 'zod';
import { ConfigError, UnsupportedFeatureError } from '#src/errors.js';
import { QueueManager } from '#src/manager/manager.js';
import { DISPATCHER, SCHEDULER } from '#src/manager/tokens.js';
import type { Codec } from '#src/message/codec.js';
import { defineMessages } from '#src/message/schema.js';
import { TestClock } from '#src/time/test-clock.js';
import { type FakeOptions, fakeAdapter } from './manager-fake.js';

const config = { message_queue: { type: 'fake', queue_name: 'tasks' }, task_scheduler: {}, task_dispatcher: {} };

function create(more: object = {}, behaviour: FakeOptions = {}): Promise<QueueManager> {
  return QueueManager.create({ ...config, ...more }, { env: {}, adapters: [fakeAdapter(behaviour)] });
}

describe('manager: scheduler and dispatcher', () => {
  it('hands out the same ones each time, also by token', async () => {
    await using manager = await create();
    assert.equal(manager.scheduler(), manager.scheduler());
    assert.equal(manager.dispatcher(), manager.dispatcher());
    assert.equal(manager.container.get(SCHEDULER), manager.scheduler());
    assert.equal(manager.container.get(DISPATCHER), manager.dispatcher());
  });

  it('runs scheduled tasks, once it is started, on a queue of their own', async () => {
    await using manager = await create();
    const seen: unknown[] = [];
    const ran = new Promise<void>((resolve) => {
      manager.scheduler().process('cleanup', ({ payload }) => {
        seen.push(payload);
        resolve();
      });
    });
    await manager.scheduler().schedule('cleanup', 'room 1', { delay: 0 });
    await new TestClock().settle();
    assert.deepEqual(seen, []);
    await manager.start();
    await ran;
    assert.deepEqual(seen, ['room 1']);
    assert.equal((await manager.queue().stats()).total_published, 0);
  });

  it('a scheduler that is asked for late runs too', async () => {
    await using manager = await create();
    await manager.start();
    const ran = new Promise((resolve) => manager.scheduler().process('cleanup', resolve));
    await manager.scheduler().schedule('cleanup', 1, { delay: 0 });
    await ran;
  });

  it("workers bounds the scheduler's runs", async () => {
    await using manager = await create({ task_scheduler: { workers: 2 }, stop_grace: 0 });
    let running = 0;
    manager.scheduler().process('cleanup', () => {
      running++;
      return new Promise(() => {});
    });
    for (let room = 0; room < 3; room++) await manager.scheduler().schedule('cleanup', room, { delay: 0 });
    await manager.start();
    await new TestClock().settle();
    assert.equal(running, 2);
  });

  it('enable_delayed_tasks: false refuses a delay', async () => {
    await using manager = await create({ task_scheduler: { enable_delayed_tasks: false } });
    await assert.rejects(manager.scheduler().schedule('cleanup', 1, { delay: '1s' }), /enable_delayed_tasks is false/);
  });

  it('checks scheduled payloads by the definitions given, and refuses other ones later', async () => {
    await using manager = await create();
    const definitions = defineMessages({ cleanup: z.object({ room: z.string() }) });
    const scheduler = manager.scheduler(definitions);
    await assert.rejects(scheduler.schedule('cleanup', { room: 1 as unknown as string }, { delay: 0 }), { code: 'ERR_QUAYSIDE_PAYLOAD' });
    assert.equal(manager.scheduler(definitions), scheduler);
    assert.throws(
      () => manager.scheduler(defineMessages({ cleanup: z.string() })),
      /the scheduler was asked for before with another setup/,
    );
  });

  it("dispatches to the manager's own queues, by routes of the config, and brings back results", async () => {
    await using manager = await create({ task_dispatcher: { routes: [{ name: 'sound', type: 'audio.*', to: 'media' }] } });
    manager.queue('media').process('audio.denoise', ({ payload }) => `clean ${payload}`);
    manager.queue().process('translate', ({ payload }) => `translated ${payload}`);
    await manager.start();
    const told: string[] = [];
    const dispatcher = manager.dispatcher();
    const denoising = await dispatcher.dispatch('audio.denoise', 'a', { onComplete: ({ state }) => void told.push(state) });
    const translating = await dispatcher.dispatch('translate', 'b');
    assert.equal(await denoising.result(), 'clean a');
    assert.equal(await translating.result(), 'translated b');
    assert.deepEqual(told, ['completed']);
    const { task_dispatcher } = await manager.stats();
    assert.deepEqual([task_dispatcher?.total_dispatched, task_dispatcher?.by_state.completed], [2, 2]);
    assert.deepEqual(task_dispatcher?.by_route, { sound: 1, default: 1 });
  });

  it('a process that never asked for the dispatcher works off the tasks of others, and their results come back', async () => {
    const options = { env: {}, adapters: [fakeAdapter()] };
    await using worker = await QueueManager.create(config, options);
    await using sender = await QueueManager.create(config, options);
    worker.queue().process('translate', ({ payload }) => `translated ${payload}`);
    await Promise.all([worker.start(), sender.start()]);
    const task = await sender.dispatcher().dispatch('translate', 'b');
    assert.equal(await task.result(), 'translated b');
    assert.equal((await worker.stats()).task_dispatcher, undefined);
  });

  it("tells the scheduler's background errors, with the schedule where it is known", async () => {
    const exchange = async () => {
      throw new Error('no answer');
    };
    await using manager = await create({ stop_grace: 0 }, { exchange });
    const told = new Promise((resolve) => manager.on('error', (error, where) => resolve([error.message, where])));
    manager.scheduler().process('cleanup', () => {});
    await manager.start();
    assert.deepEqual(await told, ['no answer', { component: 'task_scheduler', id: undefined }]);
  });

  it('a failed occurrence leaves no dead letter', async () => {
    const fake = fakeAdapter();
    await using manager = await QueueManager.create(config, { env: {}, adapters: [fake] });
    const ended = new Promise((resolve) => manager.scheduler().on('ended', (_, outcome) => resolve(outcome)));
    manager.scheduler().process('cleanup', () => {
      throw new Error('no');
    });
    await manager.start();
    await manager.scheduler().schedule('cleanup', 1, { delay: 0, maxRetries: 0 });
    assert.equal(await ended, 'failed');
    await manager.stop();
    assert.deepEqual(fake.settled, ['drop']);
  });

  it('tells the figures of both once they were asked for, and their health', async () => {
    await using manager = await create();
    const before = await manager.stats();
    assert.deepEqual([before.task_scheduler, before.task_dispatcher], [undefined, undefined]);
    await manager.scheduler().schedule('cleanup', 1, { delay: '1h' });
    manager.dispatcher();
    const { task_scheduler, task_dispatcher } = await manager.stats();
    assert.deepEqual([task_scheduler?.total_tasks, task_scheduler?.scheduled_tasks, task_dispatcher?.total_dispatched], [1, 1, 0]);
    const { components } = await manager.health();
    assert.deepEqual(components.task_scheduler, { status: 'up', backend: 'fake' });
    assert.deepEqual(components.task_dispatcher, { status: 'up', backend: 'fake' });
  });

  const refused: readonly [string, object, (manager: QueueManager) => unknown, RegExp][] = [
    [
      'a scheduler that is left out',
      { task_scheduler: { enabled: false } },
      (manager) => manager.scheduler(),
      /task_scheduler is left out\n {2}task_scheduler: it says enabled: false/,
    ],
    [
      'a dispatcher without a section',
      { task_dispatcher: undefined },
      (manager) => manager.dispatcher(),
      /task_dispatcher: the config has no such section/,
    ],
    [
      'a dispatcher without queues',
      { message_queue: { type: 'fake', enabled: false } },
      (manager) => manager.dispatcher(),
      /task_dispatcher needs message_queue\n {2}message_queue: it says enabled: false/,
    ],
    [
      "an application's queue by the name of the scheduler's own",
      {},
      (manager) => manager.queue('quayside:schedules'),
      /queue 'quayside:schedules' is the scheduler's own/,
    ],
  ];
  for (const [what, more, ask, told] of refused) {
    it(`refuses ${what}`, async () => {
      await using manager = await create(more);
      assert.throws(
        () => ask(manager),
        (error) => error instanceof ConfigError && told.test(error.message),
      );
    });
  }

  it("refuses at create what the scheduler's backend can not honour", async () => {
    const codec: Codec = { encode: String, decode: String };
    const poor = fakeAdapter({ type: 'poor', queue: { testClock: false, payload: 'json' } });
    const options = { env: {}, adapters: [fakeAdapter(), poor], codec, clock: new TestClock() };
    await assert.rejects(QueueManager.create({ ...config, task_scheduler: { type: 'poor' } }, options), (error: unknown) => {
      assert(error instanceof UnsupportedFeatureError);
      assert.match(error.message, /type 'poor'.*a clock that a test moves.*text that is not JSON/);
      return true;
    });
  });

  it('all that it runs drains while it stops: a scheduled run may still dispatch, publish and schedule', async () => {
    const order: string[] = [];
    const manager = await create({ event_bus: { type: 'local' } }, { close: async () => void order.push('closed') });
    let begin = () => {};
    const running = new Promise<void>((resolve) => {
      begin = resolve;
    });
    let go = () => {};
    const gone = new Promise<void>((resolve) => {
      go = resolve;
    });
    manager.scheduler().process('cleanup', async () => {
      begin();
      await gone;
      await manager.dispatcher().dispatch('analyse', 1);
      await manager.queue('other').publish('a', 1);
      await manager.scheduler().schedule('cleanup', 2, { delay: '1h' });
      order.push('ran');
    });
    await manager.start();
    await manager.scheduler().schedule('cleanup', 1, { delay: 0 });
    await running;
    const stopping = manager.stop();
    go();
    assert.deepEqual(await stopping, { drained: 1, aborted: 0, released: 0 });
    assert.deepEqual(order, ['ran', 'closed']);
  });

  it('leaves no timer behind', async () => {
    const clock = new TestClock();
    const manager = await QueueManager.create(config, { env: {}, adapters: [fakeAdapter()], clock });
    manager.scheduler().process('cleanup', () => {});
    manager.queue().process('analyse', () => {});
    await manager.start();
    await manager.scheduler().schedule('cleanup', 1, { every: '1h' });
    await manager.dispatcher().dispatch('analyse', 1, { delay: '1h', timeout: '2h', onComplete: () => {} });
    await clock.settle();
    const stopping = manager.stop();
    await clock.settle();
    await stopping;
    assert.equal(clock.pendingTimers, 0);
  });
});
