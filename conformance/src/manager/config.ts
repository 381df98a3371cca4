import assert from 'node:assert/strict';
import { join } from 'node:path';
import {
  type ClaimRequest,
  ConfigError,
  type Exchange,
  type QuaysideConfig,
  type QueueManager,
  type Settlement,
  StoreWrapper,
} from '@quayside/core';
import type { ManagerContext } from './context.js';
import type { ManagerCase } from './manager-case.js';
import type { SuiteAdapter } from './suite-adapter.js';

/** Notes what an engine asks of its store. */
class WatchedStore extends StoreWrapper {
  readonly visibilityTimeouts = new Set<number>();

  override exchange(settlements: readonly Settlement[], request?: ClaimRequest): Promise<Exchange> {
    if (request !== undefined) this.visibilityTimeouts.add(request.visibilityTimeoutMs);
    return this.inner.exchange(settlements, request);
  }
}

/** How the config is read. */
export const configCases: readonly ManagerCase[] = [
  {
    id: 'M-02',
    title: 'every error of a config is told at once, with its path, the value and what is allowed',
    async run(context) {
      const wrong: unknown = {
        message_queue: {
          type: 'suite',
          workers: 0,
          visibility_timeout: '30 parsecs',
          poll_interval: -1,
          maxretries: 2,
          backoff: { type: 'cubic' },
        },
        eventBus: { type: 'local', bufferSize: 'many' },
        task_sheduler: {},
      };
      const error = await context.refusal('5s', wrong as QuaysideConfig);
      assert.ok(error instanceof ConfigError);
      const told = new Map(error.issues.map(({ path, message }) => [path, message]));
      assert.deepEqual([...told.keys()].toSorted(), [
        'eventBus.bufferSize',
        'message_queue.backoff.type',
        'message_queue.maxretries',
        'message_queue.poll_interval',
        'message_queue.visibility_timeout',
        'message_queue.workers',
        'task_sheduler',
      ]);
      const words: Readonly<Record<string, readonly string[]>> = {
        'message_queue.workers': ['0', 'from 1 to'],
        'message_queue.visibility_timeout': ['30 parsecs', 'seconds'],
        'message_queue.poll_interval': ['-1', 'milliseconds'],
        'message_queue.maxretries': ['max_retries'],
        'message_queue.backoff.type': ['cubic', 'exponential', 'fixed'],
        'eventBus.bufferSize': ['many'],
        task_sheduler: ['task_scheduler'],
      };
      for (const [path, expected] of Object.entries(words)) {
        for (const word of expected) assert.ok(told.get(path)?.includes(word), `${path}: '${told.get(path)}' names ${word}`);
      }
      for (const path of told.keys()) assert.ok(error.message.includes(path), `the message names ${path}`);
      assert.equal(context.suite.opened.length, 0);
    },
  },
  {
    id: 'M-02',
    title: "a number has its field's own unit, text brings its own, and both spellings of a key are read",
    needs: ['queue'],
    async run(context) {
      for (const section of [
        { visibility_timeout: 45 },
        { visibilityTimeout: 45 },
        { visibility_timeout: '45s' },
        { visibilityTimeout: '0.75m' },
      ]) {
        assert.deepEqual(await visibilityTimeoutOf(context, { message_queue: { type: 'suite', ...section } }), [45_000]);
      }
    },
  },
  {
    id: 'M-02',
    title: 'the environment overrides: by QUAYSIDE_ variables, and where a text names one',
    needs: ['queue'],
    async run(context) {
      const config = { message_queue: { type: 'suite', visibility_timeout: 45, queue_name: `${variable('STAGE:-dev')}_tasks` } };
      const plain = await managerOf(context, config, {});
      assert.equal(plain.manager.queue().name, 'dev_tasks');
      const env = { QUAYSIDE_MESSAGE_QUEUE__VISIBILITY_TIMEOUT: '12', STAGE: 'prod', UNRELATED: 'x' };
      const { manager } = await managerOf(context, config, env);
      assert.equal(manager.queue().name, 'prod_tasks');
      assert.deepEqual(await visibilityTimeoutOf(context, config, env), [12_000]);
      const error = await context.refusal('5s', config, { env: { QUAYSIDE_MESSAGE_QUEUE__WORKERZ: '3' } });
      assert.ok(error instanceof ConfigError);
      assert.match(error.message, /QUAYSIDE_MESSAGE_QUEUE__WORKERZ/);
    },
  },
  {
    id: 'M-02',
    title: 'YAML, JSON and an object of the same content are the same',
    needs: ['queue'],
    async run(context) {
      const config = {
        namespace: context.scope.namespace,
        message_queue: { type: 'suite', queue_name: 'tasks', visibility_timeout: 45 },
        backends: { suite: { host: 'somewhere', port: 1234, list: [1, 'two', null, true] } },
      };
      const folder = await context.folder({
        'config.yaml': `
namespace: ${config.namespace}
message_queue: { type: suite, queue_name: tasks, visibility_timeout: 45 }
backends:
  suite:
    host: somewhere
    port: 1234
    list: [1, two, null, true]
`,
        'config.json': JSON.stringify(config),
      });
      for (const source of [config, join(folder, 'config.yaml'), join(folder, 'config.json')]) {
        const { manager, adapter } = await managerOf(context, source, {});
        assert.equal(manager.queue().name, 'tasks');
        assert.deepEqual(adapter.opened, [config.backends.suite]);
        assert.equal(adapter.contexts[0]?.namespace, config.namespace);
        assert.deepEqual(await visibilityTimeoutOf(context, source), [45_000]);
      }
    },
  },
];

/** As a config names a variable of the environment. */
function variable(inside: string): string {
  return `\${${inside}}`;
}

/** A manager over an adapter of its own, and what that was given. */
async function managerOf(
  context: ManagerContext,
  config: string | QuaysideConfig,
  env: Readonly<Record<string, string>>,
): Promise<{ readonly manager: QueueManager; readonly adapter: SuiteAdapter }> {
  const adapter = context.adapter();
  return { manager: await context.create(config, { adapters: [adapter], env }), adapter };
}

/** The leases that the configured queue asks its store for, in milliseconds. */
async function visibilityTimeoutOf(
  context: ManagerContext,
  config: string | QuaysideConfig,
  env: Readonly<Record<string, string>> = {},
): Promise<readonly number[]> {
  const stores: WatchedStore[] = [];
  const adapter = context.adapter({
    change: (backend) => ({
      queueStore(name) {
        const store = backend.queueStore?.(name);
        if (store === undefined) throw new Error('the backend has no queue store');
        const watched = new WatchedStore(store);
        stores.push(watched);
        return watched;
      },
    }),
  });
  const manager = await context.create(config, { adapters: [adapter], env });
  manager.queue().process('task', () => undefined);
  await manager.start();
  await context.eventually(() => stores.some(({ visibilityTimeouts }) => visibilityTimeouts.size > 0), 'the queue asks for work');
  return stores.flatMap(({ visibilityTimeouts }) => [...visibilityTimeouts]);
}
