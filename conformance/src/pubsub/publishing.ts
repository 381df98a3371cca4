import assert from 'node:assert/strict';
import { PayloadError } from '@quayside/core';
import type { PubSubCase } from './pubsub-case.js';

/** An event arrives as it was published. */
export const publishingCases: readonly PubSubCase[] = [
  {
    id: 'P-01',
    title: 'an event published after subscribe resolved is received once, with all that was published',
    async run(context) {
      const pubsub = context.pubsub();
      const seen = context.recorder();
      await pubsub.subscribe('meeting.started', seen.handle);
      const before = context.now();
      const id = await pubsub.publish('meeting.started', { room: 7 }, { headers: { trace: 'a-1', empty: '' } });
      const after = context.now();
      await pubsub.publish('meeting.started', 'marker');
      await context.eventually(() => seen.has('marker'), 'the marker arrives');
      assert.equal(seen.events.length, 2);
      const [event] = seen.events;
      assert.ok(event !== undefined);
      const { publishedAt, headers, ...rest } = event;
      assert.deepEqual(rest, { id, channel: 'meeting.started', payload: { room: 7 } });
      assert.deepEqual({ ...headers }, { trace: 'a-1', empty: '' });
      assert.ok(publishedAt >= before && publishedAt <= after, `published at ${publishedAt}, not between ${before} and ${after}`);
    },
  },
  {
    id: 'P-01',
    title: 'ids are unique, and an event without headers has none',
    async run(context) {
      const pubsub = context.pubsub();
      const seen = context.recorder();
      await pubsub.subscribe('ids', seen.handle);
      const ids = await Promise.all(Array.from({ length: 100 }, (_, index) => pubsub.publish('ids', index)));
      await context.eventually(() => seen.events.length === 100, 'all arrive');
      assert.equal(new Set(ids).size, 100);
      assert.deepEqual(
        seen.events.map(({ id }) => id),
        ids,
      );
      assert.ok(seen.events.every(({ headers }) => Object.keys(headers).length === 0));
    },
  },
  {
    id: 'P-23',
    title: 'publishing where nobody listens resolves, and is counted',
    async run(context) {
      const pubsub = context.pubsub();
      const [first, second] = [await pubsub.publish('void', 1), await pubsub.publish('void', 2)];
      assert.notEqual(first, second);
      assert.equal(pubsub.stats().total_published, 2);
      assert.equal(pubsub.stats().total_received, 0);
    },
  },
  {
    id: 'P-10',
    title: 'headers carry any Unicode, in keys and values, up to 8 kB in all; past it, or not text, they are refused',
    async run(context) {
      const pubsub = context.pubsub();
      const seen = context.recorder();
      await pubsub.subscribe('headers', seen.handle);
      const most = { 'ключ 🔑': 'שלום\u0000\n\u2028', '': 'empty key', 'empty value': '', __proto__x: 'p' };
      const used = Object.entries(most).reduce((sum, [key, value]) => sum + Buffer.byteLength(key + value), 0);
      const full = { ...most, rest: 'x'.repeat(8192 - used - 'rest'.length) };
      await assert.rejects(pubsub.publish('headers', 1, { headers: { ...full, more: '' } }), PayloadError);
      const notText: unknown = { count: 1 };
      await assert.rejects(pubsub.publish('headers', 1, { headers: notText as Record<string, string> }), PayloadError);
      await pubsub.publish('headers', 2, { headers: full });
      await context.eventually(() => seen.events.length === 1, 'the event arrives');
      assert.deepEqual({ ...seen.events[0]?.headers }, full);
      assert.equal(seen.events[0]?.payload, 2);
    },
  },
];
