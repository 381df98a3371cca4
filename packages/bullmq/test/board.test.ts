import assert from 'node:assert/strict';
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import type { AppControllerRoute, BullBoardQueues, IServerAdapter } from '@bull-board/api/typings/app';
import { Stage } from './stage.js';

/** Takes from bull-board what a web server would be given. */
class BareServer implements IServerAdapter {
  queues: BullBoardQueues = new Map();
  routes: readonly AppControllerRoute[] = [];
  setQueues(queues: BullBoardQueues) {
    this.queues = queues;
    return this;
  }
  setApiRoutes(routes: AppControllerRoute[]) {
    this.routes = routes;
    return this;
  }
  setViewsPath() {
    return this;
  }
  setStaticPath() {
    return this;
  }
  setEntryRoute() {
    return this;
  }
  setErrorHandler() {
    return this;
  }
  setUIConfig() {
    return this;
  }

  async list(activeQueue: string, status: string): Promise<BoardQueue> {
    const route = this.routes.find((one) => one.method === 'get' && one.route === '/api/queues');
    assert.ok(route);
    const request = {
      queues: this.queues,
      query: { activeQueue, status, page: '1', jobsPerPage: '10' },
      params: {},
      body: {},
      headers: {},
    };
    const { body } = (await route.handler(request as never)) as { body: { queues: readonly BoardQueue[] } };
    const queue = body.queues.find(({ name }) => name === activeQueue);
    assert.ok(queue);
    return queue;
  }
}

interface BoardQueue {
  readonly name: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly jobs: readonly { readonly id: string; readonly name: string; readonly data: unknown; readonly failedReason?: string }[];
}

describe('bull-board', () => {
  let stage: Stage;
  before(async () => {
    stage = await Stage.open();
    await stage.begin();
  });
  after(async () => {
    await stage.end();
    await stage.close();
  });

  it('lists our messages in their states, with type and payload', async () => {
    const queue = stage.ours();
    const put = (id: string, options = {}) => queue.publish('mail', { to: id }, { id, ...options });
    for (const id of ['dies', 'runs', 'waits']) await put(id);
    const [dying] = await queue.receive({ max: 2 });
    await dying?.dead('broken');
    await put('later', { delay: '1h' });
    const plain = stage.plainQueue();
    const done = await plain.add('mail', { to: 'done' }, { priority: 1 });
    const [foreign] = await queue.receive({ max: 1 });
    assert.equal(foreign?.message.id, done.id);
    await foreign?.ack();

    const server = new BareServer();
    createBullBoard({ queues: [new BullMQAdapter(plain)], serverAdapter: server });
    const expected = { prioritized: 'waits', active: 'runs', delayed: 'later', completed: String(done.id), failed: 'dies' };
    for (const [status, id] of Object.entries(expected)) {
      const { counts, jobs } = await server.list(stage.queueName, status);
      assert.deepEqual(
        jobs.map((job) => [job.id, job.name, job.data]),
        [[id, 'mail', { to: status === 'completed' ? 'done' : id }]],
        status,
      );
      assert.equal(counts[status], 1, status);
    }
    assert.equal((await server.list(stage.queueName, 'failed')).jobs[0]?.failedReason, 'unrecoverable');
  });
});
