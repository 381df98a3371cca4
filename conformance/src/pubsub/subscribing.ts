import assert from 'node:assert/strict';
import { InvalidNameError, type Subscription } from '@quayside/core';
import type { PubSubCase } from './pubsub-case.js';
import type { EventRecorder } from './recorder.js';

/** Who gets an event: everybody who listens, nobody else. */
export const subscribingCases: readonly PubSubCase[] = [
  {
    id: 'P-02',
    title: 'each of 100 subscribers, in two processes, gets an event once',
    async run(context) {
      const [here, there] = [context.pubsub(), (await context.peer()).pubsub()];
      const seen = Array.from({ length: 100 }, () => context.recorder());
      await Promise.all(seen.map(({ handle }, index) => (index % 2 === 0 ? here : there).subscribe('news', handle)));
      await here.publish('news', 'first');
      await here.publish('news', 'second');
      await context.eventually(() => seen.every((recorder) => recorder.has('second')), 'all get the second event');
      for (const { payloads } of seen) assert.deepEqual(payloads, ['first', 'second']);
    },
  },
  {
    id: 'P-02',
    title: 'two handlers of one channel in one process both run',
    async run(context) {
      const pubsub = context.pubsub();
      const [first, second] = [context.recorder(), context.recorder()];
      await pubsub.subscribe('news', first.handle);
      await pubsub.subscribe('news', second.handle);
      await pubsub.publish('news', 1);
      await pubsub.publish('news', 2);
      await context.eventually(() => first.has(2) && second.has(2), 'both get both');
      assert.deepEqual(
        [first.payloads, second.payloads],
        [
          [1, 2],
          [1, 2],
        ],
      );
    },
  },
  {
    id: 'P-03',
    title: 'channels are isolated, those whose names start alike too',
    async run(context) {
      const pubsub = context.pubsub();
      const names = ['a', 'a.b', 'ab', 'a:b', 'a.b.c', 'A', 'a-b', 'a_b', 'a/b', 'b', 'b.a'];
      const seen = new Map<string, EventRecorder>();
      for (const name of names) {
        const recorder = context.recorder();
        seen.set(name, recorder);
        await pubsub.subscribe(name, recorder.handle);
      }
      for (const name of names) await pubsub.publish(name, name);
      for (const name of names) await pubsub.publish(name, 'marker');
      await context.eventually(() => names.every((name) => seen.get(name)?.has('marker')), 'each channel gets its marker');
      for (const name of names) assert.deepEqual(seen.get(name)?.payloads, [name, 'marker'], name);
    },
  },
  {
    id: 'P-03',
    title: 'names at the edges of what is allowed work; others are refused with InvalidNameError, by publish and by subscribe',
    async run(context) {
      const pubsub = context.pubsub();
      const seen = context.recorder();
      const allowed = ['x'.repeat(200), '0', '-', '_', ':', '/', '__proto__', 'constructor', 'a.0.b'];
      for (const name of allowed) await pubsub.subscribe(name, seen.handle);
      for (const name of allowed) await pubsub.publish(name, name);
      await context.eventually(() => seen.events.length === allowed.length, 'each arrives');
      for (const { channel, payload } of seen.events) assert.equal(channel, payload);
      const refused: readonly unknown[] = [
        '',
        'x'.repeat(201),
        'a b',
        'a..b',
        '.a',
        'a.',
        'a\n',
        'é',
        'a\u0000',
        '{a}',
        7,
        undefined,
        null,
      ];
      for (const name of [...refused, 'a.*', '>'] as string[]) await assert.rejects(pubsub.publish(name, 1), InvalidNameError, `${name}`);
      for (const name of [...refused, 'a.>.b', 'a*', '>a'] as string[]) {
        await assert.rejects(pubsub.subscribe(name, seen.handle), InvalidNameError, `${name}`);
      }
    },
  },
  {
    id: 'P-04',
    title: 'who is not subscribed gets nothing: neither before subscribe nor after unsubscribe resolved',
    async run(context) {
      const pubsub = context.pubsub();
      const [witness, seen] = [context.recorder(), context.recorder()];
      await pubsub.subscribe('news', witness.handle);
      await pubsub.publish('news', 'too early');
      // Confirmed is not yet handed out everywhere.
      await context.eventually(() => witness.has('too early'), 'the witness gets the first event');
      const subscription = await pubsub.subscribe('news', seen.handle);
      assert.equal(subscription.filter, 'news');
      await pubsub.publish('news', 'heard');
      await context.eventually(() => seen.has('heard'), 'the subscriber gets the event');
      await subscription.unsubscribe();
      await pubsub.publish('news', 'too late');
      await pubsub.publish('news', 'marker');
      await context.eventually(() => witness.has('marker'), 'the witness gets the marker');
      assert.deepEqual(witness.payloads, ['too early', 'heard', 'too late', 'marker']);
      assert.deepEqual(seen.payloads, ['heard']);
    },
  },
  {
    id: 'P-04',
    title: 'unsubscribe drops what waits for the handler: once it resolved no call starts',
    async run(context) {
      const pubsub = context.pubsub();
      const gate = context.gate();
      const slow = context.recorder(() => gate.opened);
      const witness = context.recorder();
      const subscription = await pubsub.subscribe('news', slow.handle);
      await pubsub.subscribe('news', witness.handle);
      for (const payload of [1, 2, 3]) await pubsub.publish('news', payload);
      await context.eventually(() => slow.running === 1 && witness.has(3), 'one is in the handler, two wait for it');
      const unsubscribed = subscription.unsubscribe();
      gate.open();
      await unsubscribed;
      await pubsub.publish('news', 'marker');
      await context.eventually(() => witness.has('marker') && slow.running === 0, 'the marker arrives');
      assert.deepEqual(slow.payloads, [1]);
    },
  },
  {
    id: 'P-04',
    title: 'unsubscribe inside the handler resolves, and is idempotent',
    async run(context) {
      const pubsub = context.pubsub();
      const witness = context.recorder();
      const seen = context.recorder(async () => {
        await subscription.unsubscribe();
        await subscription.unsubscribe();
      });
      const subscription = await pubsub.subscribe('news', seen.handle);
      await pubsub.subscribe('news', witness.handle);
      await Promise.all([1, 2, 3].map((payload) => pubsub.publish('news', payload)));
      await context.eventually(() => witness.has(3) && seen.ended.length > 0, 'the handler has ended');
      await subscription.unsubscribe();
      assert.deepEqual(seen.payloads, [1]);
      assert.equal(pubsub.stats().channel_count, 1);
    },
  },
  {
    id: 'P-04',
    title: 'what arrives together with the confirmation is handled, once the subscriber has its subscription in hand',
    async run(context) {
      const pubsub = context.pubsub();
      const handled: unknown[] = [];
      let inHand: Subscription | undefined;
      context.link(pubsub).greet({ channel: 'news', body: '"early"' });
      inHand = await pubsub.subscribe('news', ({ payload }) => void handled.push([payload, inHand !== undefined]));
      await pubsub.publish('news', 'marker');
      await context.eventually(() => handled.length === 2, 'both are handled');
      assert.deepEqual(handled, [
        ['early', true],
        ['marker', true],
      ]);
    },
  },
  {
    id: 'P-20',
    title: 'a channel that is left and joined again, over and over without waiting, is subscribed once in the end',
    async run(context) {
      const pubsub = context.pubsub();
      const seen = context.recorder();
      const ends: Promise<void>[] = [];
      for (let round = 0; round < 50; round++) ends.push((await pubsub.subscribe('news', seen.handle)).unsubscribe());
      await pubsub.subscribe('news', seen.handle);
      await Promise.all(ends);
      await pubsub.publish('news', 1);
      await pubsub.publish('news', 'marker');
      await context.eventually(() => seen.has('marker'), 'the marker arrives');
      assert.deepEqual(seen.payloads, [1, 'marker']);
      assert.equal(context.link(pubsub).openSubscriptions, 1);
    },
  },
  {
    id: 'P-19',
    title: 'two processes hear each other, and themselves',
    async run(context) {
      const [here, there] = [context.pubsub(), (await context.peer()).pubsub()];
      const [seenHere, seenThere] = [context.recorder(), context.recorder()];
      await here.subscribe('news', seenHere.handle);
      await there.subscribe('news', seenThere.handle);
      await here.publish('news', 'from here');
      await there.publish('news', 'from there');
      await context.eventually(() => seenHere.events.length === 2 && seenThere.events.length === 2, 'both get both');
      await here.publish('news', 'marker');
      await context.eventually(() => seenHere.has('marker') && seenThere.has('marker'), 'both get the marker');
      for (const seen of [seenHere, seenThere]) {
        assert.deepEqual(seen.payloads.toSorted(), ['from here', 'from there', 'marker']);
      }
      assert.deepEqual([here.stats().total_published, there.stats().total_published], [2, 1]);
    },
  },
  {
    id: 'P-20',
    title: 'the same handler subscribed twice is called twice an event, and each subscription ends alone',
    async run(context) {
      const pubsub = context.pubsub();
      const seen = context.recorder();
      const first = await pubsub.subscribe('news', seen.handle);
      await pubsub.subscribe('news', seen.handle);
      await pubsub.publish('news', 1);
      await context.eventually(() => seen.events.length === 2, 'two calls');
      assert.equal(pubsub.stats().channel_count, 1);
      await first.unsubscribe();
      await pubsub.publish('news', 2);
      await pubsub.publish('news', 'marker');
      await context.eventually(() => seen.has('marker'), 'the marker arrives');
      assert.deepEqual(seen.payloads, [1, 1, 2, 'marker']);
    },
  },
  {
    id: 'P-24',
    title: 'subscribe, then publish at once from another connection, 200 times: all 200 arrive',
    async run(context) {
      const [here, there] = [context.pubsub(), (await context.peer()).pubsub()];
      const seen = context.recorder();
      for (let round = 0; round < 200; round++) {
        const subscription = await here.subscribe(`round.${round}`, seen.handle);
        await there.publish(`round.${round}`, round);
        if (round % 10 === 9) {
          await context.eventually(() => seen.events.length === round + 1, `${round + 1} events arrive`);
          await subscription.unsubscribe();
        }
      }
      assert.deepEqual(
        seen.payloads,
        Array.from({ length: 200 }, (_, round) => round),
      );
    },
  },
];
