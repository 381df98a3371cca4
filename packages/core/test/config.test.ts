import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkConfig } from '#src/config/check.js';
import { type ReadOptions, readConfig } from '#src/config/read.js';
import type { QuaysideConfig } from '#src/config/schema.js';
import { ConfigError } from '#src/errors.js';

/** The original system's own file. */
const originalYaml = `
message_queue:
  enabled: true
  type: "redis"
  queue_name: "meeting_system"
  workers: 4
  visibility_timeout: 30
  poll_interval: 100
  max_retries: 3
  enable_dead_letter_queue: true

task_scheduler:
  enabled: true
  buffer_size: 1000
  workers: 8
  enable_delayed_tasks: true

event_bus:
  enabled: true
  type: "redis_pubsub"
  buffer_size: 1000
  workers: 4

task_dispatcher:
  enabled: true
  enable_routing: true
  enable_callbacks: true
`;

const original = {
  message_queue: {
    enabled: true,
    type: 'redis',
    queue_name: 'meeting_system',
    workers: 4,
    visibility_timeout: 30,
    poll_interval: 100,
    max_retries: 3,
    enable_dead_letter_queue: true,
  },
  task_scheduler: { enabled: true, buffer_size: 1000, workers: 8, enable_delayed_tasks: true },
  event_bus: { enabled: true, type: 'redis_pubsub', buffer_size: 1000, workers: 4 },
  task_dispatcher: { enabled: true, enable_routing: true, enable_callbacks: true },
};

const checked = {
  messageQueue: {
    enabled: true,
    type: 'redis',
    queueName: 'meeting_system',
    workers: 4,
    visibilityTimeout: 30_000,
    pollInterval: 100,
    maxRetries: 3,
    enableDeadLetterQueue: true,
  },
  taskScheduler: { enabled: true, bufferSize: 1000, workers: 8, enableDelayedTasks: true },
  eventBus: { enabled: true, type: 'redis_pubsub', bufferSize: 1000, workers: 4 },
  taskDispatcher: { enabled: true, enableRouting: true, enableCallbacks: true },
};

async function load(source: string | QuaysideConfig, options: ReadOptions = {}): Promise<unknown> {
  const result = await checkConfig(await readConfig(source, { env: {}, ...options }));
  assert.deepEqual(result.issues ?? [], []);
  return 'value' in result ? result.value : undefined;
}

describe('config: loading', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'quayside-config-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  async function file(name: string, content: string): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, content);
    return path;
  }

  it("loads the original's YAML, its JSON twin and the same as an object alike, seconds and milliseconds by the key", async () => {
    assert.deepEqual(await load(await file('config.yaml', originalYaml)), checked);
    assert.deepEqual(await load(await file('config.yml', originalYaml)), checked);
    assert.deepEqual(await load(await file('config.json', JSON.stringify(original))), checked);
    assert.deepEqual(await load(original), checked);
  });

  it('takes keys in camelCase as well, in sections and in adapters’ options, and leaves the names of backends and headers alone', async () => {
    const camel = {
      messageQueue: { type: 'redis', visibilityTimeout: '1m' },
      backends: { './my_adapter.js': { key_prefix: 'a', tls: { ca_file: 'x' } } },
    };
    assert.deepEqual(await load(camel), {
      messageQueue: { type: 'redis', visibilityTimeout: 60_000 },
      backends: { './my_adapter.js': { keyPrefix: 'a', tls: { caFile: 'x' } } },
    });
    const routed = { message_queue: { type: 'memory' }, task_dispatcher: { routes: [{ headers: { tenant_id: 'a' }, to: 'b' }] } };
    assert.deepEqual(await load(routed), {
      messageQueue: { type: 'memory' },
      taskDispatcher: { routes: [{ headers: { tenant_id: 'a' }, to: 'b' }] },
    });
  });

  it('hands instances in adapters’ options over as they are', async () => {
    class Client {
      readonly some_field = 1;
    }
    const client = new Client();
    const value = (await load({ message_queue: { type: 'memory' }, backends: { memory: { client } } })) as {
      backends: { memory: { client: unknown } };
    };
    assert.equal(value.backends.memory.client, client);
  });

  it('finds its sections inside a larger file: under a key, or at the top among others', async () => {
    const nested = await file('nested.json', JSON.stringify({ server: { port: 1 }, services: { messaging: original } }));
    assert.deepEqual(await load(nested, { section: 'services.messaging' }), checked);
    const beside = await file('master_config.json', JSON.stringify({ server: { port: 1 }, database: {}, ...original }));
    assert.deepEqual(await load(beside, { section: '.' }), checked);
  });

  it('still tells of a misspelt section in a larger file', async () => {
    const result = await checkConfig(await readConfig({ ...original, event_buss: {} } as QuaysideConfig, { env: {}, section: '.' }));
    assert.deepEqual(
      result.issues?.map(({ path }) => path),
      ['event_buss'],
    );
  });

  const unreadable: readonly [string, string, RegExp][] = [
    ['broken.yaml', 'message_queue:\n  type: "redis\n password: hunter2', /not valid YAML\n {2}line \d+, column \d+/],
    ['twice.yaml', 'namespace: a\nnamespace: b\n', /not valid YAML\n {2}line 2, column 1: duplicate key/],
    ['broken.json', '{\n  "namespace": "a"\n  "password": "hunter2"\n}', /not valid JSON\n {2}line 3, column 3/],
    ['config.toml', 'a = 1', /allowed are \.yaml, \.yml and \.json/],
    ['empty.yaml', '', /got null; allowed is an object with sections/],
    ['list.json', '[]', /got an array; allowed is an object/],
  ];
  for (const [name, content, told] of unreadable) {
    it(`refuses ${name} with the place, and without quoting it`, async () => {
      const path = await file(name, content);
      await assert.rejects(readConfig(path, { env: {} }), (error: unknown) => {
        assert(error instanceof ConfigError);
        assert.match(error.message, told);
        assert.doesNotMatch(JSON.stringify(error), /hunter2/);
        return true;
      });
    });
  }

  it('names a file that is not there', async () => {
    await assert.rejects(readConfig(join(folder, 'none.yaml'), { env: {} }), /none\.yaml can't be read/);
  });

  it('refuses a section that is not in the larger file', async () => {
    await assert.rejects(readConfig(original, { env: {}, section: 'messaging' }), /messaging: got undefined/);
  });
});
