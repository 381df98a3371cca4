import assert from 'node:assert/strict';
import { ClosedError } from '@quayside/core';
import type { ManagerCase } from './manager-case.js';

/** Starting, stopping, and what a manager tells of itself. */
export const lifecycleCases: readonly ManagerCase[] = [
  {
    id: 'M-06',
    title: 'handlers run from start on, also those of a queue asked for later; a second start is the first; publishing works before',
    needs: ['queue'],
    async run(context) {
      const manager = await context.create({ message_queue: { type: 'suite', queue_name: 'early' } });
      const seen: unknown[] = [];
      manager.queue().process('task', ({ payload }) => void seen.push(payload));
      await manager.queue().publish('task', 'early');
      await context.settle();
      assert.equal(seen.length, 0);
      await Promise.all([manager.start(), manager.start()]);
      await manager.start();
      await context.eventually(() => seen.length === 1, 'the early message is handled');
      const late = manager.queue('late');
      late.process('task', ({ payload }) => void seen.push(payload));
      await late.publish('task', 'late');
      await context.eventually(() => seen.length === 2, 'the late queue works');
      assert.deepEqual(seen, ['early', 'late']);
      assert.equal(manager.queue(), manager.queue('early'));
    },
  },
  {
    id: 'M-06',
    title: 'once start has resolved the event bus hears other processes',
    needs: ['patterns'],
    async run(context) {
      const line = await context.scope.open();
      const adapter = context.adapter({ change: () => ({ pubSubTransport: line.pubSubTransport?.bind(line) }) });
      const config = { event_bus: { type: 'suite' } };
      const [here, there] = [await context.create(config, { adapters: [adapter] }), await context.create(config, { adapters: [adapter] })];
      const seen: unknown[] = [];
      there.events().on('told', ({ payload }) => void seen.push(payload));
      await there.start();
      await here.events().emitAsync('told', 'from elsewhere');
      await context.eventually(() => seen.length === 1, 'the event arrives');
      assert.deepEqual(seen, ['from elsewhere']);
    },
  },
  {
    id: 'M-06',
    title: 'stop waits for a running handler, which may still publish to queue, channel and bus; then the connections are closed',
    needs: ['queue', 'patterns'],
    async run(context) {
      const log: string[] = [];
      const adapter = context.adapter({
        change: (backend) => ({
          close: async () => {
            log.push('connections closed');
            await backend.close();
          },
        }),
      });
      const config = { message_queue: { type: 'suite' }, pubsub: { type: 'suite' }, event_bus: { type: 'suite' } };
      const manager = await context.create(config, { adapters: [adapter] });
      const gate = context.gate();
      let isRunning = false;
      await manager.pubsub().subscribe('told', ({ payload }) => void log.push(`channel ${payload}`));
      manager.events().on('told', ({ payload }) => void log.push(`event ${payload}`));
      manager.queue().process('task', async () => {
        isRunning = true;
        await gate.opened;
        await manager.queue().publish('follow-up', 1);
        await manager.pubsub().publish('told', 1);
        await manager.events().emitAsync('told', 2);
        log.push('handler ended');
      });
      await manager.start();
      await manager.queue().publish('task', 1);
      await context.eventually(() => isRunning, 'the handler runs');
      const stopped = manager.stop();
      await context.settle();
      assert.deepEqual(log, []);
      gate.open();
      const report = await context.settles('3s', stopped, 'stop resolves');
      assert.deepEqual(report, { drained: 1, aborted: 0, released: 0 });
      assert.deepEqual(log.slice(-2), ['handler ended', 'connections closed']);
      assert.deepEqual(new Set(log.slice(0, -2)), new Set(['channel 1', 'event 2']));
    },
  },
  {
    id: 'M-06',
    title: 'what outlasts the grace is aborted and given back; stop settles within the grace and a second',
    needs: ['queue'],
    async run(context) {
      const manager = await context.create({ message_queue: { type: 'suite' }, stop_grace: '500ms' });
      const reasons: unknown[] = [];
      let isRunning = false;
      manager.queue().process('task', (_, { signal }) => {
        isRunning = true;
        return new Promise(() => signal.addEventListener('abort', () => void reasons.push(signal.reason)));
      });
      await manager.start();
      await manager.queue().publish('task', 1);
      await context.eventually(() => isRunning, 'the handler runs');
      const report = await context.settles('2s', manager.stop(), 'stop settles');
      assert.deepEqual([report.drained, report.aborted, report.released], [0, 1, 1]);
      assert.ok(reasons[0] instanceof ClosedError);
    },
  },
  {
    id: 'M-06',
    title: 'after stop every call fails with ClosedError, health says down, a second stop answers like the first; disposing stops',
    needs: ['queue', 'patterns'],
    async run(context) {
      const config = { message_queue: { type: 'suite' }, pubsub: { type: 'suite' }, event_bus: { type: 'local' } };
      const manager = await context.create(config);
      const [queue, pubsub, events] = [manager.queue(), manager.pubsub(), manager.events()];
      await manager.start();
      const stops = Promise.all([manager.stop(), manager.stop()]);
      const [first, second] = await context.settles('3s', stops, 'both stops resolve');
      assert.deepEqual(first, second);
      for (const ask of [() => manager.queue(), () => manager.pubsub(), () => manager.events(), () => events.emit('event', 1)]) {
        assert.throws(ask, ClosedError);
      }
      for (const call of [manager.start(), manager.stats(), queue.publish('task', 1), pubsub.publish('channel', 1)]) {
        await assert.rejects(call, ClosedError);
      }
      assert.equal((await manager.health()).status, 'down');
      assert.equal(context.suite.closed, 1);

      const other = await context.create(config);
      await context.settles('3s', other[Symbol.asyncDispose](), 'disposing settles');
      assert.throws(() => other.queue(), ClosedError);
    },
  },
  {
    id: 'M-06',
    title: 'stop settles within the grace and a second with a backend that never closes',
    needs: ['patterns'],
    async run(context) {
      const stuck = context.adapter({ type: 'stuck', change: () => ({ close: () => new Promise<never>(() => undefined) }) });
      const manager = await context.create({ pubsub: { type: 'stuck' } }, { adapters: [stuck] });
      const begun = context.now();
      await context.settles('3s', manager.stop({ graceMs: 500 }), 'stop settles');
      assert.ok(context.now() - begun <= 2000, `it took ${context.now() - begun} ms`);
    },
  },
  {
    id: 'M-06',
    title: 'health tells of each component how it is and why, and of all the worst',
    needs: ['queue', 'patterns'],
    async run(context) {
      const weak = context.adapter({ type: 'weak', change: () => ({ health: async () => ({ status: 'degraded', reason: 'it swaps' }) }) });
      const silent = context.adapter({ type: 'silent', change: () => ({ health: () => new Promise<never>(() => undefined) }) });
      const config = { message_queue: { type: 'suite' }, pubsub: { type: 'weak' }, event_bus: { type: 'local' } };
      const sound = await context.create({ message_queue: { type: 'suite' } });
      assert.equal((await sound.health()).status, 'up');
      const manager = await context.create(config, { adapters: [context.suite, weak] });
      const health = await manager.health();
      assert.equal(health.status, 'degraded');
      const { message_queue: queue, pubsub, event_bus: bus } = health.components;
      assert.deepEqual([queue?.status, pubsub?.status, bus?.status], ['up', 'degraded', 'up']);
      assert.deepEqual([queue?.backend, pubsub?.backend, pubsub?.reason], ['suite', 'weak', 'it swaps']);
      const mute = await context.create({ ...config, pubsub: { type: 'silent' } }, { adapters: [context.suite, silent] });
      const told = await context.settles('3s', mute.health(), 'health settles');
      assert.deepEqual([told.status, told.components.pubsub?.status, told.components.message_queue?.status], ['down', 'down', 'up']);
    },
  },
  {
    id: 'M-06',
    title: 'stats tells the figures of every component in one object',
    needs: ['queue', 'patterns'],
    async run(context) {
      const config = { message_queue: { type: 'suite', queue_name: 'main' }, pubsub: { type: 'suite' }, event_bus: { type: 'local' } };
      const manager = await context.create(config);
      await manager.queue().publish('task', 1);
      await manager.queue('other').publish('task', 2);
      await manager.queue('other').publish('task', 3);
      await manager.pubsub().publish('channel', 4);
      manager.events().emit('event', 5);
      const stats = await manager.stats();
      assert.deepEqual(
        [stats.message_queue?.total_published, stats.message_queue?.queue_length, stats.queues.other?.queue_length],
        [1, 1, 2],
      );
      assert.deepEqual(stats.message_queue, await manager.queue().stats());
      assert.deepEqual(Object.keys(stats.queues), ['other']);
      assert.deepEqual([stats.pubsub?.total_published, stats.event_bus?.total_emitted], [1, 1]);
      assert.deepEqual(JSON.parse(JSON.stringify(stats)), { ...stats });
    },
  },
];
