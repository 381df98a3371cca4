import assert from 'node:assert/strict';
import { ConfigError, ConnectionError, UnrecoverableError } from '@quayside/core';
import { adapter } from '@quayside/memory';
import { Registry } from 'prom-client';
import { collectMetrics } from '#src/metrics.js';
import { samplesOf } from './samples.js';
import { createManager, settledTimes } from './system.js';

const ownOnly = { processMetrics: false };

describe('metrics', () => {
  it('tell what the queue counts and holds, by state and priority, also of a queue asked for later', async () => {
    await using manager = await createManager();
    const metrics = collectMetrics(manager, ownOnly);
    await manager.queue().publish('a', 1, { priority: 'high' });
    await manager.queue('media').publish('a', 1, { delay: '1h' });
    const samples = await samplesOf(metrics);
    assert.equal(samples.get('quayside_messages_published_total{queue="tasks"}'), 1);
    assert.equal(samples.get('quayside_messages{queue="tasks",state="waiting",priority="high"}'), 1);
    assert.equal(samples.get('quayside_messages{queue="tasks",state="waiting",priority="low"}'), 0);
    assert.equal(samples.get('quayside_messages{queue="media",state="delayed"}'), 1);
    assert.equal(samples.get('quayside_queue_paused{queue="tasks"}'), 0);
    await manager.queue().pause();
    assert.equal((await samplesOf(metrics)).get('quayside_queue_paused{queue="tasks"}'), 1);
  });

  it('tell the same figure at a second scrape, not twice as much', async () => {
    await using manager = await createManager();
    const metrics = collectMetrics(manager, ownOnly);
    await manager.queue().publish('a', 1);
    await samplesOf(metrics);
    assert.equal((await samplesOf(metrics)).get('quayside_messages_published_total{queue="tasks"}'), 1);
  });

  it('tell how attempts of this process ended and how long they took', async () => {
    await using manager = await createManager();
    const metrics = collectMetrics(manager, ownOnly);
    const queue = manager.queue();
    queue.process('good', () => 'done');
    queue.process('bad', () => {
      throw new UnrecoverableError('never');
    });
    let isFirst = true;
    queue.process('again', () => {
      if (!isFirst) return;
      isFirst = false;
      throw new Error('once more');
    });
    const settled = settledTimes(manager, 4);
    await manager.start();
    for (const type of ['good', 'bad', 'again']) await queue.publish(type, 1);
    await settled;
    const samples = await samplesOf(metrics);
    const settlements = (type: string, outcome: string) =>
      samples.get(`quayside_settlements_total{queue="tasks",type="${type}",outcome="${outcome}"}`);
    assert.deepEqual(
      [settlements('good', 'complete'), settlements('bad', 'dead'), settlements('again', 'retry'), settlements('again', 'complete')],
      [1, 1, 1, 1],
    );
    const runs = (type: string, outcome: string) =>
      samples.get(`quayside_handler_duration_seconds_count{queue="tasks",type="${type}",outcome="${outcome}"}`);
    assert.deepEqual([runs('good', 'returned'), runs('bad', 'threw'), runs('again', 'threw'), runs('again', 'returned')], [1, 1, 1, 1]);
    assert.equal(samples.get('quayside_message_age_seconds_count{queue="tasks",type="again"}'), 1, 'the age of a first attempt only');
    assert.equal(samples.get('quayside_handlers_running{queue="tasks"}'), 0);
    assert.equal(samples.get('quayside_messages_dead_lettered_total{queue="tasks"}'), 1);
  });

  it('count running handlers while they run', async () => {
    await using manager = await createManager();
    const metrics = collectMetrics(manager, ownOnly);
    let end: () => void = () => {};
    const begun = new Promise<void>((resolve) => {
      manager.queue().process('long', () => {
        resolve();
        return new Promise<void>((over) => {
          end = over;
        });
      });
    });
    await manager.start();
    await manager.queue().publish('long', 1);
    await begun;
    assert.equal((await samplesOf(metrics)).get('quayside_handlers_running{queue="tasks"}'), 1);
    end();
  });

  it('tell how publishes ended', async () => {
    await using manager = await createManager();
    const metrics = collectMetrics(manager, ownOnly);
    const queue = manager.queue();
    queue.use({
      publish: async (message, next) => {
        if (message.type === 'lost') throw new ConnectionError('the reply was lost', { outcome: 'unknown', ids: [message.id] });
        return next(message);
      },
    });
    await queue.publish('a', 1, { id: 'same' });
    await queue.publish('a', 1, { id: 'same' });
    await assert.rejects(queue.publish('lost', 1));
    const samples = await samplesOf(metrics);
    const count = (outcome: string) => samples.get(`quayside_publish_duration_seconds_count{queue="tasks",outcome="${outcome}"}`);
    assert.deepEqual([count('stored'), count('deduplicated'), count('unknown')], [1, 1, 1]);
  });

  it('tell events, schedules and tasks', async () => {
    await using manager = await createManager();
    const metrics = collectMetrics(manager, ownOnly);
    const received = new Promise<void>((resolve) => void manager.pubsub().subscribe('room.*', () => resolve()));
    const ran = new Promise<void>((resolve) => manager.scheduler().on('ended', () => resolve()));
    manager.scheduler().process('report', () => {});
    manager.dispatcher().process('analyse', () => 1);
    manager.events().on('model_loaded', () => {});
    await manager.start();
    await manager.pubsub().publish('room.1', 1);
    manager.events().emit('model_loaded', 1);
    await manager.scheduler().schedule('report', 1, { delay: 0 });
    const task = await manager.dispatcher().dispatch('analyse', 1);
    await Promise.all([received, ran, task.result()]);
    const samples = await samplesOf(metrics);
    assert.equal(samples.get('quayside_events_published_total'), 1);
    assert.equal(samples.get('quayside_events_received_total'), 1);
    assert.equal(samples.get('quayside_channels'), 1);
    assert.equal(samples.get('quayside_bus_events_emitted_total'), 1);
    assert.equal(samples.get('quayside_bus_event_types'), 1);
    assert.equal(samples.get('quayside_scheduled_runs_ended_total{outcome="completed"}'), 1);
    assert.equal(samples.get('quayside_schedule_lateness_seconds_count'), 1);
    assert.equal(samples.get('quayside_tasks_dispatched_total{route="default"}'), 1);
    assert.equal(samples.get('quayside_tasks{state="completed"}'), 1);
  });

  it('tell the health of each component, and leave the statistics out where they can not be read', async () => {
    const dead = { ...adapter, open: async (...args: Parameters<typeof adapter.open>) => ({ ...(await openBroken(...args)) }) };
    await using manager = await createManager({ adapters: [dead] });
    const metrics = collectMetrics(manager, ownOnly);
    manager.queue();
    const samples = await samplesOf(metrics);
    assert.equal(samples.get('quayside_component_health{component="message_queue",backend="memory"}'), 0);
    assert.equal(samples.get('quayside_component_health{component="event_bus",backend="none"}'), 1);
    assert.equal(samples.get('quayside_scrape_failures_total'), 1);
    assert.deepEqual(
      [...samples.keys()].filter((name) => name.startsWith('quayside_messages')),
      [],
    );
  });

  it('bound the types that are told: what a publisher makes up is one series', async () => {
    await using manager = await createManager();
    const metrics = collectMetrics(manager, ownOnly);
    manager.queue().process('*', () => {});
    const settled = settledTimes(manager, 300);
    await manager.start();
    for (let n = 0; n < 300; n++) void manager.queue().publish(`made-up-${n}`, 1);
    await settled;
    const names = [...(await samplesOf(metrics)).keys()].filter((name) => name.startsWith('quayside_settlements_total'));
    assert.equal(names.length, 201);
    assert.ok(names.some((name) => name.includes('type="(other)"')));
  });

  it('take a prefix, labels and a registry of the application', async () => {
    await using manager = await createManager();
    const registry = new Registry();
    const metrics = collectMetrics(manager, { registry, prefix: 'mq_', labels: { service: 'ai' } });
    await manager.queue().publish('a', 1);
    const samples = await samplesOf(metrics);
    assert.equal(metrics.registry, registry);
    assert.equal(samples.get('mq_messages_published_total{queue="tasks",service="ai"}'), 1);
    assert.ok(
      [...samples.keys()].some((name) => name.startsWith('nodejs_eventloop_lag_seconds')),
      "the process's own",
    );
  });

  it('are refused for a queue that runs already, and add nothing to ports after they stopped', async () => {
    await using manager = await createManager();
    const metrics = collectMetrics(manager, ownOnly);
    metrics.stop();
    await manager.queue().publish('a', 1);
    assert.equal((await samplesOf(metrics)).get('quayside_publish_duration_seconds_count{queue="tasks",outcome="stored"}'), undefined);
    await manager.start();
    assert.throws(() => collectMetrics(manager, ownOnly), ConfigError);
  });
});

/** A backend whose server has gone: its health is down, and its statistics can't be read. */
async function openBroken(...[options, context]: Parameters<typeof adapter.open>) {
  const backend = await adapter.open(options, context);
  const queueStore = (name: string) =>
    Object.assign(Object.create(backend.queueStore?.(name) ?? null), {
      stats: () => Promise.reject(new ConnectionError('the server is away', { outcome: 'not-published' })),
    });
  return {
    type: backend.type,
    queueStore,
    recordStore: backend.recordStore?.bind(backend),
    pubSubTransport: backend.pubSubTransport?.bind(backend),
    health: async () => ({ status: 'down' as const, reason: 'the server is away' }),
    close: () => backend.close(),
  };
}
