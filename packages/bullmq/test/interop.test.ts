import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { Stage } from './stage.js';
import { until } from './until.js';

/** What no JSON library of a script may touch. */
const payload = { list: [], nothing: null, sum: 0.1 + 0.2, big: Number.MAX_SAFE_INTEGER, text: '</ы"\n' };

describe('BullMQ beside us', () => {
  let stage: Stage;
  before(async () => {
    stage = await Stage.open();
  });
  beforeEach(() => stage.begin());
  afterEach(() => stage.end());
  after(() => stage.close());

  describe('a plain Worker and what we published', () => {
    it('handles it with name, data and priority, in our order, and leaves nothing of it', async () => {
      const queue = stage.ours();
      const ids: string[] = [];
      for (const priority of ['low', 'critical', 'normal'] as const) ids.push((await queue.publish('mail', payload, { priority })).id);
      const seen: unknown[] = [];
      stage.plainWorker(async ({ id, name, data, priority }) => void seen.push([id, name, data, priority]));
      await until(() => seen.length === 3);
      assert.deepEqual(seen, [
        [ids[1], 'mail', payload, 1],
        [ids[2], 'mail', payload, 3],
        [ids[0], 'mail', payload, 4],
      ]);
      await until(async () => (await stage.client.keys(`${stage.prefix}:*`)).every((key) => !ids.some((id) => key.includes(id))));
    });

    it('waits for a delay of ours', async () => {
      const begun = Date.now();
      await stage.ours().publish('mail', 'later', { delay: 300 });
      let startedAt = 0;
      stage.plainWorker(async () => {
        startedAt = Date.now();
      });
      await until(() => startedAt > 0);
      assert.ok(startedAt - begun >= 300, `after ${startedAt - begun} ms`);
    });

    it('retries as the message says, and what it gives up is a dead letter of ours, to be redriven', async () => {
      const queue = stage.ours();
      const { id } = await queue.publish('mail', 'broken', { maxRetries: 2, backoff: { type: 'fixed', delay: 10 } });
      let runs = 0;
      const worker = stage.plainWorker(async () => {
        runs++;
        throw new Error(`run ${runs}`);
      });
      await until(async () => (await queue.stats()).dead_letter_count === 1);
      await worker.close();
      assert.equal(runs, 3);
      const dead = await queue.deadLetters.get(id);
      assert.equal(dead?.attempts, 3);
      assert.deepEqual(
        dead?.errors.map(({ message }) => /run \d/.exec(message)?.[0]),
        ['run 1', 'run 2', 'run 3'],
      );
      const attempts: number[] = [];
      queue.process('mail', (_, { attempt }) => void attempts.push(attempt));
      await queue.start();
      assert.equal((await queue.deadLetters.redrive([id])).length, 1);
      await until(() => attempts.length === 1);
      assert.deepEqual(attempts, [1]);
    });

    it('that it takes after our lease has ended makes our delivery stale', async () => {
      const [store, queue] = [stage.store(), stage.ours()];
      await queue.publish('mail', 'contested');
      const request = { max: 1, startNow: 1, visibilityTimeoutMs: 30, levels: ['critical', 'high', 'normal', 'low'] as const };
      const { claims } = await store.exchange([], request);
      await until(async () => (await store.exchange([])).nextDueInMs === undefined);
      const worker = stage.plainWorker(null);
      const job = await worker.getNextJob('theirs');
      assert.ok(job);
      const receipt = claims[0]?.receipt;
      assert.ok(receipt);
      assert.deepEqual((await store.exchange([{ receipt, outcome: 'complete' }])).settled, ['lease-lost']);
      assert.deepEqual(await store.extend([{ receipt, isStarted: true }], 1_000), ['lost']);
      assert.deepEqual(await store.cancel([receipt.id]), ['held-by-foreign-worker']);
      await job.moveToCompleted('done', 'theirs', false);
      assert.equal(await store.find(receipt.id), undefined);
    });

    it('and died with it is taken over when its lock has ended', async () => {
      const queue = stage.ours();
      await queue.publish('mail', 'orphan');
      const worker = stage.plainWorker(null, { lockDuration: 100 });
      assert.ok(await worker.getNextJob('dies'));
      const seen: unknown[] = [];
      queue.process('mail', (message) => void seen.push(message.payload));
      await queue.start();
      await until(() => seen.length === 1);
      assert.deepEqual(seen, ['orphan']);
    }).timeout(15_000);
  });

  describe('what a plain Queue adds', () => {
    it('reaches our handler, with or without a priority, and is kept as its options say', async () => {
      const plain = stage.plainQueue();
      const kept = await plain.add('mail', payload);
      const gone = await plain.add('mail', payload, { priority: 2, removeOnComplete: true });
      const queue = stage.ours();
      const seen: unknown[] = [];
      queue.process('mail', (message) => void seen.push([message.id, message.payload, message.priority]));
      await queue.start();
      await until(async () => (await plain.getCompletedCount()) === 1 && (await plain.getActiveCount()) === 0);
      assert.deepEqual(seen, [
        [kept.id, payload, 'normal'],
        [gone.id, payload, 'high'],
      ]);
      assert.equal(await (await plain.getJob(String(kept.id)))?.getState(), 'completed');
      assert.equal(await plain.getJob(String(gone.id)), undefined);
    });

    it('keeps its own attempts, and fails with the error of our handler', async () => {
      const plain = stage.plainQueue();
      const job = await plain.add('mail', 'broken', { attempts: 2 });
      const queue = stage.ours({ backoff: { type: 'fixed', delay: 0 } });
      const attempts: number[] = [];
      queue.process('mail', (_, { attempt }) => {
        attempts.push(attempt);
        throw new Error('no such address');
      });
      await queue.start();
      await until(async () => (await plain.getFailedCount()) === 1);
      assert.deepEqual(attempts, [1, 2]);
      const failed = await plain.getJob(String(job.id));
      assert.match(failed?.failedReason ?? '', /no such address/);
      assert.equal((await queue.deadLetters.get(String(job.id)))?.attempts, 2);
    });

    it('lets a parent go on once its children were handled by us', async () => {
      const handled: string[] = [];
      const queue = stage.ours();
      queue.process('part', ({ payload: part }) => void handled.push(String(part)));
      queue.process('whole', () => void handled.push('whole'));
      await queue.start();
      const queueName = stage.queueName;
      const children = ['a', 'b'].map((data) => ({ name: 'part', data, queueName }));
      await stage.plainFlows().add({ name: 'whole', data: {}, queueName, children });
      await until(() => handled.length === 3);
      assert.deepEqual(handled.toSorted(), ['a', 'b', 'whole']);
      assert.equal(handled.at(-1), 'whole');
    });

    it('fails as a parent whose child failed, and no handler runs', async () => {
      const queue = stage.ours();
      queue.process('part', () => {
        throw new Error('broken');
      });
      await queue.start();
      const queueName = stage.queueName;
      const children = [{ name: 'part', data: 'a', queueName, opts: { failParentOnFailure: true } }];
      const { job } = await stage.plainFlows().add({ name: 'whole', data: {}, queueName, children });
      const runs: unknown[] = [];
      queue.process('whole', (message) => void runs.push(message));
      await until(async () => (await job.getState()) === 'failed');
      assert.deepEqual(runs, []);
      assert.equal((await queue.stats()).dead_letter_count, 2);
    });

    it('is never taken for a message of ours whose id is a number', async () => {
      const queue = stage.ours();
      await queue.publish('mail', 'ours', { id: '1' });
      const plain = stage.plainQueue();
      const job = await plain.add('mail', 'theirs');
      assert.equal(job.id, '1');
      const seen: unknown[] = [];
      queue.process('mail', (message) => void seen.push([message.id, message.payload]));
      await queue.start();
      await until(() => seen.length === 2);
      assert.deepEqual(seen.toSorted(), [
        ['1', 'ours'],
        ['1', 'theirs'],
      ]);
      await until(async () => (await queue.stats()).processing_count === 0);
    });
  });

  describe('what plain clients set for the queue', () => {
    it('holds for us: pause and resume', async () => {
      const plain = stage.plainQueue();
      await plain.pause();
      const queue = stage.ours();
      const seen: unknown[] = [];
      queue.process('mail', (message) => void seen.push(message.payload));
      await queue.start();
      await queue.publish('mail', 'held');
      assert.equal((await queue.stats()).is_paused, true);
      const [still] = await queue.receive({ max: 1, wait: 0 });
      assert.equal(still, undefined);
      await plain.resume();
      await until(() => seen.length === 1);
    });

    it('holds for us: global concurrency and rate limit', async () => {
      const [plain, store, queue] = [stage.plainQueue(), stage.store(), stage.ours()];
      const request = { max: 10, startNow: 10, visibilityTimeoutMs: 30_000, levels: ['critical', 'high', 'normal', 'low'] as const };
      await queue.publishBatch(Array.from({ length: 10 }, (_, index) => ({ type: 'mail', payload: index })));
      await plain.setGlobalConcurrency(3);
      const { claims } = await store.exchange([], request);
      assert.equal(claims.length, 3);
      assert.equal((await store.exchange([], request)).claims.length, 0);
      await plain.removeGlobalConcurrency();
      await plain.setGlobalRateLimit(2, 60_000);
      assert.equal((await store.exchange([], request)).claims.length, 2);
      const limited = await store.exchange([], request);
      assert.equal(limited.claims.length, 0);
      assert.ok((limited.nextDueInMs ?? 0) > 0 && (limited.nextDueInMs ?? 0) <= 60_000);
    });
  });

  it('QueueEvents tells of each step of a message', async () => {
    const events = await stage.plainEvents();
    const told: string[] = [];
    const id = randomUUID();
    for (const event of ['added', 'waiting', 'active', 'delayed', 'completed', 'failed', 'removed'] as const) {
      events.on(event, ({ jobId }: { jobId: string }) => void (jobId === id && told.push(event)));
    }
    const queue = stage.ours();
    queue.process('mail', (_, { attempt }) => {
      if (attempt === 1) throw new Error('not yet');
    });
    await queue.start();
    await queue.publish('mail', payload, { id, backoff: { type: 'fixed', delay: 20 } });
    await until(() => told.includes('completed'));
    assert.deepEqual(told, ['added', 'waiting', 'active', 'delayed', 'waiting', 'active', 'completed']);
    const dead = await queue.publish('mail', payload, { id: `${id}-dies`, maxRetries: 0 });
    const failed: unknown[] = [];
    events.on('failed', ({ jobId, failedReason }) => void failed.push([jobId, failedReason]));
    await until(() => failed.length === 1);
    assert.deepEqual(failed, [[dead.id, 'attempts-exhausted']]);
  });
});
