import assert from 'node:assert/strict';
import { checkConfig } from '#src/config/check.js';
import { readConfig } from '#src/config/read.js';
import type { QuaysideConfig } from '#src/config/schema.js';
import type { Issue } from '#src/errors.js';

async function issuesOf(config: object, env = {}): Promise<readonly Issue[]> {
  const written = await readConfig(config as QuaysideConfig, { env });
  const { issues = [] } = await checkConfig(written);
  return written.error('wrong', issues).issues;
}

describe('config: errors', () => {
  it('tells everything at once, with the path as it was written, the value and what is allowed', async () => {
    const issues = await issuesOf({
      message_queue: {
        type: 'redis',
        workers: 0,
        visibilityTimeout: -1,
        poll_interval: 'soon',
        max_retrys: 3,
        enable_dead_letter_queue: 'yes',
      },
      event_bus: { buffer_size: 2.5 },
      taskDispatcher: { routes: [{ to: 'a' }, { to: 1 }], statusRetention: 0 },
      unsupported: 'ignore',
    });
    assert.deepEqual(
      issues.map(({ path, message }) => `${path}: ${message}`).sort(),
      [
        'event_bus.buffer_size: got 2.5; allowed is a whole number from 1 to 10000000',
        'message_queue.enable_dead_letter_queue: got "yes"; allowed is true or false',
        'message_queue.max_retrys: is no key of this section; did you mean max_retries? allowed are enabled, type, connection, queue_name, workers, ' +
          'visibility_timeout, poll_interval, max_retries, enable_dead_letter_queue, dead_letter_expired, backoff, timeout, priority_policy, ' +
          'publish_timeout, publish_buffer, max_payload_bytes, prefetch, heartbeat, max_blocked',
        `message_queue.poll_interval: got "soon"; allowed is a number of milliseconds, or text with a unit ('30s', '500ms', '5m'), from 1 ms to 100 years`,
        `message_queue.visibilityTimeout: got -1; allowed is a number of seconds, or text with a unit ('30s', '500ms', '5m'), from 10 ms to 100 years`,
        'message_queue.workers: got 0; allowed is a whole number from 1 to 10000',
        'taskDispatcher.routes[1].to: got 1; allowed is the name of a queue, or a list of them',
        `taskDispatcher.statusRetention: got 0; allowed is a number of seconds, or text with a unit ('30s', '500ms', '5m'), from 1000 ms to 100 years`,
        'unsupported: got "ignore"; allowed is error, emulate',
      ].sort(),
    );
  });

  const one: readonly [string, object, string, RegExp][] = [
    ['an unknown section', { message_queue: { type: 'a' }, message_queues: {} }, 'message_queues', /did you mean message_queue\?/],
    [
      'a section that is no object',
      { message_queue: 'redis' },
      'message_queue',
      /got "redis"; allowed is a section with the keys enabled, type/,
    ],
    [
      'a missing type',
      { message_queue: {} },
      'message_queue.type',
      /is missing; allowed is memory, redis, bullmq, nats, the name of a package/,
    ],
    ['an empty type', { message_queue: { type: '' } }, 'message_queue.type', /got ""; allowed is memory/],
    ['a config without a section', { namespace: 'a' }, 'the config', /has no section; allowed are message_queue, pubsub, event_bus/],
    ['a scheduler that has no type to take', { task_scheduler: {} }, 'task_scheduler.type', /is missing, and there is no message_queue/],
    ['pub/sub that has no type to take', { pubsub: {} }, 'pubsub.type', /is missing, and there is no message_queue/],
    [
      'one key in two spellings',
      { message_queue: { type: 'a', max_retries: 1, maxRetries: 2 } },
      'message_queue.max_retries',
      /twice: as max_retries and as maxRetries/,
    ],
    [
      'a queue name that is none',
      { message_queue: { type: 'a', queue_name: 'a b' } },
      'message_queue.queue_name',
      /"a b" is not a valid name/,
    ],
    [
      'a wrong backoff',
      { message_queue: { type: 'a', backoff: { type: 'linear' } } },
      'message_queue.backoff.type',
      /got "linear"; allowed is exponential, fixed/,
    ],
    [
      'a policy that is none',
      { message_queue: { type: 'a', priority_policy: { weighted: { low: 0 } } } },
      'message_queue.priority_policy',
      /allowed is strict, or \{ weighted/,
    ],
    ['a duration of 101 years', { message_queue: { type: 'a' }, stop_grace: '36865d' }, 'stop_grace', /got "36865d".*to 100 years/],
    ['backends that are no object', { message_queue: { type: 'a' }, backends: [] }, 'backends', /got an array; allowed is an object/],
    [
      'a key called __proto__',
      JSON.parse('{"message_queue":{"type":"a"},"__proto__":{"x":1}}') as object,
      '__proto__',
      /is no key that a config can have/,
    ],
  ];
  for (const [title, config, path, told] of one) {
    it(`refuses ${title}`, async () => {
      const issues = await issuesOf(config);
      assert.deepEqual(
        issues.map((issue) => issue.path),
        [path],
      );
      assert.match(issues[0]?.message ?? '', told);
    });
  }

  it('asks no type of a section that is left out', async () => {
    assert.deepEqual(await issuesOf({ task_scheduler: { enabled: false }, event_bus: {} }), []);
  });

  it('shows no secret: not under secret keys, not in URLs, not in what an adapter quotes', async () => {
    const written = await readConfig(
      {
        message_queue: { type: 'redis' },
        backends: { redis: { url: 'redis://bob:p%40ss@host/0', nested: { password: 'hunter2' } }, nats: { url: 'nats://s3cr3t@host' } },
      },
      { env: {} },
    );
    const { message } = written.error('wrong', [
      { path: 'a', message: 'can not read redis://bob:p%40ss@host/0' },
      { path: 'b', message: 'password p@ss of bob, hunter2 or s3cr3t refused' },
    ]);
    assert.doesNotMatch(message, /p%40ss|p@ss|hunter2|s3cr3t/);
    assert.match(message, /a: can not read redis:\/\/\*\*\*@host/);
    const [issue] = await issuesOf({ message_queue: { type: 'redis://u:geheim@host', workers: 'redis://u:geheim@host' } });
    assert.equal(issue?.message, 'got "redis://***@host"; allowed is a whole number from 1 to 10000');
  });
});
