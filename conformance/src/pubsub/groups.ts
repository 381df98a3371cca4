import assert from 'node:assert/strict';
import { UnsupportedFeatureError } from '@quayside/core';
import type { PubSubCase } from './pubsub-case.js';

/** Subscriptions that share. */
export const groupCases: readonly PubSubCase[] = [
  {
    id: 'P-14',
    title: 'one member of a group gets an event; other groups, and subscribers without one, get it too',
    needs: ['groups'],
    async run(context) {
      const [here, there] = [context.pubsub(), (await context.peer()).pubsub()];
      const members = [context.recorder(), context.recorder(), context.recorder()];
      const [alone, free] = [context.recorder(), context.recorder()];
      for (const [index, { handle }] of members.entries()) await (index === 0 ? here : there).subscribe('jobs', handle, { group: 'g' });
      await here.subscribe('jobs', alone.handle, { group: 'h' });
      await here.subscribe('jobs', free.handle);
      assert.equal(here.stats().channel_count, 1);
      const gaps = [context.gapsOf(here), context.gapsOf(there)];
      const payloads = Array.from({ length: 30 }, (_, index) => index);
      for (const payload of payloads) await there.publish('jobs', payload);
      const shared = () => members.flatMap((member) => member.payloads as number[]);
      await context.eventually(() => shared().length === 30 && alone.has(29) && free.has(29), 'all arrive');
      await there.publish('jobs', 30);
      await context.eventually(() => shared().includes(30) && alone.has(30) && free.has(30), 'the marker arrives');
      assert.deepEqual(
        shared().toSorted((a, b) => a - b),
        [...payloads, 30],
      );
      assert.deepEqual(
        [alone.payloads, free.payloads],
        [
          [...payloads, 30],
          [...payloads, 30],
        ],
      );
      // What another member got was not missed.
      assert.deepEqual(gaps, [[], []]);
    },
  },
  {
    id: 'P-14',
    title: 'when a member leaves, the others get all',
    needs: ['groups'],
    async run(context) {
      const [here, there] = [context.pubsub(), (await context.peer()).pubsub()];
      const [leaving, staying] = [context.recorder(), context.recorder()];
      const subscription = await here.subscribe('jobs', leaving.handle, { group: 'g' });
      await there.subscribe('jobs', staying.handle, { group: 'g' });
      await subscription.unsubscribe();
      for (const payload of [1, 2, 3, 4, 5]) await here.publish('jobs', payload);
      await context.eventually(() => staying.events.length === 5, 'all go to the one that stays');
      assert.deepEqual([leaving.payloads, staying.payloads], [[], [1, 2, 3, 4, 5]]);
    },
  },
  {
    id: 'P-14',
    title: 'a backend without groups refuses one with UnsupportedFeatureError',
    async run(context) {
      const pubsub = context.pubsub({ capabilities: { groups: false } });
      await assert.rejects(
        pubsub.subscribe('jobs', () => undefined, { group: 'g' }),
        UnsupportedFeatureError,
      );
      assert.equal(pubsub.stats().channel_count, 0);
    },
  },
];
