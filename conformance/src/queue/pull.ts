import assert from 'node:assert/strict';
import { ConfigError, LeaseLostError, type Queue } from '@quayside/core';
import type { QueueCase } from './queue-case.js';

async function publishAll(queue: Queue, payloads: readonly unknown[]): Promise<readonly string[]> {
  const results = await queue.publishBatch(payloads.map((payload) => ({ type: 'task', payload })));
  return results.map(({ id }) => id);
}

async function receiveOne(queue: Queue, visibilityTimeout = '30s') {
  const [delivery, ...rest] = await queue.receive({ visibilityTimeout });
  assert.ok(delivery !== undefined && rest.length === 0, 'one message is received');
  return delivery;
}

/** For those who bring their own loop. */
export const pullCases: readonly QueueCase[] = [
  {
    id: 'Q-63',
    title: 'receive hands out up to max messages in order, each with attempt 1, counted as started',
    async run(context) {
      const queue = context.queue();
      const ids = await publishAll(queue, ['a', 'b', 'c', 'd', 'e']);
      const first = await queue.receive({ max: 3 });
      assert.deepEqual(
        first.map(({ message, attempt }) => [message.id, message.payload, attempt]),
        ['a', 'b', 'c'].map((payload, index) => [ids[index], payload, 1]),
      );
      assert.equal((await queue.find(ids[0] ?? ''))?.attempts, 1);
      assert.equal((await queue.receive()).length, 1);
      assert.equal((await queue.receive({ max: 1_000 })).length, 1);
      assert.deepEqual(await queue.receive({ max: 1_000 }), []);
      assert.equal((await queue.stats()).processing_count, 5);
    },
  },
  {
    id: 'Q-63',
    title: 'receive waits for the first one, and returns when it arrives',
    async run(context) {
      const queue = context.queue();
      const receiving = queue.receive({ max: 10, wait: '10s' });
      await context.settle();
      await (await context.peer()).queue().publish('task', 'work');
      const deliveries = await context.settles('2s', receiving, 'the call returns');
      assert.deepEqual(
        deliveries.map(({ message }) => message.payload),
        ['work'],
      );
    },
  },
  {
    id: 'Q-63',
    title: 'receive returns empty after its wait, and not before',
    async run(context) {
      const queue = context.queue();
      const begun = context.now();
      assert.deepEqual(await context.settles('5s', queue.receive({ wait: '300ms' }), 'the call returns'), []);
      assert.ok(context.now() - begun >= 299, `returned after ${context.now() - begun} ms`);
    },
  },
  {
    id: 'Q-63',
    title: 'ten callers that wait and one message: one of them gets it',
    async run(context) {
      const queues = [context.queue(), (await context.peer()).queue()];
      const calls = queues.flatMap((queue) => Array.from({ length: 5 }, () => queue.receive({ max: 10, wait: '1s' })));
      await context.settle();
      await queues[0]?.publish('task', 'work');
      const received = await context.settles('5s', Promise.all(calls), 'all calls return');
      assert.equal(received.flat().length, 1);
    },
  },
  {
    id: 'Q-63',
    title: 'an aborted receive ends at once, and takes no message along',
    async run(context) {
      const queue = context.queue();
      const abort = new AbortController();
      const receiving = queue.receive({ wait: '1h', signal: abort.signal }).catch(() => []);
      await context.settle();
      abort.abort();
      assert.deepEqual(await context.settles('2s', receiving, 'the call settles'), []);
      const [id] = await publishAll(queue, ['work']);
      assert.equal((await receiveOne(queue)).message.id, id);
    },
  },
  {
    id: 'Q-63',
    title: 'a message that was on its way to a receive when that was aborted goes back, uncounted',
    async run(context) {
      const [queue, gate, abort] = [context.queue(), context.gate(), new AbortController()];
      const [id] = await publishAll(queue, ['work']);
      context.link(queue).holdReply('exchange', gate);
      const receiving = queue.receive({ signal: abort.signal }).catch(() => []);
      await context.eventually(async () => (await queue.find(id ?? ''))?.state === 'active', 'it is claimed');
      abort.abort();
      gate.open();
      assert.deepEqual(await context.settles('2s', receiving, 'the call settles'), []);
      await context.eventually(async () => (await queue.find(id ?? ''))?.state === 'waiting', 'it is back');
      const delivery = await receiveOne(queue);
      assert.deepEqual([delivery.message.id, delivery.attempt], [id, 1]);
    },
  },
  {
    id: 'Q-63',
    title: 'ack completes the message',
    async run(context) {
      const queue = context.queue();
      await publishAll(queue, ['work']);
      const delivery = await receiveOne(queue);
      await delivery.ack();
      assert.equal(await queue.find(delivery.message.id), undefined);
      const { total_processed, processing_count } = await queue.stats();
      assert.deepEqual([total_processed, processing_count], [1, 0]);
    },
  },
  {
    id: 'Q-63',
    title: 'retry counts the attempt and delivers again after the delay; past maxRetries the message is dead',
    async run(context) {
      const queue = context.queue({ maxRetries: 1 });
      const [id = ''] = await publishAll(queue, ['work']);
      await (await receiveOne(queue)).retry({ delay: '200ms', error: new Error('first') });
      assert.equal((await queue.find(id))?.state, 'delayed');
      assert.deepEqual(await queue.receive(), []);
      await context.advance('250ms');
      const second = await receiveOne(queue);
      assert.deepEqual([second.message.id, second.attempt], [id, 2]);
      await second.retry({ error: new Error('second') });
      const dead = await queue.deadLetters.get(id);
      assert.equal(dead?.reason, 'attempts-exhausted');
      assert.deepEqual(
        dead.errors.map(({ message, attempt }) => [message, attempt]),
        [
          ['first', 1],
          ['second', 2],
        ],
      );
    },
  },
  {
    id: 'Q-63',
    title: 'dead puts the message among the dead letters, with what the caller says',
    async run(context) {
      const queue = context.queue();
      const ids = await publishAll(queue, ['text', 'error', 'nothing']);
      await (await receiveOne(queue)).dead('the disk is full');
      await (await receiveOne(queue)).dead(new RangeError('out of range'));
      await (await receiveOne(queue)).dead();
      const dead = await Promise.all(ids.map((id) => queue.deadLetters.get(id)));
      for (const letter of dead) assert.equal(letter?.reason, 'unrecoverable');
      assert.equal(dead[0]?.errors[0]?.message, 'the disk is full');
      assert.deepEqual([dead[1]?.errors[0]?.name, dead[1]?.errors[0]?.message], ['RangeError', 'out of range']);
    },
  },
  {
    id: 'Q-63',
    title: 'extend holds the message longer; nobody renews what is not extended',
    async run(context) {
      const queue = context.queue();
      const [held, left] = await publishAll(queue, ['held', 'left']);
      const extended = await receiveOne(queue, '300ms');
      const abandoned = await receiveOne(queue, '300ms');
      assert.deepEqual([extended.message.id, abandoned.message.id], [held, left]);
      await extended.extend('1h');
      await context.advance('400ms');
      const again = await queue.receive({ max: 10 });
      assert.deepEqual(
        again.map(({ message, attempt }) => [message.id, attempt]),
        [[left, 2]],
      );
      await assert.rejects(abandoned.ack(), LeaseLostError);
      await extended.ack();
      assert.equal((await queue.stats()).total_processed, 1);
    },
  },
  {
    id: 'Q-63',
    title: 'a max out of range is refused, and nothing is handed out',
    async run(context) {
      const queue = context.queue();
      await publishAll(queue, ['work']);
      for (const max of [0, -1, 1.5, 1_001, Number.NaN]) await assert.rejects(queue.receive({ max }), ConfigError);
      await assert.rejects(queue.receive({ wait: -1 }), ConfigError);
      assert.equal((await queue.stats()).queue_length, 1);
    },
  },
  {
    id: 'Q-65',
    title: 'release gives back at once, uncounted, at its old place',
    async run(context) {
      const queue = context.queue({ maxRetries: 0 });
      const [first, second] = await publishAll(queue, ['first', 'second', 'third']);
      const delivery = await receiveOne(queue);
      await delivery.release();
      const again = await receiveOne((await context.peer()).queue());
      assert.deepEqual([again.message.id, again.attempt], [first, 1]);
      assert.ok(again.fencingToken > delivery.fencingToken);
      const found = await queue.find(first ?? '');
      assert.deepEqual([found?.state, found?.attempts, found?.deliveries], ['active', 1, 2]);
      assert.equal((await receiveOne(queue)).message.id, second);
      const { total_failed, total_retried } = await queue.stats();
      assert.deepEqual([total_failed, total_retried], [0, 0]);
    },
  },
  {
    id: 'Q-65',
    title: 'release with a delay gives back after it, uncounted',
    async run(context) {
      const queue = context.queue({ maxRetries: 0 });
      const [first, second] = await publishAll(queue, ['first', 'second']);
      await (await receiveOne(queue)).release({ delay: '200ms' });
      assert.equal((await queue.find(first ?? ''))?.state, 'delayed');
      assert.equal((await receiveOne(queue)).message.id, second);
      await context.advance('250ms');
      const again = await receiveOne(queue);
      assert.deepEqual([again.message.id, again.attempt], [first, 1]);
    },
  },
];
