import assert from 'node:assert/strict';
import { createTestManager } from '#src/testing/test-manager.js';
import { TestClock } from '#src/time/test-clock.js';
import { fakeAdapter } from './manager-fake.js';

const production = {
  message_queue: { type: 'redis', connection: { url: '$' + '{REDIS_URL}' } },
  event_bus: { type: 'nats' },
  task_scheduler: {},
  backends: { nats: { servers: '$' + '{NATS_URL}' } },
};

describe('createTestManager', () => {
  it('puts every section in memory on one clock, needing no variable and no server', async () => {
    const memory = fakeAdapter({ type: 'memory' });
    const { manager, clock } = await createTestManager(production, { adapters: [memory] });
    assert.deepEqual(memory.opened, [{}]);
    assert.equal(memory.contexts[0]?.clock, clock);
    assert.equal(manager.events().isRemote, false);
    await manager.stop();
  });

  it('takes a clock of the test, and variables where they are given', async () => {
    const mine = new TestClock();
    const config = { message_queue: { type: 'redis', queue_name: '$' + '{NAME}' } };
    const { manager, clock } = await createTestManager(config, {
      adapters: [fakeAdapter({ type: 'memory' })],
      clock: mine,
      env: { NAME: 'tasks', QUAYSIDE_TYPE: 'redis' },
    });
    assert.equal(clock, mine);
    assert.equal(manager.queue().name, 'tasks');
    await manager.stop();
  });

  it('hears nothing of the environment of the process', async () => {
    process.env.QUAYSIDE_MESSAGE_QUEUE__QUEUE_NAME = 'outside';
    try {
      const { manager } = await createTestManager(production, { adapters: [fakeAdapter({ type: 'memory' })] });
      assert.equal(manager.queue().name, 'default');
      await manager.stop();
    } finally {
      delete process.env.QUAYSIDE_MESSAGE_QUEUE__QUEUE_NAME;
    }
  });
});
