import assert from 'node:assert/strict';
import { ConfigError, silentLogger, systemClock } from '@quayside/core';
import { adapter } from '#src/index.js';

async function issuesOf(options: unknown): Promise<readonly string[]> {
  const { issues = [] } = await adapter.configSchema['~standard'].validate(options);
  return issues.map(({ path, message }) => `${String(path?.[0])}: ${message}`);
}

describe('the options', () => {
  it('are those of redis, and a prefix as BullMQ has it', async () => {
    assert.deepEqual(await issuesOf({ url: 'redis://localhost:6379', prefix: '{bull}' }), []);
    assert.match((await issuesOf({ url: 'redis://localhost', keyPrefix: 'bull' }))[0] ?? '', /prefix here/);
    assert.match((await issuesOf({ prefix: 'a b' }))[0] ?? '', /^prefix: /);
    assert.match((await issuesOf({ colour: 'red' }))[0] ?? '', /^colour: unknown option/);
  });

  it('refuse a cluster whose prefix has no hash tag, before anything is dialled', async () => {
    const cluster = [{ host: '127.0.0.1', port: 1 }];
    for (const prefix of ['bull', 'bull{}']) assert.match((await issuesOf({ cluster, prefix }))[0] ?? '', /hash tag/);
    assert.deepEqual(await issuesOf({ cluster, prefix: '{bull}' }), []);
    await assert.rejects(adapter.open({ cluster }, { clock: systemClock, logger: silentLogger, namespace: 'quayside' }), ConfigError);
  });
});
