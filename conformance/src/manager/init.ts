import assert from 'node:assert/strict';
import {
  ConfigError,
  ConnectionError,
  getGlobalQueueManager,
  hasGlobalQueueManager,
  initializeGlobalQueueSystem,
  initializeQueueSystem,
  type ManagerOptions,
  publishSystemEvent,
  publishTask,
  registerCommonHandlers,
  scheduleDelayedTask,
  setGlobalQueueManager,
  shutdownQueueSystem,
} from '@quayside/core';
import type { ManagerContext } from './context.js';
import type { ManagerCase } from './manager-case.js';

/** The process-wide manager, and the original system's helpers. */
export const initCases: readonly ManagerCase[] = inTurn([
  {
    id: 'M-06',
    title: 'the global manager: an error while unset, set, replaced, answered as it was set',
    async run(context) {
      assert.equal(hasGlobalQueueManager(), false);
      assert.throws(() => getGlobalQueueManager(), ConfigError);
      const [first, second] = [
        await context.create({ event_bus: { type: 'local' } }),
        await context.create({ event_bus: { type: 'local' } }),
      ];
      assert.equal(setGlobalQueueManager(first), undefined);
      assert.equal(getGlobalQueueManager(), first);
      assert.equal(setGlobalQueueManager(second), first);
      assert.equal(getGlobalQueueManager(), second);
      assert.equal(first.events().emit('still.running', 1), 0);
      assert.equal(setGlobalQueueManager(undefined), second);
      assert.throws(() => getGlobalQueueManager(), ConfigError);
    },
  },
  {
    id: 'M-06',
    title: 'the init helpers create, start, hand out, publish, schedule and shut down a whole system',
    needs: ['queue', 'patterns', 'records'],
    async run(context) {
      const config = {
        namespace: context.scope.namespace,
        message_queue: { type: 'suite' },
        task_scheduler: { type: 'suite' },
        pubsub: { type: 'suite' },
        event_bus: { type: 'local' },
      };
      const manager = await initializeGlobalQueueSystem(config, optionsOf(context));
      context.stopAtEnd(manager);
      assert.equal(getGlobalQueueManager(), manager);
      await assert.rejects(initializeGlobalQueueSystem(config, optionsOf(context)), ConfigError);
      assert.equal(getGlobalQueueManager(), manager);

      const seen: string[] = [];
      const remove = await registerCommonHandlers({
        tasks: { speech_recognition: ({ payload }) => void seen.push(`task ${payload}`) },
        scheduled: { room_cleanup: ({ payload }) => void seen.push(`cleanup ${payload}`) },
        channels: { 'meeting.*': ({ channel, payload }) => void seen.push(`${channel} ${payload}`) },
        events: { model_loaded: ({ payload }) => void seen.push(`event ${payload}`) },
        systemEvents: { config_changed: ({ data }) => void seen.push(`system ${data}`) },
      });
      await publishTask('speech_recognition', 1);
      await manager.pubsub().publish('meeting.started', 2);
      manager.events().emit('model_loaded', 3);
      await publishSystemEvent('config_changed', 4);
      await context.eventually(() => seen.length === 4, 'each is handled');
      assert.deepEqual(seen.toSorted(), ['event 3', 'meeting.started 2', 'system 4', 'task 1']);

      await scheduleDelayedTask('room_cleanup', 5, '400ms');
      assert.equal(seen.length, 4);
      await context.within('3s', () => seen.length === 5, 'the delayed task is handled');
      assert.equal(seen[4], 'cleanup 5');

      await remove();
      await manager.pubsub().publish('meeting.ended', 6);
      assert.equal(manager.events().emit('model_loaded', 7), 0);
      const report = await context.settles('3s', shutdownQueueSystem(), 'the shutdown settles');
      assert.deepEqual(report, { drained: 0, aborted: 0, released: 0 });
      assert.equal(hasGlobalQueueManager(), false);
      assert.equal(context.suite.closed, 1);
      assert.equal(seen.length, 5);
      assert.equal(await shutdownQueueSystem(), undefined);
    },
  },
  {
    id: 'M-06',
    title: 'a system that cannot be initialised leaves nothing open, and the next try may succeed',
    needs: ['patterns'],
    async run(context) {
      let isDown = true;
      const adapter = context.adapter({
        before: async () => {
          if (isDown) throw new ConnectionError('not there yet');
        },
      });
      const config = { namespace: context.scope.namespace, pubsub: { type: 'suite' } };
      const options = { ...optionsOf(context), adapters: [adapter] };
      await assert.rejects(initializeGlobalQueueSystem(config, options), ConnectionError);
      await assert.rejects(initializeQueueSystem(config, options), ConnectionError);
      assert.equal(hasGlobalQueueManager(), false);
      isDown = false;
      const manager = await initializeGlobalQueueSystem(config, options);
      context.stopAtEnd(manager);
      assert.equal((await manager.health()).status, 'up');
    },
  },
]);

function optionsOf(context: ManagerContext): ManagerOptions {
  const { logger, time } = context.scope;
  return { adapters: [context.suite], clock: time.clock, logger, env: {} };
}

/** The global manager is one for all cases of this process, which may run side by side. Each finds it unset. */
function inTurn(cases: readonly ManagerCase[]): readonly ManagerCase[] {
  let before: Promise<void> = Promise.resolve();
  return cases.map((row) => ({
    ...row,
    run(context) {
      const run = before
        .then(() => row.run(context))
        .finally(() => {
          setGlobalQueueManager(undefined);
        });
      before = run.catch(() => undefined);
      return run;
    },
  }));
}
