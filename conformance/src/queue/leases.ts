import assert from 'node:assert/strict';
import { LeaseLostError } from '@quayside/core';
import type { QueueCase } from './queue-case.js';

/** A claim gives one worker the message for a time, and takes it back when the worker is gone. */
export const leaseCases: readonly QueueCase[] = [
  {
    id: 'Q-20',
    title: 'a leased message is invisible to every other worker, process and connection',
    async run(context) {
      const holder = context.queue();
      const others = [context.queue(), (await context.peer()).queue(), (await context.peer()).queue()];
      const { id } = await holder.publish('task', 'held');
      const [delivery] = await holder.receive();
      assert.equal(delivery?.message.id, id);
      for (const [index, other] of [...others, holder].entries()) {
        const marker = await holder.publish('task', `marker ${index}`);
        const seen = await other.receive({ max: 10 });
        assert.deepEqual(
          seen.map(({ message }) => message.id),
          [marker.id],
        );
        assert.equal((await other.find(id))?.state, 'active');
      }
      await delivery.ack();
      assert.equal(await holder.find(id), undefined);
    },
  },
  {
    id: 'Q-20',
    title: 'of many that claim at once each gets messages of its own',
    async run(context) {
      const queue = context.queue();
      await queue.publishBatch(Array.from({ length: 100 }, (_, payload) => ({ type: 'task', payload })));
      const clients = [context.client(), context.client(), (await context.peer()).client()];
      const claims = (await Promise.all(Array.from({ length: 60 }, (_, index) => clients[index % 3]?.claim({ max: 2 }) ?? []))).flat();
      assert.equal(claims.length, 100);
      assert.equal(new Set(claims.map(({ receipt }) => receipt.id)).size, 100);
      assert.equal(new Set(claims.map(({ receipt }) => receipt.token)).size, 100);
    },
  },
  {
    id: 'Q-21',
    title: 'a handler longer than visibilityTimeout keeps its message, and others never see it',
    async run(context) {
      const gate = context.gate();
      const long = context.recorder(() => gate.opened);
      const short = context.recorder();
      const holder = context.queue({ visibilityTimeout: '1s', concurrency: 1 });
      const other = (await context.peer()).queue({ visibilityTimeout: '1s' });
      holder.process('task', long.handle);
      other.process('task', short.handle);
      await holder.publish('task', 'long');
      await holder.start();
      await context.eventually(() => long.running === 1, 'the long handler runs');
      await other.start();
      await context.advance('3500ms');
      await other.publish('task', 'marker');
      await context.eventually(() => short.ended.length === 1, 'the marker is handled');
      assert.deepEqual(short.payloads, ['marker']);
      gate.open();
      await context.eventually(async () => (await other.stats()).total_processed === 2, 'both are completed');
      assert.equal(long.starts.length, 1);
      assert.equal(long.starts[0]?.context.signal.aborted, false);
      assert.equal((await other.stats()).total_stalled, 0);
    },
  },
  {
    id: 'Q-22',
    title: 'a worker vanishes: its message is redelivered after visibilityTimeout, within one second, as attempt 2',
    async run(context) {
      const gate = context.gate();
      const lost = context.recorder(() => gate.opened);
      const seen = context.recorder();
      const vanishing = context.queue({ visibilityTimeout: '1s' });
      const surviving = (await context.peer()).queue({ visibilityTimeout: '1s' });
      vanishing.process('task', lost.handle);
      surviving.process('task', seen.handle);
      const { id } = await vanishing.publish('task', 'work');
      await vanishing.start();
      await context.eventually(() => lost.running === 1, 'the first worker starts the message');
      await surviving.start();
      const before = context.now();
      context.crash(vanishing);
      await context.advance('600ms');
      const marker = await surviving.publish('task', 'marker');
      await context.eventually(() => seen.ended.includes(marker.id), 'the marker is handled');
      assert.deepEqual(seen.startsOf(id), [], 'redelivered while the lease held');
      await context.within('1400ms', () => seen.ended.includes(id), 'the message is redelivered');
      assert.ok(context.now() - before <= 2_000);
      assert.equal(seen.startsOf(id)[0]?.attempt, 2);
      assert.equal((await surviving.stats()).total_stalled, 1);
    },
  },
  {
    id: 'Q-22',
    title: 'what a vanished receiver held comes back, all of it, to whoever asks',
    async run(context) {
      const vanishing = context.queue();
      const other = (await context.peer()).queue();
      const results = await vanishing.publishBatch(Array.from({ length: 50 }, (_, payload) => ({ type: 'task', payload })));
      await vanishing.receive({ max: 50, visibilityTimeout: '1s' });
      context.crash(vanishing);
      assert.deepEqual(await other.receive({ max: 50 }), []);
      await context.advance('1100ms');
      const deliveries = await other.receive({ max: 50, wait: '1s' });
      assert.deepEqual(deliveries.map(({ message }) => message.id).sort(), results.map(({ id }) => id).sort());
      assert.ok(deliveries.every(({ attempt }) => attempt === 2));
    },
  },
  {
    id: 'Q-27',
    title: 'extend holds a delivery longer; after its loss extend rejects with LeaseLostError',
    async run(context) {
      const queue = context.queue();
      const other = (await context.peer()).queue();
      const { id } = await queue.publish('task', 'held');
      const [delivery] = await queue.receive({ visibilityTimeout: '1s' });
      assert.ok(delivery !== undefined);
      await delivery.extend('3s');
      await context.advance('2s');
      const marker = await queue.publish('task', 'marker');
      const seen = await other.receive({ max: 10 });
      assert.deepEqual(
        seen.map(({ message }) => message.id),
        [marker.id],
      );
      await context.advance('1100ms');
      const [again] = await other.receive();
      assert.deepEqual([again?.message.id, again?.attempt], [id, 2]);
      await assert.rejects(delivery.extend('3s'), LeaseLostError);
      await again?.ack();
    },
  },
  {
    id: 'Q-27',
    title: 'extend may also shorten: the message comes back when the new time is over',
    async run(context) {
      const queue = context.queue();
      const { id } = await queue.publish('task', 'held');
      const [delivery] = await queue.receive({ visibilityTimeout: '1h' });
      await delivery?.extend('1s');
      await context.advance('1100ms');
      const [again] = await queue.receive();
      assert.equal(again?.message.id, id);
    },
  },
  {
    id: 'Q-27',
    title: 'a handler that extends is held for so long, also when its process vanishes meanwhile',
    async run(context) {
      const gate = context.gate();
      let isExtended = false;
      const vanishing = context.queue({ visibilityTimeout: '500ms' });
      const other = (await context.peer()).queue();
      vanishing.process('task', async (_, { extend }) => {
        await extend('3s');
        isExtended = true;
        await gate.opened;
      });
      const { id } = await vanishing.publish('task', 'held');
      await vanishing.start();
      await context.eventually(() => isExtended, 'the handler extended');
      context.crash(vanishing);
      await context.advance('2s');
      assert.equal((await other.find(id))?.state, 'active');
      const marker = await other.publish('task', 'marker');
      const seen = await other.receive({ max: 10 });
      assert.deepEqual(
        seen.map(({ message }) => message.id),
        [marker.id],
      );
      await context.advance('1100ms');
      const [again] = await other.receive();
      assert.equal(again?.message.id, id);
    },
  },
  {
    id: 'Q-2C',
    title: 'an active message whose lease entry is gone is found and returned: nothing stays active for ever',
    needs: ['faults.orphan'],
    async run(context) {
      const { harness, namespace } = context.scope;
      const queue = context.queue();
      const { id } = await queue.publish('task', 'work');
      await queue.receive({ visibilityTimeout: '1s' });
      await harness.faults?.orphan?.(namespace, queue.name, id);
      await context.advance('1s');
      const other = (await context.peer()).queue({ visibilityTimeout: '1s' });
      const seen = context.recorder();
      other.process('task', seen.handle);
      await other.start();
      await context.within('10s', () => seen.ended.includes(id), 'the orphan is delivered');
      assert.equal((await other.stats()).processing_count, 0);
    },
  },
];
