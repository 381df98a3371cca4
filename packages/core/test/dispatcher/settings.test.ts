import assert from 'node:assert/strict';
import { resolveDispatcherSettings } from '#src/dispatcher/settings.js';
import { ConfigError } from '#src/index.js';

describe("a dispatcher's options", () => {
  it('have defaults', () => {
    assert.deepEqual(resolveDispatcherSettings(), {
      enableRouting: true,
      enableCallbacks: true,
      statusRetentionMs: 24 * 3_600_000,
      repairIntervalMs: 60_000,
    });
  });

  it('that are wrong are told all at once, with their places', () => {
    assert.throws(
      () => resolveDispatcherSettings({ statusRetention: 0, repairInterval: '10ms' }),
      (error) => error instanceof ConfigError && error.issues.map(({ path }) => path).join() === 'statusRetention,repairInterval',
    );
    assert.throws(() => resolveDispatcherSettings({ repairInterval: 'often' }), /repairInterval/);
  });
});
