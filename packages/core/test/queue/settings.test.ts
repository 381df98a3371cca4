import assert from 'node:assert/strict';
import { ConfigError, type QueueOptions } from '#src/index.js';
import { resolveSettings } from '#src/queue/settings.js';

describe('queue settings', () => {
  it('have a default for everything', () => {
    const { concurrency, visibilityTimeoutMs, maxRetries, publishTimeoutMs, priorityPolicy } = resolveSettings();
    assert.deepEqual(
      { concurrency, visibilityTimeoutMs, maxRetries, publishTimeoutMs, priorityPolicy },
      { concurrency: 4, visibilityTimeoutMs: 30_000, maxRetries: 3, publishTimeoutMs: 5_000, priorityPolicy: 'strict' },
    );
  });

  it('tell everything that is wrong at once, by its name', () => {
    const wrong = {
      concurrency: 0,
      visibilityTimeout: 'soon',
      maxRetries: -1,
      backoff: { type: 'linear', delay: '1s' },
      priorityPolicy: { weighted: { critical: 1, high: 1, normal: 1, low: 0 } },
    } as unknown as QueueOptions;
    assert.throws(
      () => resolveSettings(wrong),
      (error: ConfigError) => {
        assert.ok(error instanceof ConfigError);
        const paths = error.issues.map(({ path }) => path).toSorted();
        assert.deepEqual(paths, ['backoff', 'concurrency', 'maxRetries', 'priorityPolicy.weighted.low', 'visibilityTimeout']);
        return true;
      },
    );
  });

  for (const backoff of [{ type: 'fixed', jitter: 'some' }, { type: 'fixed', delay: -1 }, 'fast', null]) {
    it(`refuse the backoff ${JSON.stringify(backoff)}`, () => {
      assert.throws(() => resolveSettings({ backoff } as unknown as QueueOptions), ConfigError);
    });
  }
});
