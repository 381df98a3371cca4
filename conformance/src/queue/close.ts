import assert from 'node:assert/strict';
import { ClosedError, QuaysideError, type Queue, type StopReport, TestClock } from '@quayside/core';
import type { QueueContext } from './context.js';
import type { QueueCase } from './queue-case.js';
import { openWorker, passMarker } from './recorded-worker.js';

/** Fails where it takes longer than the grace plus a second. */
function stop(context: QueueContext, queue: Queue, graceMs: number): Promise<StopReport> {
  return context.settles(graceMs + 1_000, queue.stop({ graceMs }), 'stop resolves');
}

/** Every call that a stopped queue must refuse. */
const calls: Readonly<Record<string, (queue: Queue, id: string) => Promise<unknown>>> = {
  publish: (queue) => queue.publish('task', 'work'),
  'publish with options': (queue) => queue.publish('task', 'work', { delay: '1h' }),
  publishBatch: (queue) => queue.publishBatch([{ type: 'task', payload: 'work' }]),
  receive: (queue) => queue.receive(),
  cancel: (queue, id) => queue.cancel(id),
  promote: (queue, id) => queue.promote(id),
  remove: (queue, id) => queue.remove(id),
  find: (queue, id) => queue.find(id),
  list: (queue) => queue.list('waiting'),
  'deadLetters.list': (queue) => queue.deadLetters.list(),
  'deadLetters.get': (queue, id) => queue.deadLetters.get(id),
  'deadLetters.redrive': (queue, id) => queue.deadLetters.redrive(id),
  'deadLetters.redriveAll': (queue) => queue.deadLetters.redriveAll(),
  'deadLetters.remove': (queue, id) => queue.deadLetters.remove(id),
  'deadLetters.purge': (queue) => queue.deadLetters.purge(),
  pause: (queue) => queue.pause(),
  resume: (queue) => queue.resume(),
  drain: (queue) => queue.drain(),
  purge: (queue) => queue.purge(),
  obliterate: (queue) => queue.obliterate(),
  stats: (queue) => queue.stats(),
  start: (queue) => queue.start(),
};

/** Starting and stopping, in any order and number; afterwards nothing. */
export const closeCases: readonly QueueCase[] = [
  {
    id: 'Q-83',
    title: 'stop twice, one after the other: the second one resolves too',
    async run(context) {
      const worker = openWorker(context);
      await worker.queue.start();
      await passMarker(context, worker);
      const first = await worker.queue.stop();
      assert.deepEqual(await worker.queue.stop(), first);
    },
  },
  {
    id: 'Q-83',
    title: 'stop before start resolves, with nothing to report',
    async run(context) {
      const queue = context.queue();
      await queue.publish('task', 'work');
      assert.deepEqual(await queue.stop(), { drained: 0, aborted: 0, released: 0 });
      assert.equal((await (await context.peer()).queue().stats()).queue_length, 1);
    },
  },
  {
    id: 'Q-83',
    title: 'start twice is as once: no more handlers run, and no message twice',
    async run(context) {
      const gate = context.gate();
      const worker = openWorker(context, () => gate.opened, { concurrency: 2 });
      await Promise.all([worker.queue.start(), worker.queue.start()]);
      await worker.queue.start();
      await worker.queue.publishBatch(Array.from({ length: 10 }, (_, payload) => ({ type: 'task', payload })));
      await context.eventually(() => worker.seen.running === 2, 'two run');
      gate.open();
      await context.eventually(() => worker.endings.length === 10, 'all are settled');
      assert.deepEqual([worker.seen.mostAtOnce, worker.seen.starts.length], [2, 10]);
    },
  },
  {
    id: 'Q-83',
    title: 'stop during a long poll ends the poll at once',
    async run(context) {
      const queue = context.queue();
      const outcome = queue.receive({ wait: '1h' }).then(
        (deliveries) => deliveries.length,
        (error: unknown) => error,
      );
      await context.settle();
      await stop(context, queue, 1_000);
      const ended = await outcome;
      assert.ok(ended === 0 || ended instanceof ClosedError, `the poll ended with ${ended}`);
    },
  },
  {
    id: 'Q-83',
    title: 'a handler may stop its own queue, and even wait for it',
    async run(context) {
      const reports: StopReport[] = [];
      const worker = openWorker(context, async () => void reports.push(await worker.queue.stop({ graceMs: 200 })));
      await worker.queue.publish('task', 'work');
      await worker.queue.start();
      await context.within('1200ms', () => reports.length === 1, 'stop resolves');
      assert.deepEqual(reports, [{ drained: 0, aborted: 1, released: 1 }]);
      const found = await (await context.peer()).queue().list('waiting');
      assert.deepEqual(
        found.items.map(({ attempts }) => attempts),
        [0],
      );
    },
  },
  {
    id: 'Q-83',
    title: 'stop of an idle worker takes no time',
    async run(context) {
      const worker = openWorker(context);
      await worker.queue.start();
      await passMarker(context, worker);
      const begun = context.now();
      await stop(context, worker.queue, 5_000);
      assert.ok(context.now() - begun < 1_000, `stopped after ${context.now() - begun} ms`);
    },
  },
  {
    id: 'Q-83',
    title: 'with a server that answers nothing any more, stop and every open call settle in their bounds',
    timeoutMs: 20_000,
    async run(context) {
      const gate = context.gate();
      const worker = openWorker(context, () => gate.opened, { publishTimeout: '1s' });
      await worker.queue.publish('task', 'work');
      await worker.queue.start();
      await context.eventually(() => worker.seen.running === 1, 'it runs');
      const settled: string[] = [];
      const note = (name: string) => () => void settled.push(name);
      worker.queue.receive({ wait: '1500ms' }).then(note('a receive that waits'), note('a receive that waits'));
      await context.settle();
      context.link(worker.queue).silence();
      worker.queue.publish('task', 'more').catch(note('publish'));
      worker.queue.receive({ wait: '500ms' }).then(note('receive'), note('receive'));
      worker.queue.stats().catch(note('stats'));
      await context.settle();
      await stop(context, worker.queue, 500);
      await context.within('6s', () => settled.length === 4, 'all calls have settled');
    },
  },
  {
    id: 'Q-83',
    title: 'with the server killed, stop settles in its bound',
    needs: ['faults.kill', 'faults.restart'],
    timeoutMs: 30_000,
    async run(context) {
      const { faults } = context.scope.harness;
      context.scope.onEnd(() => faults?.restart?.());
      const gate = context.gate();
      const worker = openWorker(context, () => gate.opened);
      await worker.queue.publish('task', 'work');
      await worker.queue.start();
      await context.eventually(() => worker.seen.running === 1, 'it runs');
      await faults?.kill?.();
      await stop(context, worker.queue, 500);
    },
  },
  {
    id: 'Q-84',
    title: 'after stop every call rejects with ClosedError',
    async run(context) {
      const worker = openWorker(context);
      await worker.queue.start();
      const { id } = await worker.queue.publish('task', 'later', { delay: '1h' });
      await worker.queue.stop();
      for (const [name, call] of Object.entries(calls)) {
        await assert.rejects(call(worker.queue, id), ClosedError, name);
      }
      assert.throws(() => worker.queue.process('other', () => {}), ClosedError);
      assert.throws(() => worker.queue.processBatch('other', () => {}, { size: 2 }), ClosedError);
      const stats = await (await context.peer()).queue().stats();
      assert.deepEqual([stats.total_published, stats.delayed_count], [1, 1]);
    },
  },
  {
    id: 'Q-84',
    title: 'after stop no handler starts',
    async run(context) {
      const [stopped, worker] = [openWorker(context), openWorker(await context.peer())];
      await stopped.queue.start();
      await passMarker(context, stopped);
      await stopped.queue.stop();
      for (let index = 0; index < 10; index++) await worker.queue.publish('task', index);
      await worker.queue.start();
      await passMarker(context, worker);
      assert.equal(stopped.seen.starts.length, 1);
      assert.equal(worker.seen.starts.length, 11);
    },
  },
  {
    id: 'Q-84',
    title: 'a pulled delivery that outlives its queue: settling it rejects within its bound, and the message comes back by its lease',
    async run(context) {
      const queue = context.queue({ publishTimeout: '1s' });
      const { id } = await queue.publish('task', 'work');
      const [delivery] = await queue.receive({ visibilityTimeout: '2s' });
      assert.ok(delivery !== undefined);
      await stop(context, queue, 100);
      await assert.rejects(context.settles('2s', delivery.ack(), 'ack settles'), QuaysideError);
      const other = (await context.peer()).queue();
      const [again] = await context.settles('4s', other.receive({ wait: '3s' }), 'it is received again');
      assert.deepEqual([again?.message.id, again?.attempt], [id, 2]);
    },
  },
  {
    id: 'Q-84',
    title: 'after stop no timer is left',
    needs: ['testClock'],
    async run(context) {
      const { clock } = context.scope.time;
      assert.ok(clock instanceof TestClock);
      const before = clock.pendingTimers;
      const gate = context.gate();
      const worker = openWorker(context, ({ payload }) => payload === 'long' && gate.opened, { timeout: '1h' });
      await worker.queue.start();
      await passMarker(context, worker);
      await worker.queue.publish('task', 'long');
      await context.eventually(() => worker.seen.running === 1, 'one runs');
      const polling = worker.queue.receive({ wait: '1h' }).catch(() => {});
      await context.settle();
      await stop(context, worker.queue, 100);
      await polling;
      assert.equal(clock.pendingTimers, before);
    },
  },
];
