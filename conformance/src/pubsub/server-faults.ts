import assert from 'node:assert/strict';
import { ConnectionError } from '@quayside/core';
import type { PubSubContext } from './context.js';
import type { PubSubCase } from './pubsub-case.js';

/** With a real server cut off, killed or frozen. What the engine alone must do is in `reconnect` and `unsent`. */
export const serverFaultCases: readonly PubSubCase[] = [
  {
    id: 'P-11',
    title: 'every connection of the server is cut: told, and live again by itself when the way is clear',
    needs: ['faults.cut', 'faults.heal'],
    timeoutMs: 40_000,
    run: (context) => comesBack(context, 'cut'),
  },
  {
    id: 'P-13',
    title: 'a killed server that starts again: told, and live again by itself',
    needs: ['faults.kill', 'faults.restart'],
    timeoutMs: 40_000,
    run: (context) => comesBack(context, 'kill'),
  },
  {
    id: 'P-12',
    title: 'publishing while every connection is cut rejects in its time, none resolves, and all is live again afterwards',
    needs: ['faults.cut', 'faults.heal'],
    timeoutMs: 60_000,
    run: (context) => refusesMeanwhile(context, 'cut'),
  },
  {
    id: 'P-13',
    title: 'publishing while the server is dead rejects in its time, none resolves, and all is live again afterwards',
    needs: ['faults.kill', 'faults.restart'],
    timeoutMs: 60_000,
    run: (context) => refusesMeanwhile(context, 'kill'),
  },
  {
    id: 'P-25',
    title: 'a frozen server is told as disconnected within 5 s; 1,000 publishes meanwhile each settle, and none resolves',
    needs: ['faults.pause', 'faults.resume'],
    timeoutMs: 60_000,
    run: (context) => refusesMeanwhile(context, 'pause'),
  },
  {
    id: 'P-20',
    title: 'subscribe while the server is dead settles, and what resolved is live when it is back',
    needs: ['faults.kill', 'faults.restart'],
    timeoutMs: 60_000,
    async run(context) {
      const pubsub = context.pubsub();
      const told = context.connectionOf(pubsub);
      const seen = context.recorder();
      await pubsub.subscribe('other', () => undefined);
      const mend = await context.breakServer('kill');
      await context.within('6s', () => told.includes('disconnected'), 'the loss is told');
      const subscribing = Promise.allSettled([pubsub.subscribe('news', seen.handle)]);
      await mend();
      const [outcome] = await context.settles('15s', subscribing, 'subscribe settles');
      await context.within('15s', () => told.at(-1) === 'reconnected', 'the return is told');
      if (outcome.status === 'rejected') {
        assert.ok(outcome.reason instanceof ConnectionError, `${outcome.reason}`);
        await pubsub.subscribe('news', seen.handle);
      }
      await pubsub.publish('news', 'heard');
      await pubsub.publish('news', 'marker');
      await context.eventually(() => seen.has('marker'), 'the marker arrives');
      assert.deepEqual(seen.payloads, ['heard', 'marker']);
    },
  },
  {
    id: 'P-18',
    title: 'stop and close settle within their bounds with the server dead',
    needs: ['faults.kill', 'faults.restart'],
    timeoutMs: 40_000,
    run: (context) => stopsWithout(context, 'kill'),
  },
  {
    id: 'P-18',
    title: 'stop and close settle within their bounds with the server frozen',
    needs: ['faults.pause', 'faults.resume'],
    timeoutMs: 40_000,
    run: (context) => stopsWithout(context, 'pause'),
  },
];

async function comesBack(context: PubSubContext, how: 'cut' | 'kill'): Promise<void> {
  const [here, there] = [context.pubsub(), (await context.peer()).pubsub()];
  const told = [context.connectionOf(here), context.connectionOf(there)];
  const [exact, pattern] = [context.recorder(), context.recorder()];
  await here.subscribe('meeting.started', exact.handle);
  await here.subscribe('meeting.*', pattern.handle);
  await there.publish('meeting.started', 'before');
  await context.eventually(() => exact.has('before') && pattern.has('before'), 'the connection works');
  for (let round = 1; round <= 2; round++) {
    const mend = await context.breakServer(how);
    await context.within('6s', () => told.every(({ length }) => length === 2 * round - 1), 'the loss is told on both sides');
    await mend();
    await context.within('15s', () => told.every(({ length }) => length === 2 * round), 'the return is told on both sides');
    await there.publish('meeting.started', round);
    await context.eventually(() => exact.has(round) && pattern.has(round), 'both subscriptions are live');
  }
  assert.deepEqual(
    [exact.payloads, pattern.payloads],
    [
      ['before', 1, 2],
      ['before', 1, 2],
    ],
  );
}

async function refusesMeanwhile(context: PubSubContext, how: 'cut' | 'kill' | 'pause'): Promise<void> {
  const pubsub = context.pubsub({ publishTimeout: '1s' });
  const told = context.connectionOf(pubsub);
  const seen = context.recorder();
  await pubsub.subscribe('news', seen.handle);
  await pubsub.publish('news', 'before');
  await context.eventually(() => seen.has('before'), 'the connection works');
  const mend = await context.breakServer(how);
  const publishes = Array.from({ length: 1000 }, (_, index) => pubsub.publish('news', index));
  const outcomes = await context.settles('5s', Promise.allSettled(publishes), 'every publish settles');
  assert.deepEqual(new Set(outcomes.map(({ status }) => status)), new Set(['rejected']));
  await context.within('6s', () => told.includes('disconnected'), 'the loss is told');
  await mend();
  await context.within('15s', () => told.at(-1) === 'reconnected', 'the return is told');
  await pubsub.publish('news', 'after');
  await context.eventually(() => seen.has('after'), 'the subscription is live');
}

async function stopsWithout(context: PubSubContext, how: 'kill' | 'pause'): Promise<void> {
  const peer = await context.peer();
  const pubsub = peer.pubsub({ publishTimeout: '1m' });
  await pubsub.subscribe('news', () => undefined);
  await context.breakServer(how);
  const publishes = Promise.allSettled([pubsub.publish('news', 1), pubsub.publish('news', 2)]);
  await context.settles('2s', pubsub.stop({ graceMs: 500 }), 'stop settles');
  for (const { status } of await context.settles('1s', publishes, 'the publishes settle')) assert.equal(status, 'rejected');
  await context.settles('2s', peer.backend.close(), 'close settles');
}
