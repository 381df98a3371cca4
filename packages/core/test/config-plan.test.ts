import assert from 'node:assert/strict';
import { planBackends } from '#src/config/plan.js';
import { readConfig } from '#src/config/read.js';
import type { QuaysideConfig } from '#src/config/schema.js';

async function plan(config: QuaysideConfig) {
  const written = await readConfig(config, { env: {} });
  return planBackends(written).map(({ type, options, sections, typePath, placeOf }) => ({ type, options, sections, typePath, placeOf }));
}

const shape = (plans: Awaited<ReturnType<typeof plan>>) => plans.map(({ type, options, sections }) => [type, options, sections.join(' ')]);

describe('config: which backends are opened', () => {
  it('one for all sections of one type, by any of its names', async () => {
    const plans = await plan({
      message_queue: { type: 'redis' },
      event_bus: { type: 'redis_pubsub' },
      task_scheduler: {},
      task_dispatcher: {},
      backends: { redis_pubsub: { url: 'r' } },
    });
    assert.deepEqual(shape(plans), [['redis', { url: 'r' }, 'messageQueue pubsub eventBus taskScheduler taskDispatcher']]);
  });

  it('none for a local event bus, nor for what is left out', async () => {
    assert.deepEqual(await plan({ event_bus: { type: 'local' } }), []);
    assert.deepEqual(await plan({ event_bus: {} }), []);
    assert.deepEqual(await plan({ message_queue: { type: 'redis', enabled: false } }), []);
    assert.deepEqual(shape(await plan({ message_queue: { type: 'redis' }, pubsub: { enabled: false } })), [['redis', {}, 'messageQueue']]);
  });

  it('pub/sub without a type is on that of a remote event bus, else on that of the queue', async () => {
    assert.deepEqual(shape(await plan({ message_queue: { type: 'redis' }, event_bus: { type: 'nats' } })), [
      ['redis', {}, 'messageQueue'],
      ['nats', {}, 'pubsub eventBus'],
    ]);
    assert.deepEqual(shape(await plan({ message_queue: { type: 'redis' }, event_bus: { type: 'local' } })), [
      ['redis', {}, 'messageQueue pubsub'],
    ]);
    assert.deepEqual(shape(await plan({ message_queue: { type: 'redis' }, event_bus: { type: 'nats', enabled: false } })), [
      ['redis', {}, 'messageQueue pubsub'],
    ]);
  });

  it("a section's own connection overrides the shared options; one that takes another's type takes its connection too", async () => {
    const plans = await plan({
      message_queue: { type: 'redis', connection: { db: 1 } },
      task_scheduler: {},
      task_dispatcher: { type: 'redis' },
      backends: { redis: { url: 'r', db: 0 } },
    });
    assert.deepEqual(shape(plans), [
      ['redis', { url: 'r', db: 1 }, 'messageQueue pubsub taskScheduler'],
      ['redis', { url: 'r', db: 0 }, 'taskDispatcher'],
    ]);
  });

  it('knows where each option stands, and where a missing one would', async () => {
    const [queue] = await plan({ message_queue: { type: 'redis', connection: { db: 1 } }, backends: { redis: { url: 'r' } } });
    assert.deepEqual(queue?.placeOf('db'), ['messageQueue', 'connection']);
    assert.deepEqual(queue?.placeOf('url'), ['backends', 'redis']);
    assert.deepEqual(queue?.placeOf('missing'), ['backends', 'redis']);
    assert.deepEqual(queue?.typePath, ['messageQueue', 'type']);
  });
});
