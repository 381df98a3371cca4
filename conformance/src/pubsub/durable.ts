import assert from 'node:assert/strict';
import { ConfigError, UnsupportedFeatureError } from '@quayside/core';
import type { PubSubContext } from './context.js';
import type { PubSubCase } from './pubsub-case.js';

/** A failed event comes again after a second; one whose holder died, when the server has given up on it. */
const againBound = '10s';

const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, index) => from + index);
const sorted = (payloads: readonly unknown[]) => payloads.map(Number).toSorted((a, b) => a - b);

/** An event published now is the last that its reader gets: whatever should not come would have come before. */
async function marked(context: PubSubContext, publish: (payload: number) => Promise<unknown>, has: (payload: number) => boolean) {
  await publish(-1);
  await context.eventually(() => has(-1), 'the marker arrives');
}

/** Subscriptions that outlive their processes. */
export const durableCases: readonly PubSubCase[] = [
  {
    id: 'P-15',
    title: 'a durable subscription gets what was published while it was away, and nothing from before it was made',
    needs: ['durable'],
    async run(context) {
      const publisher = context.pubsub();
      const [first, second] = [context.recorder(), context.recorder()];
      await publisher.publish('news', 0);
      const leaving = (await context.peer()).pubsub();
      await leaving.subscribe('news', first.handle, { durable: 'reader' });
      await publisher.publish('news', 1);
      await context.eventually(() => first.ended.length === 1, 'the first one is handled');
      await leaving.stop();
      await publisher.publish('news', 2);
      await publisher.publish('news', 3);
      const returning = (await context.peer()).pubsub();
      await returning.subscribe('news', second.handle, { durable: 'reader' });
      await publisher.publish('news', 4);
      await context.eventually(() => second.has(4), 'the last one arrives');
      assert.deepEqual([first.payloads, second.payloads], [[1], [2, 3, 4]]);
      assert.deepEqual(
        second.events.map(({ channel, headers }) => [channel, headers]),
        Array(3).fill(['news', {}]),
      );
    },
  },
  {
    id: 'P-15',
    title: 'an event whose handler throws, or rejects, comes again, and its neighbours of one turn do not',
    needs: ['durable'],
    async run(context) {
      const pubsub = context.pubsub();
      const errors: string[] = [];
      pubsub.on('error', ({ message }) => void errors.push(message));
      const failures = new Map([
        [1, 'thrown'],
        [2, 'rejected'],
      ]);
      const seen = context.recorder();
      const fail = ({ payload }: { readonly payload: unknown }) => {
        const failure = failures.get(Number(payload));
        failures.delete(Number(payload));
        if (failure === 'thrown') throw new Error(failure);
        return failure === undefined ? undefined : Promise.reject(new Error(failure));
      };
      const handle = (event: Parameters<typeof seen.handle>[0]) => {
        void seen.handle(event);
        return fail(event);
      };
      await pubsub.subscribe('news', handle, { durable: 'reader' });
      await Promise.all(numbers(4).map((payload) => pubsub.publish('news', payload)));
      await context.within(againBound, () => seen.events.length === 6, 'two come again');
      assert.deepEqual(seen.payloads.slice(0, 4), [0, 1, 2, 3]);
      assert.deepEqual(sorted(seen.payloads.slice(4)), [1, 2]);
      assert.deepEqual(errors, ['thrown', 'rejected']);
      await marked(
        context,
        (payload) => pubsub.publish('news', payload),
        (payload) => seen.has(payload),
      );
      assert.equal(seen.events.length, 7);
    },
  },
  {
    id: 'P-15',
    title: 'what a process had in hand when it died goes to another, also what its handler had begun',
    needs: ['durable', 'shared'],
    async run(context) {
      const publisher = context.pubsub();
      const gate = context.gate();
      const dying = await context.peer();
      const [dead, alive] = [context.recorder(({ payload }) => (payload === 0 ? undefined : gate.opened)), context.recorder()];
      await dying.pubsub().subscribe('news', dead.handle, { durable: 'reader' });
      for (const payload of numbers(4)) await publisher.publish('news', payload);
      await context.eventually(() => dead.running === 1 && dead.ended.length === 1, 'one is handled, one is under way, two wait');
      await dying.backend.close();
      await (await context.peer()).pubsub().subscribe('news', alive.handle, { durable: 'reader' });
      await context.within(againBound, () => alive.events.length >= 3, 'what was not handled comes again');
      await marked(
        context,
        (payload) => publisher.publish('news', payload),
        (payload) => alive.has(payload),
      );
      assert.deepEqual(sorted(alive.payloads), [-1, 1, 2, 3]);
    },
  },
  {
    id: 'P-15',
    title: 'several processes of one name share: each event goes to one of them, and a busy one holds up no other',
    needs: ['durable'],
    async run(context) {
      const publisher = context.pubsub();
      const gate = context.gate();
      const [busy, free] = [context.recorder(() => gate.opened), context.recorder()];
      await (await context.peer()).pubsub().subscribe('jobs', busy.handle, { durable: 'crew', bufferSize: 4 });
      await (await context.peer()).pubsub().subscribe('jobs', free.handle, { durable: 'crew', bufferSize: 4 });
      for (const payload of numbers(60)) await publisher.publish('jobs', payload);
      await context.eventually(() => busy.running === 1 && free.ended.length >= 56, 'all but what the busy one holds is handled');
      gate.open();
      await context.eventually(() => busy.ended.length + free.ended.length === 60, 'the busy one goes on');
      assert.deepEqual(sorted([...busy.payloads, ...free.payloads]), numbers(60));
    },
  },
  {
    id: 'P-15',
    title: 'a handler that takes its time keeps its event',
    needs: ['durable'],
    async run(context) {
      const pubsub = context.pubsub();
      const gate = context.gate();
      const [slow, other] = [context.recorder(() => gate.opened), context.recorder()];
      await pubsub.subscribe('news', slow.handle, { durable: 'reader', bufferSize: 1 });
      await pubsub.publish('news', 1);
      await context.eventually(() => slow.running === 1, 'it is under way');
      await (await context.peer()).pubsub().subscribe('news', other.handle, { durable: 'reader', bufferSize: 1 });
      await context.advance('4s');
      await marked(
        context,
        (payload) => pubsub.publish('news', payload),
        (payload) => other.has(payload),
      );
      gate.open();
      await context.eventually(() => slow.ended.length === 1, 'it ends');
      assert.deepEqual([slow.payloads, other.payloads], [[1], [-1]]);
    },
  },
  {
    id: 'P-15',
    title: 'a slow handler loses nothing: what it has no room for stays on the server',
    needs: ['durable'],
    async run(context) {
      const pubsub = context.pubsub();
      const gate = context.gate();
      const seen = context.recorder(() => gate.opened);
      const gaps = context.gapsOf(pubsub);
      await pubsub.subscribe('news', seen.handle, { durable: 'reader', bufferSize: 2 });
      for (const payload of numbers(100)) await pubsub.publish('news', payload);
      await context.eventually(() => pubsub.stats().total_received === 2, 'it takes what it has room for');
      gate.open();
      await context.eventually(() => seen.ended.length === 100, 'all arrive');
      assert.deepEqual(seen.payloads, numbers(100));
      assert.deepEqual([pubsub.stats().total_dropped, gaps], [0, []]);
    },
  },
  {
    id: 'P-15',
    title: 'what waits for a handler goes back when the subscription ends, and what was handled does not',
    needs: ['durable'],
    async run(context) {
      const pubsub = context.pubsub();
      const gate = context.gate();
      const [leaving, staying] = [context.recorder(() => gate.opened), context.recorder()];
      const subscription = await pubsub.subscribe('news', leaving.handle, { durable: 'reader' });
      for (const payload of numbers(5)) await pubsub.publish('news', payload);
      await context.eventually(() => pubsub.stats().total_received === 5, 'all are in its hands');
      await subscription.unsubscribe();
      gate.open();
      await context.eventually(() => leaving.ended.length === 1, 'the one under way ends');
      await pubsub.subscribe('news', staying.handle, { durable: 'reader' });
      await context.within(againBound, () => staying.events.length === 4, 'the others go to the next');
      await marked(
        context,
        (payload) => pubsub.publish('news', payload),
        (payload) => staying.has(payload),
      );
      assert.deepEqual([leaving.payloads, sorted(staying.payloads)], [[0], [-1, 1, 2, 3, 4]]);
    },
  },
  {
    id: 'P-15',
    title: 'names and channels are apart: each reader gets its own, beside plain subscriptions and patterns',
    needs: ['durable'],
    async run(context) {
      const pubsub = context.pubsub();
      const filters = [
        ['a.b', 'reader'],
        ['a.b', 'other/reader'],
        ['a.*', 'reader'],
        ['c', 'reader'],
      ] as const;
      const plain = context.recorder();
      const readers = filters.map(() => context.recorder());
      await pubsub.subscribe('a.b', plain.handle);
      for (const [index, [filter, durable]] of filters.entries()) {
        await pubsub.subscribe(filter, (event) => readers[index]?.handle(event), { durable });
      }
      for (const channel of ['a.b', 'a.x', 'c']) await pubsub.publish(channel, channel);
      await context.eventually(() => readers.every(({ events }, index) => events.length === (index === 2 ? 2 : 1)), 'all arrive');
      assert.deepEqual(
        [plain, ...readers].map(({ events }) => events.map(({ channel, payload }) => `${channel} ${payload}`)),
        [['a.b a.b'], ['a.b a.b'], ['a.b a.b'], ['a.b a.b', 'a.x a.x'], ['c c']],
      );
    },
  },
  {
    id: 'P-15',
    title: 'deleteDurable ends the reader: what waited is gone, and the next subscribe makes it anew',
    needs: ['durable'],
    async run(context) {
      const pubsub = context.pubsub();
      const seen = context.recorder();
      assert.equal(await pubsub.deleteDurable('news', 'reader'), false);
      const subscription = await pubsub.subscribe('news', seen.handle, { durable: 'reader' });
      await subscription.unsubscribe();
      await pubsub.publish('news', 1);
      assert.equal(await pubsub.deleteDurable('news', 'reader'), true);
      await pubsub.subscribe('news', seen.handle, { durable: 'reader' });
      await marked(
        context,
        (payload) => pubsub.publish('news', payload),
        (payload) => seen.has(payload),
      );
      assert.deepEqual(seen.payloads, [-1]);
    },
  },
  {
    id: 'P-15',
    title: 'a restart of the server keeps what waits, and the subscription goes on by itself',
    needs: ['durable', 'faults.kill', 'faults.restart'],
    // A cluster that starts again takes its time to choose who leads.
    timeoutMs: 60_000,
    async run(context) {
      const pubsub = context.pubsub({ publishTimeout: '30s' });
      const [away, seen] = [context.recorder(), context.recorder()];
      const subscription = await pubsub.subscribe('news', away.handle, { durable: 'away' });
      await subscription.unsubscribe();
      await pubsub.subscribe('news', seen.handle, { durable: 'reader' });
      await pubsub.publish('news', 1);
      await context.eventually(() => seen.has(1), 'the first one arrives');
      const mend = await context.breakServer('kill');
      await mend();
      await pubsub.publish('news', 2);
      await context.within('30s', () => seen.has(2), 'the second one arrives');
      await pubsub.subscribe('news', away.handle, { durable: 'away' });
      await context.within('30s', () => away.has(1) && away.has(2), 'what was kept for the other arrives');
    },
  },
  {
    id: 'P-15',
    title: 'a cut while events are handled loses none, and what one subscription has handled it does not handle again',
    needs: ['durable', 'faults.cut', 'faults.heal'],
    async run(context) {
      const publisher = context.pubsub({ publishTimeout: '15s' });
      const gate = context.gate();
      const seen = context.recorder(() => gate.opened);
      await context.pubsub().subscribe('news', seen.handle, { durable: 'reader' });
      for (const payload of numbers(5)) await publisher.publish('news', payload);
      await context.eventually(() => seen.running === 1, 'the first one is under way');
      const heal = await context.breakServer('cut');
      gate.open();
      await context.eventually(() => seen.ended.length >= 1, 'it ends while there is no connection');
      await heal();
      await marked(
        context,
        (payload) => publisher.publish('news', payload),
        (payload) => seen.has(payload),
      );
      await context.within(againBound, () => seen.ended.length === 6, 'all are handled');
      await context.advance('4s');
      assert.deepEqual(sorted(seen.payloads), [-1, ...numbers(5)]);
    },
  },
  {
    id: 'P-15',
    title: 'a group beside a durable name is refused, and both where the backend is not durable',
    async run(context) {
      const refusing = context.pubsub({ capabilities: { durable: false } });
      const subscribe = refusing.subscribe('news', () => undefined, { durable: 'reader' });
      await assert.rejects(subscribe, UnsupportedFeatureError);
      await assert.rejects(refusing.deleteDurable('news', 'reader'), UnsupportedFeatureError);
      assert.equal(refusing.stats().channel_count, 0);
      const pubsub = context.pubsub();
      await assert.rejects(
        pubsub.subscribe('news', () => undefined, { durable: 'reader', group: 'g' }),
        ConfigError,
      );
    },
  },
];
