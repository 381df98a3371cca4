import assert from 'node:assert/strict';
import { ClosedError, ConfigError } from '#src/errors.js';
import { registerCommonHandlers } from '#src/manager/common-handlers.js';
import { getGlobalQueueManager, hasGlobalQueueManager, setGlobalQueueManager } from '#src/manager/global.js';
import {
  initializeGlobalQueueSystem,
  initializeQueueSystem,
  publishTask,
  scheduleDelayedTask,
  shutdownQueueSystem,
} from '#src/manager/init.js';
import { publishSystemEvent, type SystemEvent } from '#src/manager/system-events.js';
import { fakeAdapter } from './manager-fake.js';

const config = { message_queue: { type: 'fake' }, event_bus: { type: 'local' } };
const options = () => ({ env: {}, adapters: [fakeAdapter()] });

describe('manager: the global instance and the helpers', () => {
  afterEach(() => shutdownQueueSystem());

  it('asking for the global manager before there is one is a clear error', async () => {
    assert.equal(hasGlobalQueueManager(), false);
    assert.throws(
      () => getGlobalQueueManager(),
      (error) => error instanceof ConfigError && /initializeGlobalQueueSystem\(config\) first/.test(error.message),
    );
    await assert.rejects(publishTask('a', 1), ConfigError);
    assert.equal(await shutdownQueueSystem(), undefined);
  });

  it('initializeGlobalQueueSystem creates, starts and sets it; a second one is refused, also at the same time', async () => {
    const [first, second] = await Promise.allSettled([
      initializeGlobalQueueSystem(config, options()),
      initializeGlobalQueueSystem(config, options()),
    ]);
    assert(first.status === 'fulfilled');
    assert.equal(getGlobalQueueManager(), first.value);
    assert(second.status === 'rejected' && second.reason instanceof ConfigError);
    await assert.rejects(initializeGlobalQueueSystem(config, options()), /there is a global queue manager already/);
  });

  it('a failed initializeGlobalQueueSystem can be repeated', async () => {
    await assert.rejects(initializeGlobalQueueSystem({ message_queue: { type: 'none' } }, options()), ConfigError);
    const manager = await initializeGlobalQueueSystem(config, options());
    assert.equal(getGlobalQueueManager(), manager);
  });

  it('setGlobalQueueManager replaces and answers the one before, still running', async () => {
    await using one = await initializeQueueSystem(config, options());
    await using two = await initializeQueueSystem(config, options());
    assert.equal(setGlobalQueueManager(one), undefined);
    assert.equal(setGlobalQueueManager(two), one);
    await one.queue().publish('a', 1);
    assert.equal(setGlobalQueueManager(undefined), two);
  });

  it('shutdownQueueSystem stops and unsets it', async () => {
    const manager = await initializeGlobalQueueSystem(config, options());
    assert.deepEqual(await shutdownQueueSystem(), { drained: 0, aborted: 0, released: 0 });
    assert.equal(hasGlobalQueueManager(), false);
    assert.throws(() => manager.queue(), ClosedError);
  });

  it('registers all handlers of a service in one call, and removes them all', async () => {
    const manager = await initializeGlobalQueueSystem(config, options());
    const seen: string[] = [];
    const arrived: (() => void)[] = [];
    const note = (what: string) => {
      seen.push(what);
      for (const resolve of arrived.splice(0)) resolve();
    };
    const until = async (count: number) => {
      while (seen.length < count) await new Promise<void>((resolve) => arrived.push(resolve));
    };
    const remove = await registerCommonHandlers({
      tasks: { speech: ({ payload }) => note(`task ${String(payload)}`) },
      channels: { 'meeting.*': ({ channel }) => note(`channel ${channel}`) },
      events: { model_loaded: ({ name }) => note(`event ${name}`) },
      systemEvents: { config_changed: ({ data }) => note(`system ${String(data)}`), '*': ({ type }) => note(`other ${type}`) },
    });
    await publishTask('speech', 'a.wav');
    await manager.pubsub().publish('meeting.started', 1);
    await manager.events().emitAsync('model_loaded', 1);
    await publishSystemEvent('config_changed', 7);
    await publishSystemEvent('constructor');
    await until(5);
    assert.deepEqual(seen.sort(), ['channel meeting.started', 'event model_loaded', 'other constructor', 'system 7', 'task a.wav']);
    await remove();
    assert.equal(manager.events().stats().event_type_count, 0);
    assert.equal(manager.pubsub().stats().channel_count, 0);
    manager.queue().process('speech', () => note('free again'));
    await until(5);
  });

  it('registers none where one can not be', async () => {
    const manager = await initializeGlobalQueueSystem(config, options());
    manager.queue().process('taken', () => {});
    const handlers = { events: { a: () => {} }, channels: { b: () => {} }, tasks: { c: () => {}, taken: () => {} } };
    await assert.rejects(registerCommonHandlers(handlers), ConfigError);
    assert.equal(manager.events().stats().event_type_count, 0);
    assert.equal(manager.pubsub().stats().channel_count, 0);
    manager.queue().process('c', () => {});
  });

  it('publishes a system event as data of a type', async () => {
    const manager = await initializeGlobalQueueSystem(config, options());
    const heard = new Promise<SystemEvent>((resolve) => {
      void registerCommonHandlers({ systemEvents: { model_loaded: resolve } }).then(() =>
        publishSystemEvent('model_loaded', { name: 'whisper' }, { manager }),
      );
    });
    assert.deepEqual(await heard, { type: 'model_loaded', data: { name: 'whisper' } });
  });

  it('scheduleDelayedTask asks the scheduler, which must not be left out', async () => {
    await using manager = await initializeQueueSystem(config, options());
    await assert.rejects(scheduleDelayedTask('cleanup', { room: 1 }, '5m', { manager }), /task_scheduler is left out/);
  });
});
