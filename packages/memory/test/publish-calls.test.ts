import assert from 'node:assert/strict';
import { publishWindow } from '@quayside/core';
import fc from 'fast-check';
import { PublishCalls } from '#src/publish-calls.js';

describe('publish calls', () => {
  it('know of each publisher exactly what ran, and what is too old to know', () => {
    const call = fc.record({ name: fc.constantFrom('a', 'b'), sequence: fc.integer({ min: 1, max: 4 * publishWindow }) });
    const property = fc.property(fc.array(call, { maxLength: 400 }), (calls) => {
      const memory = new PublishCalls();
      const ran: Record<string, Set<number>> = { a: new Set(), b: new Set() };
      for (const { name, sequence } of calls) {
        const before = ran[name] ?? new Set();
        const isTooOld = sequence < Math.max(0, ...before) - publishWindow;
        const verdict = memory.judge(name, sequence);
        assert.equal(verdict, isTooOld ? 'too-old' : before.has(sequence) ? 'repeated' : 'new');
        if (verdict !== 'new') continue;
        memory.remember(name, sequence);
        before.add(sequence);
      }
    });
    fc.assert(property, { numRuns: 300 });
  });

  it('know the newest and the oldest call of the window apart', () => {
    const memory = new PublishCalls();
    memory.remember('a', 1_000 - publishWindow);
    memory.remember('a', 1_000);
    assert.deepEqual([memory.judge('a', 1_000 - publishWindow), memory.judge('a', 1_000)], ['repeated', 'repeated']);
  });

  it('take the oldest call of the window, and refuse the one before it', () => {
    const memory = new PublishCalls();
    memory.remember('a', 1_000);
    assert.deepEqual([memory.judge('a', 1_000 - publishWindow), memory.judge('a', 1_000 - publishWindow - 1)], ['new', 'too-old']);
  });

  it('forget the publisher that was silent for longest, once there are too many', () => {
    const memory = new PublishCalls(3);
    for (const name of ['a', 'b', 'c']) memory.remember(name, 1);
    memory.remember('a', 2);
    memory.remember('d', 1);
    assert.deepEqual(memory.publishers(), ['c', 'a', 'd']);
    assert.deepEqual([memory.judge('a', 2), memory.judge('b', 1)], ['repeated', 'new']);
  });

  it('know nothing after clear, not even of the last publisher', () => {
    const memory = new PublishCalls();
    memory.remember('a', 1);
    memory.clear();
    assert.deepEqual([memory.judge('a', 1), memory.publishers()], ['new', []]);
  });
});
