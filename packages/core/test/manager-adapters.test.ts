import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigError } from '#src/errors.js';
import { QueueManager } from '#src/manager/manager.js';
import { fakeAdapter } from './manager-fake.js';

/** A module that exports an adapter, self-contained. */
const moduleText = (exported: string) => `
const backend = { type: 'mine', queueStore: () => ({ capabilities: { payload: 'text', testClock: true } }), health: async () => ({ status: 'up' }), close: async () => {} };
const mine = { type: 'mine', configSchema: { '~standard': { version: 1, vendor: 'mine', validate: (value) => ({ value }) } }, open: async () => backend };
${exported}
`;

describe('manager: finding adapters', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'quayside-manager-'));
    await writeFile(join(folder, 'mine.mjs'), moduleText('export const adapter = mine;'));
    await writeFile(join(folder, 'by-default.mjs'), moduleText('export default mine;'));
    await writeFile(join(folder, 'other.mjs'), moduleText('export const createAdapter = () => mine; export const version = 1;'));
    await writeFile(join(folder, 'half.mjs'), "export const adapter = { type: 'half' };");
    await writeFile(join(folder, 'broken.mjs'), "throw new Error('it broke');");
    for (const name of ['@acme/quayside-mine', '@quayside/shiny']) {
      const inPackage = join(folder, 'node_modules', name);
      await mkdir(inPackage, { recursive: true });
      await writeFile(join(inPackage, 'package.json'), JSON.stringify({ name, type: 'module', exports: './index.js' }));
      await writeFile(join(inPackage, 'index.js'), moduleText('export const adapter = mine;'));
    }
  });
  after(() => rm(folder, { recursive: true, force: true }));

  async function configWith(type: string): Promise<string> {
    const file = join(folder, `config-${encodeURIComponent(type)}.json`);
    await writeFile(file, JSON.stringify({ message_queue: { type } }));
    return file;
  }

  async function opens(type: string): Promise<void> {
    await using manager = await QueueManager.create(await configWith(type), { env: {} });
    assert.deepEqual((await manager.health()).components.message_queue, { status: 'up', backend: type });
  }

  it("imports a path relative to the config's folder", () => opens('./mine.mjs'));
  it('imports an absolute path', () => opens(join(folder, 'mine.mjs')));
  it('imports a file URL', () => opens(pathToFileURL(join(folder, 'mine.mjs')).href));
  it('takes a default export as well', () => opens('./by-default.mjs'));
  it('imports a package by name, from where the config is', () => opens('@acme/quayside-mine'));
  it('imports @quayside/<type> for a plain word', () => opens('shiny'));

  it('takes one of the adapters given before any module', async () => {
    const redis = fakeAdapter({ type: 'redis' });
    await using manager = await QueueManager.create({ message_queue: { type: 'redis' } }, { env: {}, adapters: [redis] });
    assert.equal(redis.opened.length, 1);
    assert.equal((await manager.health()).status, 'up');
  });

  const refused: readonly [string, RegExp][] = [
    ['./other.mjs', /the module ".\/other.mjs" exports createAdapter, version; it must export `adapter`: an object with type/],
    ['./half.mjs', /the module ".\/half.mjs" exports adapter; it must export `adapter`: an object with type/],
    ['./broken.mjs', /the module ".\/broken.mjs" can't be loaded: it broke/],
    ['./none.mjs', /the module ".\/none.mjs" can't be loaded: Cannot find module/],
    [
      'reddis',
      /got "reddis", which is no known type and no package that can be found; did you mean redis\? allowed are memory, redis, bullmq, nats, the name of a package/,
    ],
    ['fs', /got "fs", which is no known type/],
    ['@acme/none', /got "@acme\/none", which is no known type/],
  ];
  for (const [type, told] of refused) {
    it(`refuses ${type} and says what was found`, async () => {
      await assert.rejects(QueueManager.create(await configWith(type), { env: {} }), (error: unknown) => {
        assert(error instanceof ConfigError);
        assert.deepEqual(
          error.issues.map(({ path }) => path),
          ['message_queue.type'],
        );
        assert.match(error.message, told);
        return true;
      });
    });
  }

  it('lists the types of the adapters given among the known ones', async () => {
    const creating = QueueManager.create({ message_queue: { type: 'kafka' } }, { env: {}, adapters: [fakeAdapter({ type: 'kafka-x' })] });
    await assert.rejects(creating, /allowed are kafka-x, memory, redis/);
  });

  it('refuses what is no adapter among those given', async () => {
    const adapters = [fakeAdapter(), { type: 'x' } as never];
    await assert.rejects(
      QueueManager.create({ message_queue: { type: 'fake' } }, { env: {}, adapters }),
      /options\.adapters\[1\]: is no adapter/,
    );
  });
});
