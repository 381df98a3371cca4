import assert from 'node:assert/strict';
import { ConfigError } from '@quayside/core';
import type { PubSubCase } from './pubsub-case.js';

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);

/** In which order, how many at once, and what becomes of those that come too fast or go wrong. */
export const flowCases: readonly PubSubCase[] = [
  {
    id: 'P-07',
    title: "a subscription of concurrency 1 sees one publisher's events in order, one at a time",
    async run(context) {
      const [publisher, pubsub] = [context.pubsub(), (await context.peer()).pubsub()];
      const seen = context.recorder(() => context.settle());
      await pubsub.subscribe('orders', seen.handle);
      await Promise.all(range(1, 100).map((payload) => publisher.publish('orders', payload)));
      for (const payload of range(101, 120)) await publisher.publish('orders', payload);
      await context.eventually(() => seen.ended.length === 120, 'all are handled');
      assert.deepEqual(seen.payloads, range(1, 120));
      assert.equal(seen.mostAtOnce, 1);
    },
  },
  {
    id: 'P-07',
    title: "a pattern's subscriber sees one publisher's events in order across channels, published in one tick or in many",
    needs: ['patterns'],
    async run(context) {
      const [publisher, pubsub] = [context.pubsub(), (await context.peer()).pubsub()];
      const seen = context.recorder();
      await pubsub.subscribe('orders.*', seen.handle);
      for (let tick = 0; tick < 10; tick++) {
        await Promise.all(range(1, 10).map((step) => publisher.publish(`orders.${step % 3}`, 10 * tick + step)));
      }
      await context.eventually(() => seen.events.length === 100, 'all arrive');
      assert.deepEqual(seen.payloads, range(1, 100));
    },
  },
  {
    id: 'P-07',
    title: 'concurrency 3 runs three handlers at once, never four, and starts them in order',
    async run(context) {
      const pubsub = context.pubsub();
      const gate = context.gate();
      const seen = context.recorder(() => gate.opened);
      const witness = context.recorder();
      await pubsub.subscribe('orders', seen.handle, { concurrency: 3 });
      await pubsub.subscribe('orders', witness.handle);
      for (const payload of range(1, 10)) await pubsub.publish('orders', payload);
      await context.eventually(() => seen.running === 3 && witness.has(10), 'three run');
      assert.deepEqual(seen.payloads, [1, 2, 3]);
      gate.open();
      await context.eventually(() => seen.ended.length === 10, 'all are handled');
      assert.equal(seen.mostAtOnce, 3);
      assert.deepEqual(seen.payloads, range(1, 10));
    },
  },
  {
    id: 'P-07',
    title: 'a concurrency or buffer that is no whole number from 1 is refused with ConfigError',
    async run(context) {
      const pubsub = context.pubsub();
      for (const wrong of [0, -1, 1.5, Number.NaN]) {
        await assert.rejects(
          pubsub.subscribe('orders', () => undefined, { concurrency: wrong }),
          ConfigError,
          `${wrong}`,
        );
        await assert.rejects(
          pubsub.subscribe('orders', () => undefined, { bufferSize: wrong }),
          ConfigError,
          `${wrong}`,
        );
      }
      assert.equal(pubsub.stats().channel_count, 0);
    },
  },
  {
    id: 'P-08',
    title: 'a subscriber that stands still delays no other, of its own channel and of others',
    async run(context) {
      const pubsub = context.pubsub();
      const slow = context.recorder(() => context.gate().opened);
      const [neighbour, other] = [context.recorder(), context.recorder()];
      await pubsub.subscribe('news', slow.handle, { bufferSize: 5 });
      await pubsub.subscribe('news', neighbour.handle);
      await pubsub.subscribe('other', other.handle);
      for (const payload of range(1, 50)) {
        await pubsub.publish('news', payload);
        await pubsub.publish('other', payload);
      }
      await context.eventually(() => neighbour.events.length === 50 && other.events.length === 50, 'the others get all');
      assert.equal(slow.events.length, 1);
      assert.deepEqual([neighbour.payloads, other.payloads], [range(1, 50), range(1, 50)]);
    },
  },
  {
    id: 'P-08',
    title: 'past its buffer the oldest waiting event is dropped, counted, and told as a gap that names each missed one',
    async run(context) {
      const pubsub = context.pubsub();
      const gate = context.gate();
      const told = context.gapsOf(pubsub);
      const ownGaps: { readonly from: number; readonly to: number; readonly missed: number }[] = [];
      const slow = context.recorder(() => gate.opened);
      const witness = context.recorder();
      await pubsub.subscribe('news', slow.handle, { bufferSize: 10, onGap: (gap) => void ownGaps.push(gap) });
      await pubsub.subscribe('news', witness.handle);
      await pubsub.publish('news', 1);
      await context.eventually(() => slow.running === 1, 'the slow handler holds the first');
      for (const payload of range(2, 31)) await pubsub.publish('news', payload);
      await context.eventually(() => witness.has(31) && pubsub.stats().total_dropped === 20, 'the witness has all, and 20 are dropped');
      gate.open();
      await context.eventually(() => slow.has(31), 'the slow one gets the last');
      assert.deepEqual(slow.payloads, [1, ...range(22, 31)]);
      assert.deepEqual(witness.payloads, range(1, 31));
      assert.equal(pubsub.stats().total_dropped, 20);
      assert.deepEqual(told, ownGaps);
      assert.ok(told.every(({ channel, cause }) => channel === 'news' && cause === 'buffer-full'));
      assert.equal(
        told.reduce((sum, { missed }) => sum + missed, 0),
        20,
      );
      const missed = told.flatMap(({ from, to }) => range(from, to));
      const first = missed[0] ?? Number.NaN;
      assert.deepEqual(missed, range(first, first + 19));
    },
  },
  {
    id: 'P-08',
    title: 'the default of the buffer is the option of the port',
    async run(context) {
      const pubsub = context.pubsub({ bufferSize: 2 });
      const gate = context.gate();
      const slow = context.recorder(() => gate.opened);
      await pubsub.subscribe('news', slow.handle);
      await pubsub.publish('news', 1);
      await context.eventually(() => slow.running === 1, 'the handler holds the first');
      for (const payload of range(2, 6)) await pubsub.publish('news', payload);
      await context.eventually(() => pubsub.stats().total_dropped === 3, 'three are dropped');
      gate.open();
      await context.eventually(() => slow.has(6), 'the last one is handled');
      assert.deepEqual(slow.payloads, [1, 5, 6]);
    },
  },
  {
    id: 'P-09',
    title: 'a handler that throws, at once or later, harms no other and no later event, and is told with channel and id',
    async run(context) {
      const pubsub = context.pubsub();
      const seen = context.recorder();
      const told: { readonly error: Error; readonly channel?: string; readonly id?: string }[] = [];
      pubsub.on('error', (error, where) => void told.push({ error, ...where }));
      const calls = { sync: 0, async: 0 };
      const [atOnce, later] = [new Error('at once'), new Error('later')];
      await pubsub.subscribe('news', () => {
        calls.sync++;
        throw atOnce;
      });
      await pubsub.subscribe('news', async () => {
        calls.async++;
        await context.settle();
        throw later;
      });
      await pubsub.subscribe('news', seen.handle);
      const ids = [await pubsub.publish('news', 1), await pubsub.publish('news', 2)];
      await context.eventually(() => seen.events.length === 2 && told.length === 4, 'all handlers end');
      assert.deepEqual(calls, { sync: 2, async: 2 });
      for (const error of [atOnce, later]) {
        const reports = told.filter((report) => report.error === error);
        assert.deepEqual(
          reports.map(({ channel, id }) => [channel, id]),
          ids.map((id) => ['news', id]),
          error.message,
        );
      }
    },
  },
  {
    id: 'P-09',
    title: 'whatever a handler throws is told as an Error; a listener that throws harms nothing',
    async run(context) {
      const pubsub = context.pubsub();
      const seen = context.recorder();
      const told: Error[] = [];
      const thrown: readonly unknown[] = ['text', undefined, null, 7, Object.freeze({ code: 'X' })];
      pubsub.on('error', () => {
        throw new Error('a listener of errors throws');
      });
      pubsub.on('error', (error) => void told.push(error));
      await pubsub.subscribe('news', ({ payload }) => {
        throw thrown[payload as number];
      });
      await pubsub.subscribe('news', seen.handle);
      for (const index of thrown.keys()) await pubsub.publish('news', index);
      await context.eventually(() => seen.events.length === 5 && told.length === 5, 'each is told');
      assert.ok(told.every((error) => error instanceof Error));
      assert.match(told[0]?.message ?? '', /text/);
    },
  },
];
