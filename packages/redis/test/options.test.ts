import assert from 'node:assert/strict';
import { clientOptions, type RedisOptions } from '#src/options.js';
import { optionsSchema } from '#src/options-schema.js';

async function issuesOf(written: unknown): Promise<readonly string[]> {
  const result = await optionsSchema['~standard'].validate(written);
  return (result.issues ?? []).map(({ path, message }) => `${path?.map(String).join('.') ?? ''}: ${message}`);
}

describe('the options', () => {
  const accepted: readonly RedisOptions[] = [
    {},
    { url: 'redis://127.0.0.1' },
    { url: 'rediss://user:p%40ss@redis.example:6380/2' },
    { url: 'redis://[::1]:6379' },
    { host: 'redis', port: 6380, username: 'u', password: 'p', db: 3, tls: true },
    { host: 'redis', tls: { ca: 'PEM' } },
    { sentinels: [{ host: 'a' }, { host: 'b', port: 26_380 }], sentinelName: 'main', password: 'p', sentinelPassword: 's', db: 1 },
    { cluster: [{ host: 'a', port: 7000 }], password: 'p', tls: true },
    { keyPrefix: 'shop:eu', createClient: () => assert.fail('not called') },
  ];

  it('are accepted in every documented form', async () => {
    for (const options of accepted) assert.deepEqual(await issuesOf(options), [], JSON.stringify(options));
    assert.deepEqual(await issuesOf(undefined), []);
  });

  it('are refused with every mistake at once: where, what was written, what is allowed', async () => {
    const issues = await issuesOf({ hots: 'x', port: '6379', db: -1, tls: 'yes', sentinels: [], keyPrefix: 'a{b}' });
    assert.equal(issues.length, 8, issues.join('\n'));
    assert.match(issues.join('\n'), /hots: unknown option; known are url, host/);
    assert.match(issues.join('\n'), /port: got "6379"; allowed is a whole number from 1 to 65535/);
    assert.match(issues.join('\n'), /keyPrefix: got "a\{b\}"/);
  });

  it('are refused where two exclude each other, or one lacks the other', async () => {
    assert.match((await issuesOf({ url: 'redis://a', host: 'b' })).join(), /host: url and host exclude each other/);
    assert.match(
      (await issuesOf({ cluster: [{ host: 'a' }], sentinels: [{ host: 'b' }], sentinelName: 'x' })).join(),
      /exclude each other/,
    );
    assert.match((await issuesOf({ sentinels: [{ host: 'b' }] })).join(), /sentinelName: is required/);
    assert.match((await issuesOf({ cluster: [{ host: 'a' }], db: 1 })).join(), /db: a cluster has only database 0/);
  });

  it('are refused as an url of another kind, with a path that is no number, or with a query', async () => {
    for (const url of ['http://a', 'a:6379', 'redis://', 'redis://a/x', 'redis://a?family=6', '']) {
      assert.equal((await issuesOf({ url })).length, 1, url);
    }
  });

  it('are never shown where they hold a secret', async () => {
    const issues = await issuesOf({ url: 'http://user:hunter2@a', password: 17, sentinelPassword: ['tr0ub4dor'] });
    assert.equal(issues.length, 4);
    assert.doesNotMatch(issues.join('\n'), /hunter2|17|tr0ub4dor/);
  });

  it('become those of ioredis', () => {
    const unset = { username: undefined, password: undefined, db: undefined };
    assert.deepEqual(clientOptions({}), { host: '127.0.0.1', port: 6379, ...unset });
    assert.deepEqual(clientOptions({ url: 'rediss://us%3Aer:p%2Fss@redis.example:6380/2' }), {
      host: 'redis.example',
      port: 6380,
      username: 'us:er',
      password: 'p/ss',
      db: 2,
      tls: {},
    });
    assert.equal(clientOptions({ url: 'redis://[::1]' }).host, '::1');
    const behind = clientOptions({ sentinels: [{ host: 'a' }], sentinelName: 'main', sentinelPassword: 's', password: 'p' });
    assert.deepEqual(
      [behind.sentinels, behind.name, behind.sentinelPassword, behind.password],
      [[{ host: 'a', port: 26_379 }], 'main', 's', 'p'],
    );
    assert.deepEqual(clientOptions({ tls: { servername: 'x' } }).tls, { servername: 'x' });
  });
});
