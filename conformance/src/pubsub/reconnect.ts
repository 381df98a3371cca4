import assert from 'node:assert/strict';
import { ConnectionError } from '@quayside/core';
import type { PubSubCase } from './pubsub-case.js';

/** A lost connection comes back with all subscriptions, and tells what was missed. */
export const reconnectCases: readonly PubSubCase[] = [
  {
    id: 'P-11',
    title: "a cut connection is told, and all subscriptions are live again without the application's doing",
    needs: ['patterns'],
    async run(context) {
      const [here, there] = [context.pubsub(), (await context.peer()).pubsub()];
      const told = context.connectionOf(here);
      const [exact, pattern, other] = [context.recorder(), context.recorder(), context.recorder()];
      await here.subscribe('meeting.started', exact.handle);
      await here.subscribe('meeting.*', pattern.handle);
      await here.subscribe('other', other.handle);
      for (let round = 1; round <= 3; round++) {
        context.link(here).cut();
        assert.deepEqual(told.slice(-1), ['disconnected']);
        context.link(here).heal();
        await context.within('2s', () => told.length === 2 * round, 'the engine tells that it is connected again');
        assert.deepEqual(told.slice(-1), ['reconnected']);
        await there.publish('meeting.started', round);
        await there.publish('other', round);
        await context.eventually(() => [exact, pattern, other].every((seen) => seen.has(round)), 'every subscription is live');
      }
      for (const seen of [exact, pattern, other]) assert.deepEqual(seen.payloads, [1, 2, 3]);
    },
  },
  {
    id: 'P-11',
    title: 'a gap tells how many events of which channel were missed, and none is told where none was',
    async run(context) {
      const [here, there] = [context.pubsub(), (await context.peer()).pubsub()];
      const [witness, seen, calm] = [context.recorder(), context.recorder(), context.recorder()];
      const gaps = context.gapsOf(here);
      const ownGaps: unknown[] = [];
      await there.subscribe('news', witness.handle);
      await here.subscribe('news', seen.handle, { onGap: (gap) => void ownGaps.push(gap) });
      await here.subscribe('calm', calm.handle, { onGap: () => assert.fail('nothing was missed on the calm channel') });
      await there.publish('news', 1);
      await there.publish('calm', 1);
      await context.eventually(() => seen.has(1) && calm.has(1), 'both get their first event');
      for (const missed of [3, 1]) {
        context.link(here).cut();
        for (let count = 0; count < missed; count++) await there.publish('news', `missed ${missed}.${count}`);
        await context.eventually(() => witness.has(`missed ${missed}.${missed - 1}`), 'the server has handed them out');
        context.link(here).heal();
        await there.publish('news', `after ${missed}`);
        await there.publish('calm', `after ${missed}`);
        await context.eventually(() => seen.has(`after ${missed}`) && calm.has(`after ${missed}`), 'both get the next one');
      }
      assert.deepEqual(seen.payloads, [1, 'after 3', 'after 1']);
      assert.deepEqual(
        gaps.map(({ channel, missed, cause }) => [channel, missed, cause]),
        [
          ['news', 3, 'connection'],
          ['news', 1, 'connection'],
        ],
      );
      assert.deepEqual(ownGaps, gaps);
      const [first, second] = gaps;
      assert.ok(first !== undefined && second !== undefined);
      // Between the two gaps stands the one event that arrived.
      assert.deepEqual([first.to - first.from, second.from - first.to, second.to - second.from], [2, 2, 0]);
      assert.equal(here.stats().total_missed, 4);
    },
  },
  {
    id: 'P-11',
    title: 'each publisher has its own count: what one publishes fills no gap of another',
    async run(context) {
      const [here, peer] = [context.pubsub(), await context.peer()];
      const [first, second] = [peer.pubsub(), peer.pubsub()];
      const [witness, seen] = [context.recorder(), context.recorder()];
      const gaps = context.gapsOf(here);
      // In the same process: what one publishes there may reach another server of a cluster later.
      await context.pubsub().subscribe('news', witness.handle);
      await here.subscribe('news', seen.handle);
      for (const publisher of [first, second, second]) await publisher.publish('news', 'before');
      await context.eventually(() => seen.events.length === 3, 'both publishers are known');
      context.link(here).cut();
      await first.publish('news', 'missed');
      await context.eventually(() => witness.has('missed'), 'the server has handed it out');
      context.link(here).heal();
      for (let count = 0; count < 3; count++) await second.publish('news', 'after, of the second');
      await first.publish('news', 'after, of the first');
      await context.eventually(() => seen.has('after, of the first'), 'the last one arrives');
      assert.deepEqual(
        gaps.map(({ channel, missed, cause }) => [channel, missed, cause]),
        [['news', 1, 'connection']],
      );
    },
  },
  {
    id: 'P-11',
    title: 'a pattern counts each channel on its own: one that is further on hides no gap of another, and makes none up',
    needs: ['patterns'],
    async run(context) {
      const [here, there] = [context.pubsub(), (await context.peer()).pubsub()];
      const [witness, seen] = [context.recorder(), context.recorder()];
      const gaps = context.gapsOf(here);
      // In the same process: what has reached it is on no server's way to it any more.
      await context.pubsub().subscribe('>', witness.handle);
      for (let count = 0; count < 5; count++) await there.publish('busy.a', 'before the subscription');
      await context.eventually(() => witness.events.length === 5, 'what was published before has been handed out');
      await here.subscribe('busy.*', seen.handle);
      for (const channel of ['busy.b', 'busy.a', 'busy.b']) await there.publish(channel, 'heard');
      await context.eventually(() => seen.events.length === 3, 'the first ones arrive');
      context.link(here).cut();
      await there.publish('busy.b', 'missed');
      await context.eventually(() => witness.has('missed'), 'the server has handed it out');
      context.link(here).heal();
      for (const channel of ['busy.a', 'busy.b']) await there.publish(channel, `after on ${channel}`);
      await context.eventually(() => seen.has('after on busy.b'), 'the last one arrives');
      assert.deepEqual(
        gaps.map(({ channel, missed, cause }) => [channel, missed, cause]),
        [['busy.b', 1, 'connection']],
      );
    },
  },
  {
    id: 'P-11',
    title: 'a subscription that ended while the connection was cut stays ended, its neighbours come back',
    async run(context) {
      const [here, there] = [context.pubsub(), (await context.peer()).pubsub()];
      const [ended, kept] = [context.recorder(), context.recorder()];
      const subscription = await here.subscribe('ended', ended.handle);
      await here.subscribe('kept', kept.handle);
      context.link(here).cut();
      await context.settles('2s', subscription.unsubscribe(), 'unsubscribe resolves without a connection');
      context.link(here).heal();
      await there.publish('ended', 1);
      await there.publish('kept', 1);
      await context.eventually(() => kept.has(1), 'the kept one is live');
      assert.deepEqual(ended.payloads, []);
      assert.equal(here.stats().channel_count, 1);
    },
  },
  {
    id: 'P-20',
    title: 'subscribe while disconnected resolves once the connection is back, and is live',
    async run(context) {
      const [here, there] = [context.pubsub(), (await context.peer()).pubsub()];
      const seen = context.recorder();
      context.link(here).cut();
      const subscribed = here.subscribe('news', seen.handle);
      await context.advance('100ms');
      context.link(here).heal();
      await context.settles('5s', subscribed, 'subscribe settles');
      await there.publish('news', 'heard');
      await context.eventually(() => seen.has('heard'), 'the event arrives');
      assert.deepEqual(seen.payloads, ['heard']);
    },
  },
  {
    id: 'P-23',
    title: 'a subscription that cannot be opened in time rejects with ConnectionError and leaves nothing behind',
    async run(context) {
      const pubsub = context.pubsub({ publishTimeout: '500ms' });
      const [failed, seen] = [context.recorder(), context.recorder()];
      context.link(pubsub).refuseSubscriptions(Number.POSITIVE_INFINITY);
      const check = assert.rejects(pubsub.subscribe('news', failed.handle), ConnectionError);
      await context.settles('2s', check, 'subscribe rejects');
      assert.equal(pubsub.stats().channel_count, 0);
      context.link(pubsub).heal();
      await pubsub.subscribe('news', seen.handle);
      await pubsub.publish('news', 'marker');
      await context.eventually(() => seen.has('marker'), 'the marker arrives');
      assert.deepEqual([failed.payloads, seen.payloads], [[], ['marker']]);
      assert.equal(context.link(pubsub).openSubscriptions, 1);
    },
  },
  {
    id: 'P-23',
    title: 'a subscription that was given up, and that the server opens all the same, is closed again',
    async run(context) {
      const pubsub = context.pubsub({ publishTimeout: '500ms' });
      const [late, seen] = [context.recorder(), context.recorder()];
      const link = context.link(pubsub);
      link.freeze();
      const check = assert.rejects(pubsub.subscribe('late', late.handle), ConnectionError);
      await context.settles('2s', check, 'subscribe rejects');
      link.heal();
      await context.eventually(() => link.openSubscriptions === 0, 'nothing stays open');
      await pubsub.subscribe('*', seen.handle);
      await pubsub.publish('late', 1);
      await pubsub.publish('marker', 2);
      await context.eventually(() => seen.has(2), 'the marker arrives');
      assert.deepEqual([late.payloads, seen.payloads], [[], [1, 2]]);
    },
  },
  {
    id: 'P-20',
    title: 'a subscription that the server refuses for a moment is opened once, and gets each event once',
    async run(context) {
      const pubsub = context.pubsub();
      const seen = context.recorder();
      context.link(pubsub).refuseSubscriptions(2);
      await context.settles('4s', pubsub.subscribe('news', seen.handle), 'subscribe resolves');
      await pubsub.publish('news', 1);
      await pubsub.publish('news', 'marker');
      await context.eventually(() => seen.has('marker'), 'the marker arrives');
      assert.deepEqual(seen.payloads, [1, 'marker']);
      assert.equal(context.link(pubsub).openSubscriptions, 1);
    },
  },
];
