import assert from 'node:assert/strict';
import { PayloadError } from '@quayside/core';
import type { QueueCase } from './queue-case.js';

const limit = 8 * 1024;

/** Headers carry any text, up to 8 kB in all. */
export const headerCases: readonly QueueCase[] = [
  {
    id: 'Q-17',
    title: 'headers carry any Unicode in keys and values, empty ones too',
    async run(context) {
      const queue = context.queue();
      const headers = {
        plain: 'value',
        empty: '',
        '': 'empty key',
        'clé ключ 鍵': '👩‍👩‍👧‍👦 \u0000 \u2028 "quoted" \\ \n',
        'a:b=c;d,e{f}': 'punctuation',
      };
      await queue.publish('task', 'work', { headers });
      const [delivery] = await queue.receive();
      assert.deepEqual({ ...delivery?.message.headers }, headers);
    },
  },
  {
    id: 'Q-17',
    title: 'headers of 8 kB in all go, one byte more is refused, and nothing is written',
    async run(context) {
      const queue = context.queue();
      const fitting = { a: 'x'.repeat(limit - 4), é: 'y' };
      await assert.rejects(queue.publish('task', 'work', { headers: { ...fitting, é: 'yy' } }), PayloadError);
      assert.equal((await queue.stats()).total_published, 0);
      await queue.publish('task', 'work', { headers: fitting });
      const [delivery] = await queue.receive();
      assert.deepEqual({ ...delivery?.message.headers }, fitting);
    },
  },
  {
    id: 'Q-17',
    title: 'a header that is not text is refused',
    async run(context) {
      const queue = context.queue();
      for (const value of [1, null, undefined, {}, ['a'], Buffer.from('a')]) {
        const headers = { wrong: value } as unknown as Record<string, string>;
        await assert.rejects(queue.publish('task', 'work', { headers }), PayloadError, String(value));
      }
      assert.equal((await queue.stats()).total_published, 0);
    },
  },
];
