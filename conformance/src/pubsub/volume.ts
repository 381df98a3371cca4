import assert from 'node:assert/strict';
import type { PubSub } from '@quayside/core';
import type { PubSubCase } from './pubsub-case.js';
import type { EventRecorder } from './recorder.js';

/** Many events, many channels, many subscribers. */
export const volumeCases: readonly PubSubCase[] = [
  {
    id: 'P-16',
    title: '10,000 events to 10 subscribers in two processes: each gets each once, and the figures are what was seen',
    timeoutMs: 60_000,
    async run(context) {
      const [here, there] = [context.pubsub(), (await context.peer()).pubsub()];
      const received = Array.from({ length: 10 }, () => new Uint8Array(10_000));
      for (const [index, seen] of received.entries()) {
        await (index < 4 ? here : there).subscribe(
          'numbers',
          ({ payload }) => {
            seen[payload as number] = (seen[payload as number] ?? 0) + 1;
          },
          { bufferSize: 10_000 },
        );
      }
      for (let chunk = 0; chunk < 20; chunk++) {
        await Promise.all(Array.from({ length: 500 }, (_, index) => here.publish('numbers', 500 * chunk + index)));
      }
      await context.eventually(
        () => here.stats().total_received === 40_000 && there.stats().total_received === 60_000,
        'both have received all',
      );
      await context.eventually(() => received.every((seen) => seen.every((count) => count === 1)), 'each event was handled once by each');
      assert.deepEqual(figures(here), {
        total_published: 10_000,
        total_received: 40_000,
        total_dropped: 0,
        total_missed: 0,
        channel_count: 1,
      });
      assert.deepEqual(figures(there), { total_published: 0, total_received: 60_000, total_dropped: 0, total_missed: 0, channel_count: 1 });
    },
  },
  {
    id: 'P-17',
    title: '1,000 channels subscribed and unsubscribed: the backend holds none of them for this process',
    timeoutMs: 30_000,
    async run(context) {
      const pubsub = context.pubsub();
      const [ended, kept] = [context.recorder(), context.recorder()];
      await pubsub.subscribe('kept', kept.handle);
      const channels = Array.from({ length: 1000 }, (_, index) => `channel.${index}`);
      const subscriptions = await Promise.all(channels.map((channel) => pubsub.subscribe(channel, ended.handle)));
      assert.equal(pubsub.stats().channel_count, 1001);
      await Promise.all(subscriptions.map((subscription) => subscription.unsubscribe()));
      assert.equal(pubsub.stats().channel_count, 1);
      assert.equal(context.link(pubsub).openSubscriptions, 1);
      await Promise.all(channels.map((channel) => pubsub.publish(channel, 'unheard')));
      await pubsub.publish('kept', 'marker');
      await context.eventually(() => kept.has('marker'), 'the marker arrives');
      assert.deepEqual(ended.payloads, []);
    },
  },
  {
    id: 'P-17',
    title: 'of 1,000 channels nothing is left on the server',
    needs: ['keys'],
    timeoutMs: 30_000,
    async run(context) {
      const before = await context.keys();
      const pubsub = context.pubsub();
      const subscriptions = await Promise.all(
        Array.from({ length: 1000 }, (_, index) => pubsub.subscribe(`channel.${index}`, () => undefined)),
      );
      await Promise.all(Array.from({ length: 1000 }, (_, index) => pubsub.publish(`channel.${index}`, index)));
      await Promise.all(subscriptions.map((subscription) => subscription.unsubscribe()));
      await context.eventually(async () => (await context.keys()).length === before.length, 'nothing is left');
      assert.deepEqual((await context.keys()).toSorted(), before.toSorted());
    },
  },
  {
    id: 'P-21',
    title: '50 subscribers that start while a publisher runs: each gets everything published after its own subscribe resolved',
    timeoutMs: 30_000,
    async run(context) {
      const [publisher, peer] = [context.pubsub(), (await context.peer()).pubsub()];
      let next = 0;
      let isEnough = false;
      const running = (async () => {
        while (!isEnough) await publisher.publish('ticks', next++);
      })();
      const subscribers: { readonly seen: EventRecorder; readonly from: number }[] = [];
      for (let index = 0; index < 50; index++) {
        const seen = context.recorder();
        await (index % 2 === 0 ? publisher : peer).subscribe('ticks', seen.handle, { bufferSize: 100_000 });
        subscribers.push({ seen, from: next });
        await publisher.publish('ticks', next++);
      }
      isEnough = true;
      await running;
      await publisher.publish('ticks', next);
      await context.eventually(() => subscribers.every(({ seen }) => seen.has(next)), 'all get the last one');
      for (const { seen, from } of subscribers) {
        const first = seen.payloads[0] as number;
        assert.ok(first <= from, `subscribed at ${from}, the first event is ${first}`);
        assert.deepEqual(
          seen.payloads,
          Array.from({ length: next - first + 1 }, (_, index) => first + index),
        );
      }
    },
  },
];

function figures(pubsub: PubSub): object {
  return { ...pubsub.stats() };
}
