import assert from 'node:assert/strict';
import { moveTo } from '#src/dispatcher/task-record.js';
import { TaskRunner } from '#src/dispatcher/task-runner.js';
import { withTaskTag } from '#src/dispatcher/task-tag.js';
import type { HandlerContext, Message, MessageHead, Middleware, PubSub, Queue, QueueEvents } from '#src/index.js';
import { TestClock } from '#src/index.js';
import { FakeRecords } from './fake-records.js';

/** The runner on a queue that does only what the test says. */
function attached() {
  const clock = new TestClock();
  const store = new FakeRecords();
  const published: unknown[] = [];
  const pubsub = { publish: async (_: string, notices: unknown) => void published.push(notices) } as unknown as PubSub;
  const runner = new TaskRunner({ records: store, pubsub, clock, statusRetentionMs: 1000 });
  const listeners: Partial<QueueEvents> = {};
  let middleware: Middleware = {};
  runner.attach({
    name: 'q',
    use(given: Middleware) {
      middleware = given;
    },
    on(event: keyof QueueEvents, listener: never) {
      listeners[event] = listener;
    },
  } as unknown as Queue);
  const headers = withTaskTag({}, 'task', { dispatcher: 'd', deadline: undefined });
  const head: MessageHead = { id: 'task', type: 't', priority: 'normal', headers, attempt: 1, fencingToken: 3 };
  const run = (next: () => Promise<unknown>) =>
    middleware.process?.({ ...head, payload: 1, publishedAt: 0, redriveCount: 0 } as Message, next, {
      attempt: 1,
      fencingToken: 3,
    } as HandlerContext);
  return { clock, store, published, middleware, listeners, head, run };
}

describe('the worker side of tasks', () => {
  it('minds the messages of tasks, and no others', () => {
    const { middleware, head } = attached();
    assert.equal(middleware.concerns?.(head.headers), true);
    assert.equal(middleware.concerns?.({ tenant: 'acme' }), false);
  });

  it('writes and tells nothing of a delivery whose lease was lost, and sets no timer for it', async () => {
    const { clock, store, listeners, head, run } = attached();
    await store.write([moveTo('task', 'pending', 0, { type: 't', queue: 'q' }, 1000, 'absent')]);
    const running = run(() => new Promise(() => {}));
    await clock.settle();
    assert.equal(store.records.get('task')?.state, 'running');
    listeners.progress?.(head, 'first');
    listeners['lease-lost']?.(head);
    listeners.progress?.(head, 'second');
    assert.equal(clock.pendingTimers, 0);
    await clock.advance('1s');
    assert.equal(store.records.get('task')?.fields.progress, undefined);
    assert.ok(running !== undefined);
  });

  it('writes a result in two calls of the store, and tells the moves of a turn in one event', async () => {
    const { clock, store, published, middleware, head, run } = attached();
    await store.write([moveTo('task', 'pending', 0, { type: 't', queue: 'q' }, 1000, 'absent')]);
    const value = await run(async () => 'done');
    await middleware.beforeSettle?.(head, { outcome: 'complete', value });
    await clock.settle();
    assert.deepEqual(store.writeCalls, [1, 1, 1]);
    assert.equal(store.records.get('task')?.fields.result, '"done"');
    assert.deepEqual(published.flat(), [
      { id: 'task', what: 'running' },
      { id: 'task', what: 'completed' },
    ]);
  });
});
