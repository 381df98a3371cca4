import assert from 'node:assert/strict';
import type { QuaysideConfig } from '#src/config/schema.js';
import { ClosedError } from '#src/errors.js';
import { stopInOrder } from '#src/manager/lifecycle.js';
import { QueueManager } from '#src/manager/manager.js';
import type { Queue } from '#src/ports/queue.js';
import { TestClock } from '#src/time/test-clock.js';
import { type FakeOptions, fakeAdapter } from './manager-fake.js';

const config: QuaysideConfig = { message_queue: { type: 'fake' }, event_bus: { type: 'local' } };

function create(behaviour: FakeOptions = {}, more: QuaysideConfig = {}, clock?: TestClock): Promise<QueueManager> {
  return QueueManager.create({ ...config, ...more }, { env: {}, adapters: [fakeAdapter(behaviour)], clock });
}

/** A promise, and what settles it. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

describe('manager: start and stop', () => {
  it('handlers run once it is started, also those of a queue asked for later; twice is once', async () => {
    await using manager = await create();
    const seen: string[] = [];
    const first = gate();
    manager.queue().process('a', () => {
      seen.push('configured');
      first.open();
    });
    await manager.queue().publish('a', 1);
    await new TestClock().settle();
    assert.deepEqual(seen, []);
    await Promise.all([manager.start(), manager.start()]);
    await first.opened;
    const second = gate();
    manager.queue('late').process('a', () => second.open());
    await manager.queue('late').publish('a', 1);
    await second.opened;
    assert.deepEqual(seen, ['configured']);
  });

  it('stop waits for running handlers, which may still publish to queue, channel and bus, then closes the backend', async () => {
    const order: string[] = [];
    const manager = await create({ close: async () => void order.push('closed') });
    const running = gate();
    const go = gate();
    manager.queue().process('a', async () => {
      running.open();
      await go.opened;
      await manager.queue().publish('b', 1);
      await manager.queue('made-meanwhile').publish('b', 1);
      await manager.pubsub().publish('c', 1);
      await manager.events().emitAsync('d', 1);
      order.push('handled');
    });
    await manager.start();
    await manager.queue().publish('a', 1);
    await running.opened;
    const stopping = manager.stop();
    assert.equal(manager.stop(), stopping);
    go.open();
    assert.deepEqual(await stopping, { drained: 1, aborted: 0, released: 0 });
    assert.deepEqual(order, ['handled', 'closed']);
  });

  it('what a handler asks for while all stops is there, starts nothing, and is closed with the rest', async () => {
    const manager = await create();
    const running = gate();
    const go = gate();
    let late: Queue | undefined;
    let isLateHandled = false;
    manager.queue().process('a', async () => {
      running.open();
      await go.opened;
      late = manager.queue('late');
      late.process('b', () => {
        isLateHandled = true;
      });
      await late.publish('b', 1);
      await new TestClock().settle();
    });
    await manager.start();
    await manager.queue().publish('a', 1);
    await running.opened;
    const stopping = manager.stop();
    go.open();
    await stopping;
    assert.equal(isLateHandled, false);
    assert(late !== undefined);
    await assert.rejects(late.publish('b', 2), ClosedError);
  });

  it('each step begins in time though the one before never ends', async () => {
    const clock = new TestClock();
    const order: string[] = [];
    const never = (name: string) => () => {
      order.push(`${name} at ${clock.monotonic()}`);
      return new Promise<never>(() => {});
    };
    const parts = {
      workers: () => [{ stopWorkers: never('workers'), stop: never('queue') }],
      dispatchers: () => [{ stop: never('dispatcher') }],
      buses: () => [{ stop: never('bus') }],
      channels: () => [{ stop: never('channels') }],
      backends: () => [{ close: never('backend') }],
    };
    let doneAt = 0;
    void stopInOrder(parts, 500, clock, () => {}).then(() => {
      doneAt = clock.monotonic();
    });
    await clock.advance(1_500);
    const last = (name: string) => order.findLast((line) => line.startsWith(name));
    assert.deepEqual(
      [order[0], last('queue'), last('bus'), last('channels'), last('backend')],
      ['workers at 0', 'queue at 1430', 'bus at 1430', 'channels at 1450', 'backend at 1470'],
    );
    assert.equal(doneAt, 1_500);
    assert.equal(clock.pendingTimers, 0);
  });

  it('aborts what outlasts the grace of the config, and gives it back', async () => {
    const clock = new TestClock();
    const manager = await create({}, { stop_grace: 2 }, clock);
    const running = gate();
    const reasons: unknown[] = [];
    manager.queue().process('a', (_message, { signal }) => {
      running.open();
      return new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          reasons.push(signal.reason);
          resolve(undefined);
        });
      });
    });
    await manager.start();
    await manager.queue().publish('a', 1);
    await running.opened;
    let report: unknown;
    void manager.stop().then((value) => {
      report = value;
    });
    await clock.advance(1_999);
    assert.equal(reasons.length, 0);
    await clock.advance(1);
    assert(reasons[0] instanceof ClosedError);
    await clock.advance(1_000);
    assert.deepEqual(report, { drained: 0, aborted: 1, released: 1 });
  });

  it('settles within the grace and a second with a backend that never closes and a handler that never ends', async () => {
    const clock = new TestClock();
    const manager = await create({ close: () => new Promise(() => {}) }, {}, clock);
    const running = gate();
    manager.queue().process('a', () => {
      running.open();
      return new Promise(() => {});
    });
    await manager.start();
    await manager.queue().publish('a', 1);
    await running.opened;
    let isDone = false;
    void manager.stop({ graceMs: 100 }).then(() => {
      isDone = true;
    });
    await clock.advance(1_100);
    assert.equal(isDone, true);
  });

  it('tells and survives a backend that fails to close', async () => {
    const manager = await create({
      close: async () => {
        throw new Error('would not');
      },
    });
    const told: string[] = [];
    manager.on('error', (error, { component }) => told.push(`${component}: ${error.message}`));
    assert.deepEqual(await manager.stop(), { drained: 0, aborted: 0, released: 0 });
    assert.deepEqual(told, ['manager: would not']);
  });

  it('after stop every call fails with ClosedError, and health says so', async () => {
    const manager = await create();
    const queue = manager.queue();
    await manager.stop();
    assert.throws(() => manager.queue(), ClosedError);
    assert.throws(() => manager.pubsub(), ClosedError);
    assert.throws(() => manager.events(), ClosedError);
    await assert.rejects(manager.start(), ClosedError);
    await assert.rejects(manager.stats(), ClosedError);
    await assert.rejects(queue.publish('a', 1), ClosedError);
    const { status, components } = await manager.health();
    assert.equal(status, 'down');
    assert.deepEqual(components.message_queue, { status: 'down', reason: 'the manager is stopped', backend: 'fake' });
  });

  it('refuses to start while it stops', async () => {
    const manager = await create();
    const stopping = manager.stop();
    await assert.rejects(manager.start(), ClosedError);
    await stopping;
  });

  it('leaves no timer behind', async () => {
    const clock = new TestClock();
    const manager = await create({}, {}, clock);
    manager.queue().process('a', () => {});
    manager.events().on('a', () => {});
    await manager.pubsub().subscribe('a', () => {});
    await manager.start();
    await clock.settle();
    const stopping = manager.stop();
    await clock.settle();
    await stopping;
    assert.equal(clock.pendingTimers, 0);
  });
});
