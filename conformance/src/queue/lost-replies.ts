import assert from 'node:assert/strict';
import { type PublishResult, QuaysideError, type Queue } from '@quayside/core';
import type { QueueContext } from './context.js';
import type { QueueCase } from './queue-case.js';

/** A publish during a fault: its ids are known either way, and so is whether it may have happened. */
interface Tried {
  readonly ids: readonly string[];
  readonly outcome: 'published' | 'not-published' | 'unknown';
}

async function tryPublish(context: QueueContext, call: Promise<PublishResult | readonly PublishResult[]>): Promise<Tried> {
  try {
    const results = [await context.settles('6s', call, 'publish settles within its bound')].flat();
    assert.ok(
      results.every(({ isDeduplicated }) => !isDeduplicated),
      'the first publish of these messages is told to be a second one',
    );
    return { ids: results.map(({ id }) => id), outcome: 'published' };
  } catch (error) {
    assert.ok(error instanceof QuaysideError, String(error));
    assert.ok(error.ids !== undefined && error.outcome !== undefined, `${error} tells neither ids nor outcome`);
    return { ids: error.ids, outcome: error.outcome };
  }
}

/** Each exactly once, whoever published it how often. */
async function assertDelivered(queue: Queue, ids: readonly string[]): Promise<void> {
  const deliveries = await queue.receive({ max: 1_000 });
  assert.deepEqual(
    deliveries.map(({ message }) => message.id),
    ids,
  );
  await Promise.all(deliveries.map((delivery) => delivery.ack()));
}

/** The server did the work and its answer was lost: the caller is told the truth, and a second try makes no second message. */
export const lostReplyCases: readonly QueueCase[] = [
  {
    id: 'Q-0A',
    title: 'the reply to a publish is lost: the message exists once, and publishing its id again stores nothing and says so',
    async run(context) {
      const queue = context.queue();
      context.link(queue).loseReply('publish');
      const { ids, outcome } = await tryPublish(context, queue.publish('task', 'work', { id: 'mine' }));
      assert.deepEqual(ids, ['mine']);
      assert.notEqual(outcome, 'not-published');
      const again = await context.settles('6s', queue.publish('task', 'work', { id: 'mine' }), 'the second publish');
      assert.deepEqual(again, { id: 'mine', isDeduplicated: true });
      assert.equal((await queue.stats()).total_published, 1);
      await assertDelivered(queue, ['mine']);
    },
  },
  {
    id: 'Q-0A',
    title: 'replies are lost until the bound: the call rejects as unknown with its ids, and each message exists once',
    async run(context) {
      const queue = context.queue({ publishTimeout: '1s' });
      context.link(queue).loseReply('publish', 1_000);
      const single = tryPublish(context, queue.publish('task', 'single', { id: 'single' }));
      const batch = ['a', 'b', 'c'].map((id) => ({ type: 'task', payload: id, options: { id } }));
      const several = tryPublish(context, queue.publishBatch(batch));
      assert.deepEqual(await single, { ids: ['single'], outcome: 'unknown' });
      assert.deepEqual(await several, { ids: ['a', 'b', 'c'], outcome: 'unknown' });
      assert.equal((await queue.stats()).total_published, 4);
      await assertDelivered(queue, ['single', 'a', 'b', 'c']);
    },
  },
  {
    id: 'Q-0A',
    title: 'an unknown publish, tried again by its publisher after its message is long completed, makes no second one',
    async run(context) {
      const queue = context.queue({ publishTimeout: '1s' });
      const link = context.link(queue);
      link.loseReply('publish', 1_000);
      const { ids, outcome } = await tryPublish(context, queue.publish('task', 'work'));
      assert.equal(outcome, 'unknown');
      const [id = ''] = ids;
      await assertDelivered(queue, [id]);
      link.forgive();
      const again = await context.settles('6s', queue.publish('task', 'work', { id }), 'the second publish');
      assert.deepEqual(again, { id, isDeduplicated: true });
      const marker = await queue.publish('task', 'marker');
      await assertDelivered(queue, [marker.id]);
      assert.equal((await queue.stats()).total_published, 2);
    },
  },
  {
    id: 'Q-0A',
    title: 'a publish that did not reach the server is sent again, or rejects as not published',
    async run(context) {
      const queue = context.queue();
      context.link(queue).loseRequest('publish');
      const { ids, outcome } = await tryPublish(context, queue.publish('task', 'work'));
      assert.notEqual(outcome, 'unknown');
      await assertDelivered(queue, outcome === 'published' ? ids : []);
    },
  },
  {
    id: 'Q-0A',
    title: 'the store itself: a call that comes twice stores once, early, late and out of order',
    async run(context) {
      const client = context.client();
      const call = (sequence: number) => ({ publisher: 'p', sequence, checkIds: false });
      const messages = [client.message(), client.message(), client.message()];
      const publish = (sequence: number) => client.store.publish(messages.slice(sequence - 1, sequence), call(sequence));
      for (const sequence of [2, 3, 1]) assert.deepEqual(await publish(sequence), [{ status: 'published' }]);
      for (const sequence of [1, 2, 3]) assert.deepEqual(await publish(sequence), [{ status: 'duplicate' }]);
      const claims = await client.claim({ max: 10 });
      assert.equal(claims.length, 3);
      await client.settle(...claims.map(({ receipt }) => ({ receipt, outcome: 'complete' as const })));
      for (const sequence of [1, 2, 3]) assert.deepEqual(await publish(sequence), [{ status: 'duplicate' }]);
      assert.deepEqual(await client.claim({ max: 10 }), []);
    },
  },
  {
    id: 'Q-0A',
    title: 'connections are cut under 200 publishes: each exists once if it resolved, at most once else, and once after a second try',
    needs: ['faults.cut', 'faults.heal'],
    timeoutMs: 40_000,
    async run(context) {
      const { faults } = context.scope.harness;
      const queue = context.queue();
      const ids = Array.from({ length: 200 }, (_, index) => `order-${String(index).padStart(3, '0')}`);
      const tries = ids.map((id) => tryPublish(context, queue.publish('task', id, { id })));
      await faults?.cut?.();
      await faults?.heal?.();
      const tried = await Promise.all(tries);
      for (const [index, { outcome }] of tried.entries()) {
        const id = ids[index] ?? '';
        const isThere = (await queue.find(id)) !== undefined;
        if (outcome !== 'unknown') assert.equal(isThere, outcome === 'published', `${id} is told ${outcome}`);
        if (outcome !== 'published') await context.settles('6s', queue.publish('task', id, { id }), `the second publish of ${id}`);
      }
      const deliveries = await queue.receive({ max: 1_000 });
      assert.deepEqual(deliveries.map(({ message }) => message.id).sort(), ids);
    },
  },
];
