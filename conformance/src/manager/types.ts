import assert from 'node:assert/strict';
import { type Backend, ConfigError, UnsupportedPortError } from '@quayside/core';
import type { ManagerCase } from './manager-case.js';

/** What a config's `type` chooses. */
export const typeCases: readonly ManagerCase[] = [
  {
    id: 'M-01',
    title: 'a type that a config names works: queue, channels and events of all processes, as far as the backend has them',
    async run(context) {
      const probe = await context.scope.open();
      const manager = await context.create({
        ...(probe.queueStore && { message_queue: { type: 'suite', queue_name: 'tasks' } }),
        ...(probe.pubSubTransport && { pubsub: { type: 'suite' }, event_bus: { type: 'suite' } }),
      });
      const seen: string[] = [];
      if (probe.queueStore !== undefined) {
        assert.equal(manager.queue().name, 'tasks');
        manager.queue().process('task', ({ payload }) => void seen.push(`task ${payload}`));
        await manager.queue().publish('task', 1);
      }
      if (probe.pubSubTransport !== undefined) {
        await manager.pubsub().subscribe('channel', ({ payload }) => void seen.push(`channel ${payload}`));
        assert.equal(manager.events().isRemote, true);
        manager.events().on('event', ({ payload }) => void seen.push(`event ${payload}`));
      }
      await manager.start();
      if (probe.pubSubTransport !== undefined) {
        await manager.pubsub().publish('channel', 2);
        manager.events().emit('event', 3);
      }
      const expected = [
        ...(probe.queueStore === undefined ? [] : ['task 1']),
        ...(probe.pubSubTransport === undefined ? [] : ['channel 2', 'event 3']),
      ];
      await context.eventually(() => seen.length === expected.length, 'each port hands out what was published');
      assert.deepEqual(seen.toSorted(), expected.toSorted());
    },
  },
  {
    id: 'M-01',
    title: 'memory works by its name, without being given',
    async run(context) {
      const manager = await context.create({ message_queue: { type: 'memory' } }, { adapters: [] });
      const seen: unknown[] = [];
      manager.queue().process('task', ({ payload }) => void seen.push(payload));
      await manager.start();
      await manager.queue().publish('task', 'heard');
      await context.eventually(() => seen.length === 1, 'the message is handled');
      assert.deepEqual(seen, ['heard']);
      assert.equal(context.suite.opened.length, 0);
    },
  },
  {
    id: 'M-01',
    title: 'an unknown type is a ConfigError that names the path, the value, and the known types',
    async run(context) {
      const error = await context.refusal('5s', { message_queue: { type: 'no-such-backend' } });
      assert.ok(error instanceof ConfigError);
      assert.deepEqual(
        error.issues.map(({ path }) => path),
        ['message_queue.type'],
      );
      for (const word of ['no-such-backend', 'suite', 'memory', 'redis', 'bullmq', 'nats']) assert.ok(error.message.includes(word), word);
    },
  },
  {
    id: 'M-01',
    title: "the original system's names redis_pubsub and local mean redis and memory",
    needs: ['patterns'],
    async run(context) {
      const redis = context.adapter({ type: 'redis' });
      const remote = await context.create({ event_bus: { type: 'redis_pubsub' } }, { adapters: [redis] });
      assert.equal(remote.events().isRemote, true);
      assert.equal(redis.opened.length, 1);
      const local = await context.create({ event_bus: { type: 'local' } }, { adapters: [redis] });
      assert.equal(local.events().isRemote, false);
      assert.equal(redis.opened.length, 1);
    },
  },
  {
    id: 'M-08',
    title: 'a backend without the port is refused at create, with the types that have it, and nothing is left open',
    async run(context) {
      const lacking: readonly (readonly [keyof Backend, string, object])[] = [
        ['queueStore', 'Queue', { message_queue: { type: 'bare' } }],
        ['pubSubTransport', 'PubSub', { pubsub: { type: 'bare' } }],
        ['pubSubTransport', 'EventBus', { event_bus: { type: 'bare' } }],
      ];
      for (const [face, port, config] of lacking) {
        const bare = context.adapter({ type: 'bare', change: () => ({ [face]: undefined }) });
        const error = await context.refusal('5s', config, { adapters: [bare] });
        assert.ok(error instanceof UnsupportedPortError, `${port}: ${error}`);
        for (const word of [port, 'bare', 'memory', 'redis']) assert.ok(error.message.includes(word), `${port}: ${word}`);
        assert.deepEqual([bare.opened.length, bare.closed], [1, 1]);
      }
    },
  },
];
