import assert from 'node:assert/strict';
import {
  adapterModule,
  BACKEND,
  CLOCK,
  ConfigError,
  EVENT_BUS,
  type EventBus,
  MANAGER,
  PUBSUB,
  type PubSub,
  QUEUE,
  type Queue,
} from '@quayside/core';
import { Container, inject, injectable } from 'inversify';
import type { ManagerCase } from './manager-case.js';

/** A service as an application writes one. */
@injectable()
class Transcriber {
  readonly heard: unknown[] = [];
  readonly #queue: Queue;
  readonly #pubsub: PubSub;
  readonly #events: EventBus;

  constructor(@inject(QUEUE) queue: Queue, @inject(PUBSUB) pubsub: PubSub, @inject(EVENT_BUS) events: EventBus) {
    this.#queue = queue;
    this.#pubsub = pubsub;
    this.#events = events;
  }

  async listen(): Promise<void> {
    this.#queue.process('transcribe', ({ payload }) => this.#pubsub.publish('transcribed', payload));
    await this.#pubsub.subscribe('transcribed', ({ payload }) => void this.#events.emit('done', payload));
    this.#events.on('done', ({ payload }) => void this.heard.push(payload));
  }
}

/** The container: ports by token. */
export const containerCases: readonly ManagerCase[] = [
  {
    id: 'M-07',
    title: 'the ports are injected into a decorated service, and are those that the manager hands out',
    needs: ['queue', 'patterns'],
    async run(context) {
      const manager = await context.create({ message_queue: { type: 'suite' }, pubsub: { type: 'suite' }, event_bus: { type: 'local' } });
      manager.container.bind(Transcriber).toSelf().inSingletonScope();
      const service = manager.container.get(Transcriber);
      await service.listen();
      await manager.start();
      await manager.queue().publish('transcribe', 'a.wav');
      await context.eventually(() => service.heard.length === 1, 'the service hears its own event');
      assert.deepEqual(service.heard, ['a.wav']);
      assert.equal(manager.container.get(QUEUE), manager.queue());
      assert.equal(manager.container.get(PUBSUB), manager.pubsub());
      assert.equal(manager.container.get(EVENT_BUS), manager.events());
      assert.equal(manager.container.get(MANAGER), manager);
      assert.equal(manager.container.get(CLOCK), context.scope.time.clock);
      assert.equal(manager.container.get(BACKEND, { name: 'suite' }).type, 'suite');
    },
  },
  {
    id: 'M-07',
    title: "an application's own container is used, and is free again when the manager has stopped",
    needs: ['queue'],
    async run(context) {
      const container = new Container();
      container.bind('own').toConstantValue(42);
      const manager = await context.create({ message_queue: { type: 'suite' } }, { container });
      assert.equal(manager.container, container);
      assert.equal(container.get(QUEUE), manager.queue());
      await assert.rejects(context.create({ message_queue: { type: 'suite' } }, { container }), ConfigError);
      await context.settles('2s', manager.stop(), 'stop settles');
      assert.equal(container.isBound(QUEUE), false);
      assert.equal(container.get('own'), 42);
      const next = await context.create({ message_queue: { type: 'suite' } }, { container });
      assert.equal(container.get(QUEUE), next.queue());
    },
  },
  {
    id: 'M-07',
    title: 'two managers side by side share nothing: containers, ports, and what one stops',
    needs: ['queue'],
    async run(context) {
      const parent = new Container();
      const [first, second] = [
        await context.create({ message_queue: { type: 'suite', queue_name: 'first' } }, { container: new Container({ parent }) }),
        await context.create({ message_queue: { type: 'suite', queue_name: 'second' } }, { container: new Container({ parent }) }),
      ];
      assert.deepEqual([first.container.get(QUEUE).name, second.container.get(QUEUE).name], ['first', 'second']);
      const seen: unknown[] = [];
      second.queue().process('task', ({ payload }) => void seen.push(payload));
      await Promise.all([first.start(), second.start()]);
      await context.settles('2s', first.stop(), 'stop settles');
      await second.queue().publish('task', 'heard');
      await context.eventually(() => seen.length === 1, 'the second goes on');
      assert.equal(second.container.get(QUEUE), second.queue());
    },
  },
  {
    id: 'M-07',
    title: 'a port that the config leaves out throws its own error when it is injected',
    async run(context) {
      const manager = await context.create({ event_bus: { type: 'local' } });
      assert.equal(manager.container.get(EVENT_BUS), manager.events());
      assert.throws(() => manager.container.get(QUEUE), /message_queue/);
    },
  },
  {
    id: 'M-07',
    title: 'an adapter that the container holds can be named by a config',
    needs: ['patterns'],
    async run(context) {
      const bound = context.adapter({ type: 'bound' });
      const container = new Container();
      container.load(adapterModule(bound));
      const manager = await context.create({ pubsub: { type: 'bound' } }, { container, adapters: [] });
      const seen: unknown[] = [];
      await manager.pubsub().subscribe('channel', ({ payload }) => void seen.push(payload));
      await manager.pubsub().publish('channel', 'heard');
      await context.eventually(() => seen.length === 1, 'the event arrives');
      assert.equal(bound.opened.length, 1);
    },
  },
];
