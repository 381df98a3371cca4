import assert from 'node:assert/strict';
import type { QueueCase } from './queue-case.js';

/** A claim gives one worker the message for a time, and takes it back when the worker is gone. */
export const leaseCases: readonly QueueCase[] = [
  {
    id: 'Q-22',
    title: 'a worker that vanishes: its message is redelivered after visibilityTimeout, within one second, as attempt 2',
    async run(context) {
      const gate = context.gate();
      const [first, second] = [context.recorder(() => gate.opened), context.recorder()];
      const [crashing, surviving] = [context.queue({ visibilityTimeout: '1s' }), context.queue({ visibilityTimeout: '1s' })];
      crashing.process('task', first.handle);
      surviving.process('task', second.handle);
      await crashing.publish('task', 'work');
      await crashing.start();
      await context.eventually(() => first.starts.length === 1, 'the first worker starts the message');
      context.crash(crashing);
      await surviving.start();
      await context.within('2s', () => second.starts.length === 1, 'the second worker is given it');
      assert.equal(second.starts[0]?.attempt, 2);
    },
  },
];
