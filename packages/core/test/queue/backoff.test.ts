import assert from 'node:assert/strict';
import { backoffMs } from '#src/queue/backoff.js';

describe('backoff', () => {
  it('doubles from the first retry on, up to the cap', () => {
    const backoff = { type: 'exponential', delay: 100, maxDelay: 500, jitter: 'none' } as const;
    assert.deepEqual(
      [1, 2, 3, 4, 5].map((retry) => backoffMs(backoff, retry, undefined, () => 0)),
      [100, 200, 400, 500, 500],
    );
  });

  it('stays the same where it is fixed', () => {
    const backoff = { type: 'fixed', delay: '2s', jitter: 'none' } as const;
    assert.deepEqual([backoffMs(backoff, 1, undefined, () => 0), backoffMs(backoff, 9, undefined, () => 0)], [2000, 2000]);
  });

  it('draws full jitter from nothing to all, equal jitter from its half on', () => {
    const full = { type: 'fixed', delay: 1000, jitter: 'full' } as const;
    const equal = { type: 'fixed', delay: 1000, jitter: 'equal' } as const;
    assert.deepEqual([backoffMs(full, 1, undefined, () => 0), backoffMs(full, 1, undefined, () => 0.5)], [0, 500]);
    assert.deepEqual([backoffMs(equal, 1, undefined, () => 0), backoffMs(equal, 1, undefined, () => 0.5)], [500, 750]);
  });

  it('asks a function with the retry and the error', () => {
    const error = new Error('busy');
    const asked: unknown[] = [];
    const backoff = (retry: number, thrown: unknown) => {
      asked.push(retry, thrown);
      return '3s';
    };
    assert.equal(
      backoffMs(backoff, 2, error, () => 0),
      3000,
    );
    assert.deepEqual(asked, [2, error]);
  });
});
