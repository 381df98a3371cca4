import assert from 'node:assert/strict';
import { type Delivery, LeaseLostError, type Settlement } from '@quayside/core';
import type { QueueContext } from './context.js';
import type { QueueCase } from './queue-case.js';

const lateSettlements: Readonly<Record<string, (delivery: Delivery) => Promise<void>>> = {
  ack: (delivery) => delivery.ack(),
  retry: (delivery) => delivery.retry({ delay: 0 }),
  dead: (delivery) => delivery.dead('given up'),
  release: (delivery) => delivery.release(),
};

/** One delivery whose lease ran out, and the next one of the same message, to another process. */
async function loseLease(context: QueueContext): Promise<{ readonly id: string; readonly late: Delivery; readonly current: Delivery }> {
  const [first, second] = [context.queue(), (await context.peer()).queue()];
  const { id } = await first.publish('task', 'work');
  const [late] = await first.receive({ visibilityTimeout: '1s' });
  await context.advance('1100ms');
  const [current] = await second.receive({ visibilityTimeout: '30s' });
  assert.ok(late !== undefined && current !== undefined);
  assert.deepEqual([late.message.id, current.message.id], [id, id]);
  return { id, late, current };
}

const everySettlement: readonly ((receipt: Settlement['receipt']) => Settlement)[] = [
  (receipt) => ({ receipt, outcome: 'complete' }),
  (receipt) => ({ receipt, outcome: 'retry', delayMs: 0, error: '{}' }),
  (receipt) => ({ receipt, outcome: 'release' }),
  (receipt) => ({ receipt, outcome: 'release', delayMs: 1_000 }),
  (receipt) => ({ receipt, outcome: 'dead', reason: 'unrecoverable', isStarted: true }),
  (receipt) => ({ receipt, outcome: 'drop', as: 'discarded' }),
];

/** What a worker does with a message that is another's by now changes nothing, and it learns so. */
export const fencingCases: readonly QueueCase[] = [
  ...Object.entries(lateSettlements).map(
    ([name, settle]): QueueCase => ({
      id: 'Q-23',
      title: `a late ${name} changes nothing and is told lease-lost; the new holder's settlement stands`,
      async run(context) {
        const { id, late, current } = await loseLease(context);
        const queue = context.queue();
        const before = await queue.stats();
        await assert.rejects(settle(late), LeaseLostError);
        assert.deepEqual(await queue.stats(), before);
        assert.equal((await queue.find(id))?.state, 'active');
        const marker = await queue.publish('task', 'marker');
        const seen = await queue.receive({ max: 10 });
        assert.deepEqual(
          seen.map(({ message }) => message.id),
          [marker.id],
        );
        await current.ack();
        assert.equal(await queue.find(id), undefined);
        assert.equal((await queue.stats()).total_processed, 1);
      },
    }),
  ),
  {
    id: 'Q-23',
    title: 'a worker that was frozen past its lease settles in vain, and tells it',
    async run(context) {
      const [gate, otherGate] = [context.gate(), context.gate()];
      const frozen = context.queue({ visibilityTimeout: '1s' });
      const other = (await context.peer()).queue({ visibilityTimeout: '1s' });
      const [first, second] = [context.recorder(() => gate.opened), context.recorder(() => otherGate.opened)];
      const told: string[] = [];
      frozen.on('lease-lost', ({ id }) => void told.push(id));
      frozen.process('task', first.handle);
      other.process('task', second.handle);
      const { id } = await frozen.publish('task', 'work');
      await frozen.start();
      await context.eventually(() => first.running === 1, 'the first worker starts');
      context.link(frozen).silence();
      await other.start();
      await context.within('3s', () => second.running === 1, 'the second worker is given the message');
      context.link(frozen).heal();
      gate.open();
      await context.within('10s', () => told.length > 0, 'the frozen worker is told');
      assert.deepEqual(told, [id]);
      assert.equal((await other.find(id))?.state, 'active');
      otherGate.open();
      await context.eventually(async () => (await other.stats()).total_processed === 1, 'the second worker completes it');
      assert.equal(await other.find(id), undefined);
    },
  },
  {
    id: 'Q-23',
    title: 'the store itself: of a stale receipt every settlement is lease-lost and changes nothing, among valid ones too',
    async run(context) {
      const client = context.client();
      await client.publishMany(2);
      const stale = await client.claimOne({ visibilityTimeoutMs: 500 });
      const valid = await client.claimOne();
      await context.advance('600ms');
      const current = await client.claimOne();
      assert.equal(current.receipt.id, stale.receipt.id);
      assert.notEqual(current.receipt.token, stale.receipt.token);
      const before = await client.store.stats();
      const late = everySettlement.map((settle) => settle(stale.receipt));
      assert.deepEqual(
        await client.settle(...late),
        late.map(() => 'lease-lost'),
      );
      assert.deepEqual(await client.store.stats(), before);
      assert.deepEqual(await client.store.extend([{ receipt: stale.receipt, isStarted: true }], 1_000), ['lost']);
      const made = { id: current.receipt.id, token: 'made-up' };
      const answers = await client.settle(
        { receipt: made, outcome: 'complete' },
        { receipt: valid.receipt, outcome: 'complete' },
        { receipt: stale.receipt, outcome: 'complete' },
        { receipt: current.receipt, outcome: 'complete' },
      );
      assert.deepEqual(answers, ['lease-lost', 'settled', 'lease-lost', 'settled']);
      assert.equal((await client.store.stats()).counters.processed, 2);
    },
  },
  {
    id: 'Q-24',
    title: 'when its lease is lost the signal of a running handler is aborted with LeaseLostError',
    async run(context) {
      const [gate, otherGate] = [context.gate(), context.gate()];
      const frozen = context.queue({ visibilityTimeout: '1s' });
      const other = (await context.peer()).queue({ visibilityTimeout: '1s' });
      const [first, second] = [context.recorder(() => gate.opened), context.recorder(() => otherGate.opened)];
      frozen.process('task', first.handle);
      other.process('task', second.handle);
      await frozen.publish('task', 'work');
      await frozen.start();
      await context.eventually(() => first.running === 1, 'the first worker starts');
      const signal = first.starts[0]?.context.signal;
      assert.equal(signal?.aborted, false);
      context.link(frozen).silence();
      await other.start();
      await context.within('3s', () => second.running === 1, 'the second worker is given the message');
      context.link(frozen).heal();
      await context.within('10s', () => signal?.aborted === true, "the first handler's signal is aborted");
      assert.ok(signal?.reason instanceof LeaseLostError, String(signal?.reason));
      assert.equal(second.starts[0]?.context.signal.aborted, false);
    },
  },
  {
    id: 'Q-24',
    title: 'the signal of a delivery that was pulled is aborted when a settlement or an extend learns of the loss',
    async run(context) {
      const { late, current } = await loseLease(context);
      await assert.rejects(late.extend('1s'), LeaseLostError);
      assert.ok(late.signal.reason instanceof LeaseLostError, String(late.signal.reason));
      assert.equal(current.signal.aborted, false);
      await current.ack();
    },
  },
  {
    id: 'Q-25',
    title: 'a second ack of one delivery does nothing and harms no other message',
    async run(context) {
      const queue = context.queue();
      await queue.publishBatch([1, 2].map((payload) => ({ type: 'task', payload })));
      const [first, second] = await queue.receive({ max: 2 });
      await Promise.all([first?.ack(), first?.ack()]);
      await first?.ack();
      await first?.retry({ delay: 0 });
      await first?.dead('too late');
      const { total_processed, processing_count, total_retried, dead_letter_count } = await queue.stats();
      assert.deepEqual([total_processed, processing_count, total_retried, dead_letter_count], [1, 1, 0, 0]);
      assert.equal((await queue.find(second?.message.id ?? ''))?.state, 'active');
      await second?.ack();
      assert.equal((await queue.stats()).total_processed, 2);
    },
  },
  {
    id: 'Q-25',
    title: 'the store itself: a settlement that comes twice acts once',
    async run(context) {
      for (const settle of everySettlement) {
        const client = context.client();
        await client.publishMany(3);
        const [first, other] = await client.claim({ max: 2 });
        assert.ok(first !== undefined && other !== undefined);
        assert.deepEqual(await client.settle(settle(first.receipt)), ['settled']);
        const before = await client.store.stats();
        assert.deepEqual(await client.settle(settle(first.receipt)), ['lease-lost']);
        assert.deepEqual(await client.settle(settle(first.receipt), settle(first.receipt)), ['lease-lost', 'lease-lost']);
        assert.deepEqual(await client.store.stats(), before);
        assert.equal((await client.store.find(other.receipt.id))?.state, 'active');
        await client.store.clear('everything', 1_000);
      }
    },
  },
  {
    id: 'Q-26',
    title: 'fencingToken grows strictly from delivery to delivery of one message, whoever gets it and however it came back',
    async run(context) {
      const [here, there] = [context.queue(), (await context.peer()).queue()];
      const { id } = await here.publish('task', 'work', { maxRetries: 10 });
      const tokens: number[] = [];
      const take = async (queue = here): Promise<Delivery> => {
        // Others come and go between two deliveries: the token grows for each message, not only in sum.
        await here.publish('task', 'other', { priority: 'low' });
        const deliveries = await queue.receive({ visibilityTimeout: '1s', max: 2 });
        const delivery = deliveries.find(({ message }) => message.id === id);
        assert.ok(delivery !== undefined);
        tokens.push(delivery.fencingToken);
        for (const other of deliveries) if (other !== delivery) await other.ack();
        return delivery;
      };
      await (await take()).release();
      await (await take(there)).retry({ delay: 0 });
      await take();
      await context.advance('1100ms');
      await (await take(there)).dead('given up');
      await here.deadLetters.redrive(id);
      await (await take()).ack();
      assert.equal(tokens.length, 5);
      assert.ok(
        tokens.every((token, index) => Number.isSafeInteger(token) && token > (tokens[index - 1] ?? 0)),
        `tokens ${tokens}`,
      );
    },
  },
];
