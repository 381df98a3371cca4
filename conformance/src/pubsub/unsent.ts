import assert from 'node:assert/strict';
import { CapacityError, ConnectionError, type PublishFate, type PubSub, QuaysideError, TimeoutError } from '@quayside/core';
import type { PubSubContext } from './context.js';
import type { PubSubCase } from './pubsub-case.js';

/** What becomes of a publish without a connection: it waits, or is rejected, and says what is known. It is never lost in silence. */
export const unsentCases: readonly PubSubCase[] = [
  {
    id: 'P-12',
    title: 'a publish while disconnected waits, and arrives once, in order, when the connection is back in time',
    async run(context) {
      const [here, there] = [context.pubsub({ publishTimeout: '2s' }), (await context.peer()).pubsub()];
      const seen = context.recorder();
      const gaps = context.gapsOf(there);
      await there.subscribe('news', seen.handle);
      await here.publish('news', 'before');
      context.link(here).cut();
      const waiting = [1, 2, 3].map((payload) => here.publish('news', payload));
      await context.advance('100ms');
      assert.equal(here.stats().total_published, 1);
      context.link(here).heal();
      const ids = await context.settles('2s', Promise.all(waiting), 'the publishes resolve');
      await here.publish('news', 'after');
      await context.eventually(() => seen.has('after'), 'the last one arrives');
      assert.deepEqual(seen.payloads, ['before', 1, 2, 3, 'after']);
      assert.deepEqual(
        seen.events.slice(1, 4).map(({ id }) => id),
        ids,
      );
      assert.deepEqual(gaps, []);
      assert.equal(here.stats().total_published, 5);
    },
  },
  {
    id: 'P-12',
    title: 'a publish that finds no connection within its time rejects as not-published, never arrives, and leaves no gap',
    async run(context) {
      const [here, there] = [context.pubsub({ publishTimeout: '500ms' }), (await context.peer()).pubsub()];
      const seen = context.recorder();
      const gaps = context.gapsOf(there);
      await there.subscribe('news', seen.handle);
      await here.publish('news', 'before');
      context.link(here).cut();
      const rejected = [here.publish('news', 'a'), here.publish('news', 'b'), here.publish('news', 'c', { timeout: '100ms' })];
      const checks = rejected.map((publish) => assert.rejects(publish, isRejectedAs('not-published')));
      await context.settles('200ms', checks[2] ?? Promise.reject(), 'the call with its own bound rejects first');
      await context.settles('1500ms', Promise.all(checks), 'the others reject');
      context.link(here).heal();
      await context.settles('2s', here.publish('news', 'after'), 'a new publish resolves');
      await context.eventually(() => seen.has('after'), 'it arrives');
      assert.deepEqual(seen.payloads, ['before', 'after']);
      assert.deepEqual(gaps, []);
      assert.equal(here.stats().total_published, 2);
    },
  },
  {
    id: 'P-12',
    title: 'a publish that is cut in flight rejects as unknown with its id, and is not sent twice',
    async run(context) {
      const [here, there] = [context.pubsub(), (await context.peer()).pubsub()];
      const seen = context.recorder();
      await there.subscribe('news', seen.handle);
      const ids = [];
      for (const lost of ['request', 'reply'] as const) {
        context.link(here).loseNext(lost);
        ids.push(await idOfUnknown(context, here, lost));
      }
      await here.publish('news', 'marker');
      await context.eventually(() => seen.has('marker'), 'the marker arrives');
      assert.deepEqual(seen.payloads, ['reply', 'marker']);
      assert.equal(seen.events[0]?.id, ids[1]);
    },
  },
  {
    id: 'P-12',
    title: 'a cut ends what is in flight at once, without waiting for its time',
    async run(context) {
      const pubsub = context.pubsub({ publishTimeout: '1h' });
      context.link(pubsub).freeze();
      const check = assert.rejects(pubsub.publish('news', 1), isRejectedAs('unknown'));
      await context.advance('100ms');
      context.link(pubsub).cut();
      await context.settles('1s', check, 'the publish rejects');
    },
  },
  {
    id: 'P-12',
    title: 'what a connection refuses that is gone already waits again, in order, arrives once, and leaves no gap',
    async run(context) {
      const [here, there] = [context.pubsub(), (await context.peer()).pubsub()];
      const seen = context.recorder();
      const gaps = context.gapsOf(there);
      await there.subscribe('news', seen.handle);
      await here.publish('news', 'before');
      context.link(here).refusePublishes(2);
      const early = Promise.all(['a', 'b'].map((payload) => here.publish('news', payload)));
      // They are on their way, and not yet refused.
      await new Promise((resolve) => void setImmediate(resolve));
      const late = here.publish('news', 'c');
      await context.settles('4s', Promise.all([early, late]), 'all resolve');
      await here.publish('news', 'after');
      await context.eventually(() => seen.has('after'), 'the last one arrives');
      assert.deepEqual(seen.payloads, ['before', 'a', 'b', 'c', 'after']);
      assert.deepEqual(gaps, []);
    },
  },
  {
    id: 'P-12',
    title: 'a call that is given up makes room for what waits behind it',
    async run(context) {
      const [here, there] = [context.pubsub({ publishTimeout: '4s' }), (await context.peer()).pubsub()];
      const seen = context.recorder();
      await there.subscribe('news', seen.handle);
      context.link(here).freeze();
      const givenUp = assert.rejects(here.publish('news', 1, { timeout: '200ms' }), isRejectedAs('unknown'));
      await context.settle();
      const waiting = here.publish('news', 2);
      await context.settles('1s', givenUp, 'the first is given up');
      context.link(here).heal();
      await context.settles('2s', waiting, 'the second resolves');
      await context.eventually(() => seen.has(2), 'the second arrives');
      assert.deepEqual(seen.payloads, [2]);
    },
  },
  {
    id: 'P-12',
    title: 'publishes that wait are bounded: past publishBuffer one rejects with CapacityError, the others go on',
    async run(context) {
      const pubsub = context.pubsub({ publishBuffer: 3 });
      const seen = context.recorder();
      await pubsub.subscribe('news', seen.handle);
      context.link(pubsub).cut();
      const waiting = [1, 2, 3].map((payload) => pubsub.publish('news', payload));
      await context.settle();
      await assert.rejects(pubsub.publish('news', 4), (error) => {
        assert.ok(error instanceof CapacityError);
        assert.equal(error.outcome, 'not-published');
        return true;
      });
      context.link(pubsub).heal();
      await context.settles('2s', Promise.all(waiting), 'those that waited resolve');
      await pubsub.publish('news', 5);
      await context.eventually(() => seen.has(5), 'the last one arrives');
      assert.deepEqual(seen.payloads, [1, 2, 3, 5]);
    },
  },
  {
    id: 'P-25',
    title: 'a frozen server: 1,000 publishes each settle within their time, none resolves, and all works again when it thaws',
    async run(context) {
      const [here, there] = [context.pubsub({ publishTimeout: '500ms' }), (await context.peer()).pubsub()];
      const [seen, witness] = [context.recorder(), context.recorder()];
      await here.subscribe('news', seen.handle);
      await there.subscribe('news', witness.handle);
      context.link(here).freeze();
      const publishes = Array.from({ length: 1000 }, (_, index) => here.publish('news', index));
      const outcomes = await context.settles('1500ms', Promise.allSettled(publishes), 'every publish settles');
      assert.ok(outcomes.every((outcome) => outcome.status === 'rejected' && outcome.reason instanceof QuaysideError));
      context.link(here).heal();
      await context.settles('2s', here.publish('news', 'marker'), 'a new publish resolves');
      await context.eventually(() => witness.has('marker') && seen.has('marker'), 'the marker arrives on both sides');
      assert.deepEqual(witness.payloads, ['marker']);
    },
  },
  {
    id: 'P-25',
    title: 'a frozen server is told as disconnected, and reconnected after five minutes that failed',
    needs: ['testClock'],
    async run(context) {
      const [here, there] = [context.pubsub(), (await context.peer()).pubsub()];
      const told = context.connectionOf(here);
      const seen = context.recorder();
      await here.subscribe('news', seen.handle);
      context.link(here).freeze();
      await context.advance('5s');
      assert.deepEqual(told, ['disconnected']);
      for (let minute = 1; minute <= 5; minute++) {
        await Promise.all([assert.rejects(here.publish('news', minute), isRejectedAs('not-published')), context.advance('1m')]);
      }
      context.link(here).heal();
      await context.eventually(() => told.length === 2, 'the return is told');
      await here.publish('news', 'from here');
      await there.publish('news', 'from there');
      await context.eventually(() => seen.events.length === 2, 'both arrive');
      assert.deepEqual(told, ['disconnected', 'reconnected']);
      assert.deepEqual(seen.payloads, ['from here', 'from there']);
    },
  },
];

/** Checks a rejection by connection or time: typed, with its outcome, and one id. */
function isRejectedAs(outcome: PublishFate): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof ConnectionError || error instanceof TimeoutError, `${error}`);
    assert.equal(error.outcome, outcome);
    assert.equal(error.ids?.length, 1);
    return true;
  };
}

async function idOfUnknown(context: PubSubContext, pubsub: PubSub, payload: string): Promise<string | undefined> {
  let id: string | undefined;
  const check = assert.rejects(pubsub.publish('news', payload), (error) => {
    id = error instanceof QuaysideError ? error.ids?.[0] : undefined;
    return isRejectedAs('unknown')(error);
  });
  await context.settles('1s', check, 'the publish rejects');
  return id;
}
