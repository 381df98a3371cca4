import assert from 'node:assert/strict';
import { checkConfig } from '#src/config/check.js';
import { type ReadOptions, readConfig } from '#src/config/read.js';
import type { QuaysideConfig } from '#src/config/schema.js';

async function load(config: object, env: Record<string, string>, options: ReadOptions = {}) {
  const written = await readConfig(config as QuaysideConfig, { ...options, env });
  const result = await checkConfig(written);
  return {
    value: 'value' in result ? result.value : undefined,
    issues: (result.issues ?? []).map(({ path, message }) => `${path}: ${message}`),
  };
}

const queue = (more: object = {}) => ({ message_queue: { type: 'redis', ...more } });

describe('config: environment', () => {
  it('puts variables into texts, with defaults, and reads them as numbers and flags where those are wanted', async () => {
    const config = queue({
      queue_name: 'q-$' + '{STAGE}',
      workers: '$' + '{WORKERS:-7}',
      enabled: '$' + '{ON}',
      visibility_timeout: '$' + '{LEASE}',
    });
    const { value, issues } = await load(config, { STAGE: '1', ON: 'true', LEASE: '12', WORKERS: '' });
    assert.deepEqual(issues, []);
    assert.deepEqual(value?.messageQueue, { type: 'redis', queueName: 'q-1', workers: 7, enabled: true, visibilityTimeout: 12_000 });
  });

  it('leaves text as text where text is wanted', async () => {
    const { value } = await load(
      { ...queue({ queue_name: '$' + '{NAME}' }), backends: { redis: { password: '$' + '{PASSWORD}' } } },
      { NAME: '42', PASSWORD: '007' },
    );
    assert.equal(value?.messageQueue?.queueName, '42');
    assert.deepEqual(value?.backends, { redis: { password: '007' } });
  });

  it('tells each variable that is not set, once', async () => {
    const { issues } = await load({ ...queue({ workers: '$' + '{WORKERS}' }), namespace: '$' + '{A}-$' + '{B}' }, { A: 'a' });
    assert.deepEqual(issues, [
      'message_queue.workers: the environment variable WORKERS is not set: set it, or write $' + '{WORKERS:-default}',
      'namespace: the environment variable B is not set: set it, or write $' + '{B:-default}',
    ]);
  });

  it('writes $' + '{ for $$' + '{, and leaves other dollars alone', async () => {
    const { value } = await load({ ...queue(), backends: { redis: { a: '$$' + '{X}', b: '$X $', c: '$' + '{1}' } } }, { X: 'x' });
    assert.deepEqual(value?.backends, { redis: { a: '$' + '{X}', b: '$X $', c: '$' + '{1}' } });
  });

  it('overrides a key by QUAYSIDE_ and its path, two underscores a step', async () => {
    const { value, issues } = await load(queue({ workers: 2, backoff: { type: 'fixed' } }), {
      QUAYSIDE_NAMESPACE: 'staging',
      QUAYSIDE_MESSAGE_QUEUE__WORKERS: '8',
      QUAYSIDE_MESSAGE_QUEUE__BACKOFF__DELAY: '250ms',
      QUAYSIDE_EVENT_BUS__BUFFER_SIZE: '5',
      QUAYSIDE_BACKENDS__REDIS__KEY_PREFIX: 'p',
    });
    assert.deepEqual(issues, []);
    assert.deepEqual(value, {
      namespace: 'staging',
      messageQueue: { type: 'redis', workers: 8, backoff: { type: 'fixed', delay: 250 } },
      eventBus: { bufferSize: 5 },
      backends: { redis: { keyPrefix: 'p' } },
    });
  });

  it('takes an override as it is, and asks for no variable that it replaces', async () => {
    const { value, issues } = await load(
      { ...queue(), namespace: '$' + '{UNSET}' },
      { QUAYSIDE_NAMESPACE: 'a', QUAYSIDE_BACKENDS__REDIS__URL: '$' + '{B}' },
    );
    assert.deepEqual(issues, []);
    assert.equal(value?.namespace, 'a');
    assert.deepEqual(value?.backends, { redis: { url: '$' + '{B}' } });
  });

  it('names the variable of a wrong override, and of one that matches no key', async () => {
    const { issues } = await load(queue({ workers: 2 }), {
      QUAYSIDE_MESSAGE_QUEUE__WORKERS: 'many',
      QUAYSIDE_MESSAGE_QUEUE__WORKRES: '8',
      QUAYSIDE_MESSAGE_QUEUE_WORKERS: '8',
    });
    assert.equal(issues.length, 3);
    const told = (start: string) =>
      assert(
        issues.some((issue) => issue.startsWith(start)),
        `${start} is not in ${issues.join('\n')}`,
      );
    told('QUAYSIDE_MESSAGE_QUEUE__WORKERS: got "many"; allowed is a whole number');
    told('QUAYSIDE_MESSAGE_QUEUE__WORKRES: is no key of this section; did you mean workers?');
    told('QUAYSIDE_MESSAGE_QUEUE_WORKERS: is no key of this section');
  });

  it('passes over variables of other purposes: test runs, and what Kubernetes sets for a Service of the name', async () => {
    const { issues } = await load(queue(), {
      QUAYSIDE_TEST_COUNTS: '/tmp/x',
      QUAYSIDE_BENCH_SECONDS: '1',
      QUAYSIDE_SERVICE_HOST: '10.0.0.1',
      QUAYSIDE_SERVICE_PORT_HTTP: '80',
      QUAYSIDE_REDIS_SERVICE_PORT: '6379',
      QUAYSIDE_PORT: 'tcp://10.0.0.1:80',
      QUAYSIDE_REDIS_PORT_6379_TCP_ADDR: '10.0.0.1',
      OTHER: 'x',
    });
    assert.deepEqual(issues, []);
  });

  const everywhere = {
    message_queue: { type: 'redis', connection: { url: '$' + '{REDIS_URL}' } },
    event_bus: { type: 'nats' },
    task_scheduler: {},
    backends: { redis: { url: '$' + '{REDIS_URL}' }, memory: { x: 1 } },
  };

  it('QUAYSIDE_TYPE sets the type of every section, and drops what was meant for another type, variables and all', async () => {
    const { value, issues } = await load(everywhere, { QUAYSIDE_TYPE: 'memory', QUAYSIDE_EVENT_BUS__TYPE: 'nats' });
    assert.deepEqual(issues, []);
    assert.deepEqual(value, {
      messageQueue: { type: 'memory' },
      eventBus: { type: 'nats' },
      taskScheduler: { type: 'memory' },
      backends: { memory: { x: 1 } },
    });
  });

  it('QUAYSIDE_TYPE keeps the connection options of sections that have that type already', async () => {
    const { value } = await load(everywhere, { QUAYSIDE_TYPE: 'redis', REDIS_URL: 'u' });
    assert.deepEqual(value?.messageQueue, { type: 'redis', connection: { url: 'u' } });
    assert.deepEqual(value?.backends, { redis: { url: 'u' } });
  });

  it('a type given in code wins over file and environment', async () => {
    const { value } = await load(everywhere, { QUAYSIDE_TYPE: 'redis', QUAYSIDE_EVENT_BUS__TYPE: 'nats' }, { type: 'memory' });
    assert.deepEqual([value?.messageQueue?.type, value?.eventBus?.type, value?.taskScheduler?.type], ['memory', 'memory', 'memory']);
  });
});
