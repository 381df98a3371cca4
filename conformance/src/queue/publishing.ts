import assert from 'node:assert/strict';
import type { QueueCase } from './queue-case.js';

/** A message is delivered once, as it was published. */
export const publishingCases: readonly QueueCase[] = [
  {
    id: 'Q-01',
    title: 'a published message is delivered once to one handler, with all that was published',
    async run(context) {
      const queue = context.queue();
      const seen = context.recorder();
      queue.process('greet', seen.handle);
      const before = context.now();
      const { id, isDeduplicated } = await queue.publish(
        'greet',
        { name: 'Ada', times: 3 },
        { priority: 'high', headers: { trace: 'a-1', empty: '' } },
      );
      assert.equal(isDeduplicated, false);
      await queue.start();
      await context.eventually(() => seen.ended.length === 1, 'the message is handled');
      const [start] = seen.starts;
      assert.ok(start !== undefined);
      const { publishedAt, ...rest } = start.message;
      assert.deepEqual(rest, {
        id,
        type: 'greet',
        payload: { name: 'Ada', times: 3 },
        priority: 'high',
        headers: { trace: 'a-1', empty: '' },
        redriveCount: 0,
      });
      assert.ok(publishedAt >= before && publishedAt <= context.now(), `published at ${publishedAt}`);
      assert.equal(start.attempt, 1);
      await queue.publish('greet', 'marker');
      await context.eventually(() => seen.payloads.includes('marker'), 'the marker is handled');
      assert.equal(seen.startsOf(id).length, 1);
    },
  },
];
