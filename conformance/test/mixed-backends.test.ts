import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { ConfigError, type QuaysideConfig, QueueManager } from '@quayside/core';
import { type NatsServer, type RedisServer, startNats, startRedis, talkToRedis } from '#src/servers/index.js';
import { waitUntil } from '#src/servers/wait-until.js';

/** No grace, and the second that stop may take beyond it, on a busy machine. */
const stopBoundMs = 2000;

describe('one manager over Redis, BullMQ and NATS', () => {
  let redis: RedisServer;
  let nats: NatsServer;
  let manager: QueueManager;

  const configFor = (over: QuaysideConfig = {}): QuaysideConfig => ({
    message_queue: { type: 'redis', queue_name: 'tasks' },
    pubsub: { type: 'nats' },
    event_bus: { type: 'nats' },
    task_scheduler: { type: 'bullmq' },
    task_dispatcher: { type: 'redis' },
    backends: {
      redis: { url: redis.url, key_prefix: randomUUID() },
      bullmq: { url: redis.url, prefix: randomUUID() },
      nats: { servers: nats.url },
    },
    ...over,
  });

  beforeEach(async () => {
    [redis, nats] = await Promise.all([startRedis({ appendFsync: 'no' }), startNats({ config: [] })]);
    manager = await QueueManager.create(configFor(), { env: {} });
  });
  afterEach(async () => {
    await manager.stop({ graceMs: 0 });
    await Promise.all([redis.stop(), nats.stop()]);
  });

  it('takes work through all five ports: a schedule dispatches a task, whose handler tells channels and events', async () => {
    const seen: unknown[] = [];
    manager.scheduler().process('begin', async ({ payload }) => {
      const task = await manager.dispatcher().dispatch('double', payload);
      seen.push(await task.result());
    });
    manager.queue().process('double', async ({ payload }) => {
      await manager.pubsub().publish('doubled', payload);
      await manager.events().emitAsync('doubled', payload);
      return 2 * Number(payload);
    });
    await manager.pubsub().subscribe('doubled', ({ payload }) => void seen.push(`channel ${payload}`));
    manager.events().on('doubled', ({ payload }) => void seen.push(`event ${payload}`));
    await manager.start();
    await manager.scheduler().schedule('begin', 21, { delay: 100 });
    await waitUntil('the result, the channel and the event', async () => seen.length === 3);
    assert.deepEqual(new Set(seen), new Set([42, 'channel 21', 'event 21']));
    await waitUntil('the run and the task are counted', async () => {
      const [tasks, runs] = await Promise.all([manager.queue().stats(), manager.scheduler().stats()]);
      return tasks.total_processed === 1 && runs.completed_tasks === 1;
    });
  });

  it('tells the health of each port by its backend, and stops in its bound, with one of the servers dead', async () => {
    await manager.start();
    const told = async () =>
      Object.entries((await manager.health()).components)
        .map(([port, { backend, status }]) => `${port} ${backend} ${status}`)
        .sort();
    const expected = (ofNats: string) => [
      `event_bus nats ${ofNats}`,
      'message_queue redis up',
      `pubsub nats ${ofNats}`,
      'task_dispatcher redis up',
      'task_scheduler bullmq up',
    ];
    assert.deepEqual(await told(), expected('up'));
    await nats.control?.kill();
    await waitUntil('NATS is told as down', async () => (await told()).includes('pubsub nats down'));
    assert.deepEqual(await told(), expected('down'));
    await manager.queue().publish('kept', 1);
    assert.equal((await manager.queue().stats()).total_published, 1);
    const begun = performance.now();
    await manager.stop({ graceMs: 0 });
    assert.ok(performance.now() - begun < stopBoundMs, 'stop settles');
  });

  it('has as many connections with fifty more queues, channels and schedules as before', async () => {
    const useAll = async (index: number) => {
      await manager.queue(`queue-${index}`).publish('task', index);
      await manager.pubsub().subscribe(`channel.${index}`, () => undefined);
      await manager.scheduler().schedule('later', index, { delay: '1h' });
    };
    const connections = async () => /connected_clients:(\d+)/.exec(await talkToRedis(redis, 'INFO clients'))?.[1];
    await manager.start();
    await useAll(0);
    const before = await connections();
    assert.ok(Number(before) > 2);
    for (let index = 1; index <= 50; index++) await useAll(index);
    assert.equal(await connections(), before);
  });

  it('refuses a wrong option of one backend by its path, whatever the others are', async () => {
    const config = configFor();
    const wrong = { ...config, backends: { ...config.backends, bullmq: { url: redis.url, prefix: 7 } } };
    await assert.rejects(
      async () => QueueManager.create(wrong as QuaysideConfig, { env: {} }),
      (error) => error instanceof ConfigError && error.message.includes('backends.bullmq.prefix'),
    );
  });
});
