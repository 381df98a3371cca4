import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { ClosedError, QuaysideError } from '@quayside/core';
import type { PubSubCase } from './pubsub-case.js';

/** How a subscription and a PubSub end. */
export const closeCases: readonly PubSubCase[] = [
  {
    id: 'P-18',
    title: 'stop waits for running handlers, and once it resolved no call starts',
    async run(context) {
      const [here, there] = [context.pubsub(), (await context.peer()).pubsub()];
      const gate = context.gate();
      const [seen, witness] = [context.recorder(() => gate.opened), context.recorder()];
      await here.subscribe('news', seen.handle);
      await there.subscribe('news', witness.handle);
      await there.publish('news', 1);
      await there.publish('news', 2);
      await context.eventually(() => seen.running === 1 && witness.has(2), 'one is in the handler, one waits for it');
      let isStopped = false;
      const stopped = here.stop().then(() => {
        isStopped = true;
      });
      await context.settle();
      assert.equal(isStopped, false);
      gate.open();
      await context.settles('2s', stopped, 'stop resolves');
      assert.equal(seen.running, 0);
      const calls = seen.events.length;
      await there.publish('news', 'marker');
      await context.eventually(() => witness.has('marker'), 'the marker arrives elsewhere');
      assert.equal(seen.events.length, calls);
      assert.ok(!seen.has('marker'));
    },
  },
  {
    id: 'P-18',
    title: 'what was published just before stop is still sent, and its publish resolves',
    async run(context) {
      const [here, there] = [context.pubsub(), (await context.peer()).pubsub()];
      const seen = context.recorder();
      await there.subscribe('news', seen.handle);
      const published = Promise.all([1, 2, 3].map((payload) => here.publish('news', payload)));
      const stopped = here.stop();
      await context.settles('2s', stopped, 'stop settles');
      await published;
      await context.eventually(() => seen.events.length === 3, 'all arrive');
      assert.deepEqual(seen.payloads, [1, 2, 3]);
    },
  },
  {
    id: 'P-18',
    title: 'a handler that does not end holds stop for the grace only',
    async run(context) {
      const pubsub = context.pubsub();
      const seen = context.recorder(() => context.gate().opened);
      await pubsub.subscribe('news', seen.handle);
      await pubsub.publish('news', 1);
      await context.eventually(() => seen.running === 1, 'the handler runs');
      const begun = context.now();
      await context.settles('3s', pubsub.stop({ graceMs: 500 }), 'stop settles');
      const tookMs = context.now() - begun;
      assert.ok(tookMs >= 490 && tookMs <= 1500, `stop took ${tookMs} ms`);
    },
  },
  {
    id: 'P-18',
    title: 'after stop every call rejects with ClosedError; a second stop, and unsubscribe, resolve',
    async run(context) {
      const pubsub = context.pubsub();
      const subscription = await pubsub.subscribe('news', () => undefined);
      await context.settles('2s', pubsub.stop(), 'stop settles');
      await assert.rejects(pubsub.publish('news', 1), ClosedError);
      await assert.rejects(
        pubsub.subscribe('news', () => undefined),
        ClosedError,
      );
      await pubsub.stop();
      await subscription.unsubscribe();
    },
  },
  {
    id: 'P-18',
    title: 'with the server frozen stop settles within its grace plus one second, and every waiting call is rejected',
    async run(context) {
      const pubsub = context.pubsub({ publishTimeout: '1h' });
      await pubsub.subscribe('news', () => undefined);
      context.link(pubsub).freeze();
      const calls = Promise.allSettled([pubsub.publish('news', 1), pubsub.publish('news', 2), pubsub.subscribe('other', () => undefined)]);
      await context.settle();
      await context.settles('1500ms', pubsub.stop({ graceMs: 500 }), 'stop settles');
      for (const outcome of await context.settles('0s', calls, 'the waiting calls have settled')) {
        assert.ok(outcome.status === 'rejected' && outcome.reason instanceof QuaysideError, `${JSON.stringify(outcome)}`);
      }
    },
  },
  {
    id: 'P-18',
    title: 'with the connection cut stop settles, and what waits for it is rejected as not-published',
    async run(context) {
      const pubsub = context.pubsub({ publishTimeout: '1h' });
      context.link(pubsub).cut();
      const calls = Promise.allSettled([pubsub.publish('news', 1), pubsub.publish('news', 2)]);
      await context.settle();
      await context.settles('1500ms', pubsub.stop({ graceMs: 500 }), 'stop settles');
      for (const outcome of await context.settles('0s', calls, 'the waiting calls have settled')) {
        assert.ok(outcome.status === 'rejected' && outcome.reason instanceof QuaysideError, `${JSON.stringify(outcome)}`);
        assert.equal(outcome.reason.outcome, 'not-published');
      }
    },
  },
  {
    id: 'P-22',
    title: 'an AbortSignal ends a subscription like unsubscribe; a subscription that ended holds it no more',
    async run(context) {
      const pubsub = context.pubsub();
      const controller = new AbortController();
      const [seen, witness] = [context.recorder(), context.recorder()];
      const subscription = await pubsub.subscribe('news', seen.handle, { signal: controller.signal });
      const other = await pubsub.subscribe('other', witness.handle, { signal: controller.signal });
      assert.equal(getEventListeners(controller.signal, 'abort').length, 2);
      await other.unsubscribe();
      assert.equal(getEventListeners(controller.signal, 'abort').length, 1);
      await pubsub.subscribe('other', witness.handle);
      await pubsub.publish('news', 1);
      await context.eventually(() => seen.has(1), 'the event arrives');
      controller.abort();
      await subscription.unsubscribe();
      assert.equal(pubsub.stats().channel_count, 1);
      await pubsub.publish('news', 2);
      await pubsub.publish('other', 'marker');
      await context.eventually(() => witness.has('marker'), 'the marker arrives');
      assert.deepEqual(seen.payloads, [1]);
    },
  },
  {
    id: 'P-22',
    title: 'a signal that is aborted before subscribe leaves no subscription',
    async run(context) {
      const pubsub = context.pubsub();
      const [seen, witness] = [context.recorder(), context.recorder()];
      await pubsub.subscribe('news', witness.handle);
      // Whether it answers an ended subscription or rejects, nothing is left of it.
      await pubsub.subscribe('news', seen.handle, { signal: AbortSignal.abort() }).catch(() => undefined);
      await pubsub.publish('news', 'marker');
      await context.eventually(() => witness.has('marker'), 'the marker arrives');
      assert.deepEqual(seen.payloads, []);
      assert.equal(context.link(pubsub).openSubscriptions, 1);
    },
  },
  {
    id: 'P-22',
    title: 'ten stops at once are one: all resolve, none before the running handler has ended',
    async run(context) {
      const pubsub = context.pubsub();
      const gate = context.gate();
      const seen = context.recorder(() => gate.opened);
      await pubsub.subscribe('news', seen.handle);
      await pubsub.publish('news', 1);
      await context.eventually(() => seen.running === 1, 'the handler runs');
      let stopped = 0;
      const stops = Array.from({ length: 10 }, () => pubsub.stop().then(() => stopped++));
      await context.settle();
      assert.equal(stopped, 0);
      gate.open();
      await context.settles('2s', Promise.all(stops), 'all resolve');
      assert.equal(seen.ended.length, 1);
      await assert.rejects(pubsub.publish('news', 2), ClosedError);
    },
  },
];
