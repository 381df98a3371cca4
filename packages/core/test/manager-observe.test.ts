import assert from 'node:assert/strict';
import type { Logger } from '#src/logger.js';
import { QueueManager } from '#src/manager/manager.js';
import type { ErrorPlace } from '#src/manager/options.js';
import { TestClock } from '#src/time/test-clock.js';
import { fakeAdapter } from './manager-fake.js';

describe('manager: statistics, health and errors', () => {
  it("tells every component's figures in the original's names, the configured queue also where nobody asked for it", async () => {
    const config = { message_queue: { type: 'fake' }, event_bus: { type: 'local' } };
    await using manager = await QueueManager.create(config, { env: {}, adapters: [fakeAdapter()] });
    const before = await manager.stats();
    assert.equal(before.queue_name, 'default');
    assert.equal(before.message_queue?.total_published, 0);
    assert.deepEqual([before.queues, before.pubsub, before.event_bus], [{}, undefined, undefined]);

    await manager.queue().publish('a', 1);
    await manager.queue('media').publish('a', 1);
    await manager.queue('media').publish('a', 2);
    await manager.pubsub().publish('c', 1);
    manager.events().emit('e', 1);
    const { message_queue, queues, pubsub, event_bus } = await manager.stats();
    assert.deepEqual([message_queue?.total_published, message_queue?.queue_length], [1, 1]);
    assert.deepEqual(Object.keys(queues), ['media']);
    assert.equal(queues.media?.queue_length, 2);
    assert.equal(pubsub?.total_published, 1);
    assert.equal(event_bus?.total_emitted, 1);
  });

  it('says per component how it is and why, and of all the worst', async () => {
    const up = fakeAdapter({ type: 'up' });
    const weak = fakeAdapter({ type: 'weak', health: async () => ({ status: 'degraded', reason: 'it evicts' }) });
    const config = { message_queue: { type: 'up' }, pubsub: { type: 'weak' }, event_bus: { type: 'local' } };
    await using manager = await QueueManager.create(config, { env: {}, adapters: [up, weak] });
    assert.deepEqual(await manager.health(), {
      status: 'degraded',
      components: {
        message_queue: { status: 'up', backend: 'up' },
        pubsub: { status: 'degraded', reason: 'it evicts', backend: 'weak' },
        event_bus: { status: 'up' },
      },
    });
  });

  it('a backend whose check fails, or does not answer within 2 s, is down; credentials are masked', async () => {
    const failing = fakeAdapter({
      type: 'failing',
      health: async () => {
        throw new Error('no route to redis://u:geheim@host');
      },
    });
    const silent = fakeAdapter({ type: 'silent', health: () => new Promise(() => {}) });
    const clock = new TestClock();
    const config = { message_queue: { type: 'failing' }, pubsub: { type: 'silent' } };
    await using manager = await QueueManager.create(config, { env: {}, adapters: [failing, silent], clock });
    const asking = manager.health();
    await clock.advance('2s');
    const { status, components } = await asking;
    assert.equal(status, 'down');
    assert.equal(components.message_queue?.reason, 'no route to redis://***@host');
    assert.equal(components.pubsub?.reason, 'not done within 2000 ms');
  });

  it('tells background errors of all components, with the place; a listener that throws harms nothing', async () => {
    const logged: unknown[] = [];
    const logger: Logger = { debug() {}, info() {}, warn() {}, error: (fields) => void logged.push(fields), child: () => logger };
    const config = { message_queue: { type: 'fake' }, event_bus: { type: 'local' } };
    await using manager = await QueueManager.create(config, { env: {}, adapters: [fakeAdapter()], logger });
    const told: [string, ErrorPlace][] = [];
    manager.on('error', () => {
      throw new Error('a bad listener');
    });
    const remove = manager.on('error', (error, where) => told.push([error.message, where]));
    manager.events().on('e', () => {
      throw new Error('from the bus');
    });
    await manager
      .events()
      .emitAsync('e', 1)
      .catch(() => {});
    const subscribed = new Promise<void>((resolve) => {
      manager.on('error', (_error, { component }) => component === 'pubsub' && resolve());
    });
    await manager.pubsub().subscribe('c', () => {
      throw new Error('from a channel');
    });
    const id = await manager.pubsub().publish('c', 1);
    await subscribed;
    assert.deepEqual(told, [
      ['from the bus', { component: 'event_bus', name: 'e' }],
      ['from a channel', { component: 'pubsub', name: 'c', id }],
    ]);
    assert(logged.length >= 2);
    remove();
    await manager
      .events()
      .emitAsync('e', 1)
      .catch(() => {});
    assert.equal(told.length, 2);
  });
});
