import assert from 'node:assert/strict';
import { Container, inject, injectable } from 'inversify';
import type { QuaysideConfig } from '#src/config/schema.js';
import { ConfigError } from '#src/errors.js';
import { adapterModule } from '#src/manager/container.js';
import { QueueManager } from '#src/manager/manager.js';
import { BACKEND, CLOCK, EVENT_BUS, LOGGER, MANAGER, PUBSUB, QUEUE } from '#src/manager/tokens.js';
import type { EventBus } from '#src/ports/event-bus.js';
import type { PubSub } from '#src/ports/pubsub.js';
import type { Queue } from '#src/ports/queue.js';
import { systemClock } from '#src/time/clock.js';
import { fakeAdapter } from './manager-fake.js';

@injectable()
class Transcriber {
  constructor(
    @inject(QUEUE) readonly queue: Queue<{ speech: string }>,
    @inject(PUBSUB) readonly pubsub: PubSub,
    @inject(EVENT_BUS) readonly events: EventBus,
    @inject(MANAGER) readonly manager: QueueManager,
  ) {}
}

const config: QuaysideConfig = { message_queue: { type: 'fake' }, event_bus: { type: 'local' } };
const create = (container?: Container, more: QuaysideConfig = {}) =>
  QueueManager.create({ ...config, ...more }, { env: {}, adapters: [fakeAdapter()], container });

describe('manager: container', () => {
  it('injects the ports into a decorated service', async () => {
    await using manager = await create();
    manager.container.bind(Transcriber).toSelf();
    const service = manager.container.get(Transcriber);
    assert.equal(service.queue, manager.queue());
    assert.equal(service.pubsub, manager.pubsub());
    assert.equal(service.events, manager.events());
    assert.equal(service.manager, manager);
    assert.equal(manager.container.get(CLOCK), systemClock);
    assert.equal(typeof manager.container.get(LOGGER).info, 'function');
    assert.equal(manager.container.get(BACKEND, { name: 'fake' }).type, 'fake');
  });

  it("binds into the application's own container, and leaves it as it was after stop", async () => {
    const container = new Container();
    container.bind(Transcriber).toSelf();
    const manager = await create(container);
    assert.equal(container.get(Transcriber).queue, manager.queue());
    await manager.stop();
    assert.equal(container.isBound(QUEUE), false);
    assert.equal(container.isBound(Transcriber), true);
    await using again = await create(container);
    assert.equal(container.get(Transcriber).queue, again.queue());
  });

  it('two managers side by side share nothing: each in its own container, or a child of one', async () => {
    const container = new Container();
    await using one = await create(container);
    await assert.rejects(create(container), /this container has a manager already/);
    await using two = await create(new Container({ parent: container }));
    await using three = await create();
    assert.equal(one.container.get(MANAGER), one);
    assert.equal(two.container.get(MANAGER), two);
    assert.equal(new Set([one, two, three].map((manager) => manager.container.get(QUEUE))).size, 3);
  });

  it('of two that are created at once in one container one is refused, and leaves nothing open', async () => {
    const container = new Container();
    const adapters = [fakeAdapter(), fakeAdapter()];
    const creating = adapters.map((adapter) => QueueManager.create(config, { env: {}, adapters: [adapter], container }));
    const [one, other] = await Promise.allSettled(creating);
    assert(one?.status === 'fulfilled' && other?.status === 'rejected' && other.reason instanceof ConfigError);
    assert.equal(container.get(MANAGER), one.value);
    assert.deepEqual(
      adapters.map(({ opened, closed }) => [opened.length, closed]),
      [
        [1, 0],
        [1, 1],
      ],
    );
    await one.value.stop();
  });

  it('a port that is left out throws its own error when it is injected', async () => {
    await using manager = await create(undefined, { event_bus: { enabled: false } });
    manager.container.bind(Transcriber).toSelf();
    assert.throws(
      () => manager.container.get(Transcriber),
      (error) => error instanceof ConfigError && /event_bus is left out/.test(error.message),
    );
  });

  it('an adapter is a module of the container, chosen by its type', async () => {
    const container = new Container();
    const [red, blue] = [fakeAdapter({ type: 'red' }), fakeAdapter({ type: 'blue' })];
    container.load(adapterModule(red), adapterModule(blue));
    await using _ = await QueueManager.create({ message_queue: { type: 'blue' } }, { env: {}, container });
    assert.deepEqual([red.opened.length, blue.opened.length], [0, 1]);
  });
});
