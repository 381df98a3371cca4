import assert from 'node:assert/strict';
import { ConfigError, type Message, TimeoutError } from '@quayside/core';
import type { QueueCase } from './queue-case.js';

const payloadsOf = (messages: readonly Message[]) => messages.map(({ payload }) => payload);

const items = (payloads: readonly unknown[]) => payloads.map((payload) => ({ type: 'task', payload }));

/** A handler that takes many messages at once. */
export const batchCases: readonly QueueCase[] = [
  {
    id: 'Q-64',
    title: 'a batch handler gets up to size messages a call, in order; without outcomes all are completed',
    async run(context) {
      const queue = context.queue({ concurrency: 1 });
      const calls: (readonly unknown[])[] = [];
      queue.processBatch('task', (messages) => void calls.push(payloadsOf(messages)), { size: 5 });
      const payloads = Array.from({ length: 12 }, (_, index) => index);
      await queue.publishBatch(items(payloads));
      await queue.start();
      await context.within('5s', async () => (await queue.stats()).total_processed === 12, 'all are completed');
      assert.deepEqual(calls.flat(), payloads);
      for (const call of calls) assert.ok(call.length >= 1 && call.length <= 5, `a call of ${call.length}`);
      assert.ok(
        calls.some((call) => call.length === 5),
        'a full backlog makes a full batch',
      );
    },
  },
  {
    id: 'Q-64',
    title: 'each message ends by its own outcome; one that fails harms no other',
    async run(context) {
      const queue = context.queue({ concurrency: 1, maxRetries: 1, backoff: { type: 'fixed', delay: '1h' } });
      const attempts = new Map<unknown, number[]>();
      const outcomes = {
        completes: { outcome: 'complete' },
        retries: { outcome: 'retry', error: new Error('not yet'), delay: '50ms' },
        dies: { outcome: 'dead', error: new Error('never') },
        released: { outcome: 'release', delay: '50ms' },
      } as const;
      queue.processBatch(
        'task',
        (messages, { contexts }) =>
          messages.map(({ payload }, index) => {
            const earlier = attempts.get(payload) ?? [];
            attempts.set(payload, [...earlier, contexts[index]?.attempt ?? 0]);
            return earlier.length > 0 ? { outcome: 'complete' } : outcomes[payload as keyof typeof outcomes];
          }),
        { size: 10 },
      );
      const results = await queue.publishBatch(items(Object.keys(outcomes)));
      await queue.start();
      await context.within('5s', async () => (await queue.stats()).total_processed === 3, 'three are completed');
      assert.deepEqual(Object.fromEntries(attempts), { completes: [1], retries: [1, 2], dies: [1], released: [1, 1] });
      const dead = await queue.deadLetters.get(results[2]?.id ?? '');
      assert.deepEqual([dead?.reason, dead?.errors[0]?.message], ['unrecoverable', 'never']);
      const { total_failed, total_retried, total_dead_letter } = await queue.stats();
      assert.deepEqual([total_failed, total_retried, total_dead_letter], [2, 1, 1]);
    },
  },
  {
    id: 'Q-64',
    title: 'a throw retries all of the call, each with its own count',
    async run(context) {
      const queue = context.queue({ concurrency: 1, backoff: { type: 'fixed', delay: '50ms', jitter: 'none' } });
      const attempts: number[] = [];
      queue.processBatch(
        'task',
        (_, { contexts }) => {
          attempts.push(...contexts.map(({ attempt }) => attempt));
          if (contexts.some(({ attempt }) => attempt === 1)) throw new Error('not yet');
        },
        { size: 3 },
      );
      await queue.publishBatch(items(['a', 'b', 'c']));
      await queue.start();
      await context.within('5s', async () => (await queue.stats()).total_processed === 3, 'all are completed');
      assert.deepEqual(attempts.toSorted(), [1, 1, 1, 2, 2, 2]);
      const { total_failed, total_retried } = await queue.stats();
      assert.deepEqual([total_failed, total_retried], [3, 3]);
    },
  },
  {
    id: 'Q-64',
    title: 'with wait it gathers from the first message on',
    async run(context) {
      const queue = context.queue();
      const calls: { readonly payloads: readonly unknown[]; readonly at: number }[] = [];
      const work = (messages: readonly Message[]) => void calls.push({ payloads: payloadsOf(messages), at: context.now() });
      queue.processBatch('task', work, { size: 10, wait: '400ms' });
      await queue.start();
      const begun = context.now();
      for (const payload of ['a', 'b', 'c']) {
        await queue.publish('task', payload);
        await context.advance('50ms');
      }
      await context.within('5s', () => calls.length > 0, 'the handler is called');
      assert.deepEqual(calls[0]?.payloads, ['a', 'b', 'c']);
      assert.ok(calls[0].at - begun >= 399, `called after ${calls[0].at - begun} ms`);
    },
  },
  {
    id: 'Q-64',
    title: 'a full batch does not wait',
    async run(context) {
      const queue = context.queue();
      const calls: (readonly unknown[])[] = [];
      queue.processBatch('task', (messages) => void calls.push(payloadsOf(messages)), { size: 3, wait: '1h' });
      await queue.start();
      await queue.publishBatch(items(['a', 'b', 'c']));
      await context.within('5s', () => calls.length === 1, 'the handler is called');
      assert.deepEqual(calls, [['a', 'b', 'c']]);
    },
  },
  {
    id: 'Q-64',
    title: 'cancel of one message aborts its signal alone; the others are completed',
    async run(context) {
      const queue = context.queue({ concurrency: 1 });
      const endings = new Map<string, string>();
      queue.on('settled', ({ id }, ending) => void endings.set(id, ending.outcome === 'drop' ? ending.as : ending.outcome));
      const signals: AbortSignal[] = [];
      const gate = context.gate();
      queue.processBatch(
        'task',
        (_, { contexts }) => {
          signals.push(...contexts.map(({ signal }) => signal));
          return gate.opened;
        },
        { size: 3 },
      );
      const [first, second, third] = await queue.publishBatch(items(['a', 'b', 'c']));
      await queue.start();
      await context.eventually(() => signals.length === 3, 'the batch runs');
      assert.equal(await queue.cancel(second?.id ?? ''), 'aborting');
      await context.within('1s', () => signals[1]?.aborted === true, 'its signal is aborted');
      assert.deepEqual([signals[0]?.aborted, signals[2]?.aborted], [false, false]);
      gate.open();
      await context.within('5s', () => endings.size === 3, 'all are settled');
      assert.deepEqual(
        [first, second, third].map((result) => endings.get(result?.id ?? '')),
        ['complete', 'cancelled', 'complete'],
      );
    },
  },
  {
    id: 'Q-64',
    title: 'a batch that never ends is ended by the timeout: each of its messages has failed, the slot is free again',
    async run(context) {
      const queue = context.queue({ concurrency: 1, timeout: '200ms', maxRetries: 0 });
      const [never, signals] = [context.gate(), [] as AbortSignal[]];
      queue.processBatch(
        'task',
        ([first], { signal, contexts }) => {
          if (first?.payload !== 'hangs') return undefined;
          signals.push(signal, ...contexts.map((one) => one.signal));
          return never.opened;
        },
        { size: 2 },
      );
      await queue.publishBatch(items(['hangs', 'hangs', 'works', 'works']));
      await queue.start();
      await context.within('5s', async () => (await queue.stats()).total_processed === 2, 'the next batch is completed');
      const { dead_letter_count, total_failed } = await queue.stats();
      assert.deepEqual([dead_letter_count, total_failed], [2, 2]);
      assert.deepEqual(
        signals.map(({ reason }) => reason instanceof TimeoutError),
        [true, true, true],
      );
    },
  },
  {
    id: 'Q-64',
    title: 'a size out of range is refused',
    async run(context) {
      const queue = context.queue();
      for (const size of [0, -1, 1.5, 1_001]) assert.throws(() => queue.processBatch('task', () => {}, { size }), ConfigError);
    },
  },
];
