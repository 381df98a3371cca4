import assert from 'node:assert/strict';
import { z } from 'zod';
import { CapacityError, ConfigError, UnrecoverableError } from '#src/errors.js';
import { QueueManager } from '#src/manager/manager.js';
import { defineMessages } from '#src/message/schema.js';
import { TestClock } from '#src/time/test-clock.js';
import { fakeAdapter } from './manager-fake.js';

const config = { message_queue: { type: 'fake', queue_name: 'tasks' }, event_bus: { type: 'fake' } };

function create(more: object = {}): Promise<QueueManager> {
  return QueueManager.create({ ...config, ...more }, { env: {}, adapters: [fakeAdapter()] });
}

describe('manager: ports', () => {
  it('hands out the configured queue, others by name, and the same one each time', async () => {
    await using manager = await create();
    assert.equal(manager.queue().name, 'tasks');
    assert.equal(manager.queue(), manager.queue('tasks'));
    assert.equal(manager.queue('media').name, 'media');
    assert.equal(manager.queue('media'), manager.queue('media'));
    assert.notEqual(manager.queue('media'), manager.queue());
    assert.equal(manager.pubsub(), manager.pubsub());
    assert.equal(manager.events(), manager.events());
  });

  it('checks payloads by the definitions given, and types them', async () => {
    await using manager = await create();
    const queue = manager.queue(defineMessages({ speech: z.object({ track: z.string() }) }));
    await queue.publish('speech', { track: 'a.wav' });
    await assert.rejects(queue.publish('speech', { track: 1 as unknown as string }), { code: 'ERR_QUAYSIDE_PAYLOAD' });
    const channels = manager.pubsub(defineMessages({ started: z.object({ id: z.string() }) }));
    await assert.rejects(channels.publish('started', { id: 1 as unknown as string }), { code: 'ERR_QUAYSIDE_PAYLOAD' });
  });

  it('refuses a second setup for what is made already, and takes the same one again', async () => {
    await using manager = await create();
    const definitions = defineMessages({ a: z.string() });
    const media = manager.queue('media', { definitions, options: { concurrency: 2 } });
    assert.equal(manager.queue('media', { definitions, options: { concurrency: 2 } }), media);
    assert.throws(
      () => manager.queue('media', { definitions, options: { concurrency: 3 } }),
      /queue 'media' was asked for before with another setup/,
    );
    assert.throws(() => manager.queue('media', { options: { concurrency: 2 } }), ConfigError);
    assert.equal(manager.queue('media'), media);
    manager.pubsub();
    assert.throws(() => manager.pubsub(definitions), /pub\/sub was asked for before with another setup/);
  });

  it("gives queues the config's options, a queue's own over them", async () => {
    await using manager = await create({ message_queue: { type: 'fake', max_payload_bytes: 3 } });
    await assert.rejects(manager.queue().publish('a', 'long'), { code: 'ERR_QUAYSIDE_PAYLOAD' });
    await manager.queue('wide', { options: { maxPayloadBytes: 100 } }).publish('a', 'long');
    assert.throws(() => manager.queue('wrong', { options: { concurrency: 0 } }), /concurrency/);
  });

  it('workers bounds the handlers of the queue', async () => {
    await using manager = await create({ message_queue: { type: 'fake', workers: 2 }, stop_grace: 0 });
    let running = 0;
    manager.queue().process('a', () => {
      running++;
      return new Promise(() => {});
    });
    await manager.start();
    await manager.queue().publishBatch([1, 2, 3].map((payload) => ({ type: 'a', payload })));
    await new TestClock().settle();
    assert.equal(running, 2);
  });

  it('enable_dead_letter_queue: false discards what is exhausted', async () => {
    const fake = fakeAdapter();
    const discarding = { message_queue: { type: 'fake', enable_dead_letter_queue: false } };
    await using manager = await QueueManager.create(discarding, { env: {}, adapters: [fake] });
    manager.queue().process('a', () => {
      throw new UnrecoverableError('no');
    });
    const ended = new Promise((resolve) => manager.queue().on('settled', resolve));
    await manager.start();
    await manager.queue().publish('a', 1);
    await ended;
    assert.deepEqual(fake.settled, ['drop']);
  });

  it("workers and buffer_size bound the event bus's asynchronous handlers", async () => {
    for (const type of ['local', 'fake']) {
      await using manager = await create({ event_bus: { type, workers: 1, buffer_size: 1 }, stop_grace: 0 });
      const bus = manager.events();
      for (let handlers = 0; handlers < 2; handlers++) bus.on('a', () => new Promise(() => {}));
      bus.emit('a', 1);
      assert.throws(() => bus.emit('a', 2), CapacityError);
    }
  });

  const leftOut: readonly [string, object, (manager: QueueManager) => unknown, RegExp][] = [
    [
      'a queue',
      { message_queue: { type: 'fake', enabled: false } },
      (manager) => manager.queue(),
      /message_queue is left out\n {2}message_queue: it says enabled: false/,
    ],
    [
      'a queue without a section',
      { message_queue: undefined, event_bus: {} },
      (manager) => manager.queue(),
      /message_queue: the config has no such section/,
    ],
    ['pub/sub', { pubsub: { enabled: false } }, (manager) => manager.pubsub(), /pubsub: it says enabled: false/],
    ['an event bus', { event_bus: { enabled: false } }, (manager) => manager.events(), /event_bus: it says enabled: false/],
    [
      'an event bus without a section',
      { event_bus: undefined },
      (manager) => manager.events(),
      /event_bus: the config has no such section/,
    ],
  ];
  for (const [what, more, ask, told] of leftOut) {
    it(`refuses ${what} that is left out, naming the section`, async () => {
      await using manager = await create(more);
      assert.throws(
        () => ask(manager),
        (error) => error instanceof ConfigError && told.test(error.message),
      );
    });
  }

  it('the event bus is local for local and memory, without a backend, else remote over events of its own', async () => {
    for (const type of ['local', 'memory']) {
      await using manager = await create({ event_bus: { type } });
      assert.equal(manager.events().isRemote, false);
    }
    await using manager = await create();
    assert.equal(manager.events().isRemote, true);
    await manager.start();
    let channelEvents = 0;
    await manager.pubsub().subscribe('>', () => channelEvents++);
    await manager.events().emitAsync('model_loaded', {});
    await manager.pubsub().publish('channel', {});
    assert.equal(channelEvents, 1);
  });

  it('a remote event bus hears other processes once the manager is started, also one that is asked for later', async () => {
    const server = fakeAdapter();
    const options = { env: {}, adapters: [server] };
    await using sender = await QueueManager.create(config, options);
    for (const isAskedFirst of [true, false]) {
      await using hearer = await QueueManager.create(config, options);
      if (isAskedFirst) hearer.events();
      await hearer.start();
      const heard: unknown[] = [];
      hearer.events().on('model_loaded', ({ payload }) => heard.push(payload));
      await new TestClock().settle();
      await sender.events().emitAsync('model_loaded', 'whisper');
      await new TestClock().settle();
      assert.deepEqual(heard, ['whisper']);
    }
  });
});
