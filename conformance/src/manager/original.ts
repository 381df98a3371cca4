import assert from 'node:assert/strict';
import { join } from 'node:path';
import { ConfigError } from '@quayside/core';
import type { ManagerCase } from './manager-case.js';

/** The config of the original system, as it stands, but for the namespace. */
const original = (namespace: string) => `
namespace: ${namespace}
message_queue:
  enabled: true
  type: "redis"
  queue_name: "meeting_system"
  workers: 4
  visibility_timeout: 30
  poll_interval: 100
  max_retries: 3
  enable_dead_letter_queue: true

task_scheduler:
  enabled: true
  buffer_size: 1000
  workers: 8
  enable_delayed_tasks: true

event_bus:
  enabled: true
  type: "redis_pubsub"
  buffer_size: 1000
  workers: 4

task_dispatcher:
  enabled: true
  enable_routing: true
  enable_callbacks: true
`;

/** Whole sections: those of the original system, and those that are left out. */
export const sectionCases: readonly ManagerCase[] = [
  {
    id: 'M-02',
    title: 'the config of the original system works as it stands, from YAML and from JSON',
    needs: ['queue', 'records', 'patterns'],
    async run(context) {
      const yaml = original(context.scope.namespace);
      const sections = {
        message_queue: {
          enabled: true,
          type: 'redis',
          queue_name: 'meeting_system',
          workers: 4,
          visibility_timeout: 30,
          poll_interval: 100,
          max_retries: 3,
          enable_dead_letter_queue: true,
        },
        task_scheduler: { enabled: true, buffer_size: 1000, workers: 8, enable_delayed_tasks: true },
        event_bus: { enabled: true, type: 'redis_pubsub', buffer_size: 1000, workers: 4 },
        task_dispatcher: { enabled: true, enable_routing: true, enable_callbacks: true },
      };
      const folder = await context.folder({
        'config.yaml': yaml,
        'config.json': JSON.stringify({ namespace: context.scope.namespace, ...sections }),
      });
      for (const file of ['config.yaml', 'config.json']) {
        const redis = context.adapter({ type: 'redis' });
        const manager = await context.create(join(folder, file), { adapters: [redis] });
        const seen: unknown[] = [];
        manager.queue().process('speech_recognition', ({ payload }) => void seen.push(payload));
        manager.events().on('model_loaded', ({ payload }) => void seen.push(payload));
        await manager.start();
        await manager.queue().publish('speech_recognition', `a task of ${file}`);
        manager.events().emit('model_loaded', `an event of ${file}`);
        await context.eventually(() => seen.length === 2, 'both are handled');
        assert.deepEqual(seen.toSorted(), [`a task of ${file}`, `an event of ${file}`]);
        assert.equal(manager.queue().name, 'meeting_system');
        assert.equal(redis.opened.length, 1);
        await context.settles('2s', manager.stop(), 'stop settles');
      }
    },
  },
  {
    id: 'M-02',
    title: 'a section that is left out, or switched off, is not opened, and asking for it is a ConfigError that says so',
    needs: ['queue'],
    async run(context) {
      const manager = await context.create({
        message_queue: { type: 'suite' },
        pubsub: { enabled: false },
        event_bus: { type: 'elsewhere', enabled: false },
      });
      for (const [ask, section] of [
        [() => manager.pubsub(), 'pubsub'],
        [() => manager.events(), 'event_bus'],
      ] as const) {
        assert.throws(ask, (error) => error instanceof ConfigError && error.message.includes(section));
      }
      assert.equal(context.suite.opened.length, 1);
    },
  },
];
