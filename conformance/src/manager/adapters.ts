import assert from 'node:assert/strict';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Adapter, ConfigError } from '@quayside/core';
import type { ManagerContext } from './context.js';
import type { ManagerCase } from './manager-case.js';

const fixtureUrl = (name: string) => new URL(`./fixtures/${name}.js`, import.meta.url).href;
const fixturePath = (name: string) => fileURLToPath(fixtureUrl(name));

/** How a config's `type` finds its adapter. */
export const adapterCases: readonly ManagerCase[] = [
  {
    id: 'M-08',
    title: 'an adapter that is given wins over the package of its name, and is handed clock, namespace and logger',
    needs: ['patterns'],
    async run(context) {
      const given = context.adapter({ type: 'memory' });
      await worksWith(context, { pubsub: { type: 'memory' } }, [given]);
      assert.equal(given.opened.length, 1);
      const [received] = given.contexts;
      assert.equal(received?.clock, context.scope.time.clock);
      assert.equal(received?.namespace, context.scope.namespace);
      assert.equal(typeof received?.logger.child, 'function');
    },
  },
  {
    id: 'M-08',
    title: 'a package name, an absolute path and a file URL are imported as they stand',
    async run(context) {
      for (const type of ['@quayside/memory', fixturePath('adapter'), fixtureUrl('adapter')]) {
        await worksWith(context, { pubsub: { type } }, []);
      }
    },
  },
  {
    id: 'M-08',
    title: 'a ./path is relative to the config file',
    async run(context) {
      const folder = await context.folder({
        'config.yaml': 'pubsub: { type: ./adapter.mjs }',
        'adapter.mjs': `export { adapter } from ${JSON.stringify(fixtureUrl('adapter'))};`,
      });
      await worksWith(context, join(folder, 'config.yaml'), []);
    },
  },
  {
    id: 'M-08',
    title: 'a module that is missing, fails to load, or exports no adapter is a ConfigError that names it and says what it must export',
    async run(context) {
      const malformed: readonly (readonly [string, readonly string[]])[] = [
        [fixturePath('no-adapter'), ['adaptor', 'adapter', 'open']],
        [fixturePath('half-adapter'), ['adapter', 'configSchema', 'open']],
        [fixturePath('broken'), ['this module fails while it loads']],
        [fixturePath('not-there'), ['not-there']],
        ['@quayside/not-there', ['@quayside/not-there']],
      ];
      for (const [type, words] of malformed) {
        const error = await context.refusal('5s', { pubsub: { type } }, { adapters: [] });
        assert.ok(error instanceof ConfigError, `${type}: ${error}`);
        assert.deepEqual(
          error.issues.map(({ path }) => path),
          ['pubsub.type'],
        );
        for (const word of words) assert.ok(error.message.includes(word), `${type}: '${error.message}' names ${word}`);
      }
    },
  },
  {
    id: 'M-08',
    title: 'what is given as an adapter and is none is a ConfigError, told beside all other errors',
    needs: ['patterns'],
    async run(context) {
      const none: readonly unknown[] = [{}, { type: 'half', configSchema: {} }, null, 'memory'];
      const adapters = [context.suite, ...none] as readonly Adapter[];
      const error = await context.refusal('5s', { pubsub: { type: 'suite', concurrency: 0 } }, { adapters });
      assert.ok(error instanceof ConfigError);
      assert.deepEqual(
        new Set(error.issues.map(({ path }) => path)),
        new Set(['pubsub.concurrency', ...none.map((_, index) => `options.adapters[${index + 1}]`)]),
      );
      assert.equal(context.suite.opened.length, 0);
    },
  },
  {
    id: 'M-08',
    title: "an adapter's own schema checks its options: its issues are told with their path in the config",
    async run(context) {
      const strict: Adapter = {
        type: 'strict',
        configSchema: {
          '~standard': {
            version: 1,
            vendor: 'conformance',
            validate: () => ({
              issues: [
                { path: ['hostName'], message: 'is no host' },
                { path: ['tls', 'ca'], message: 'is no certificate' },
              ],
            }),
          },
        },
        open: () => assert.fail('it must not be opened'),
      };
      const config = { pubsub: { type: 'strict', connection: { host_name: 1 } }, backends: { strict: { tls: { ca: 2 } } } };
      const error = await context.refusal('5s', config, { adapters: [strict] });
      assert.ok(error instanceof ConfigError);
      assert.deepEqual(error.issues, [
        { path: 'pubsub.connection.host_name', message: 'is no host' },
        { path: 'backends.strict.tls.ca', message: 'is no certificate' },
      ]);
    },
  },
];

async function worksWith(
  context: ManagerContext,
  config: Parameters<ManagerContext['create']>[0],
  adapters: readonly Adapter[],
): Promise<void> {
  const manager = await context.create(config, { adapters });
  const seen: unknown[] = [];
  await manager.pubsub().subscribe('channel', ({ payload }) => void seen.push(payload));
  await manager.pubsub().publish('channel', 'heard');
  await context.eventually(() => seen.length === 1, 'the event arrives');
  assert.deepEqual(seen, ['heard']);
}
