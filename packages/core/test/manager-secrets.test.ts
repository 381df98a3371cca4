import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { ConfigError, ConnectionError } from '#src/errors.js';
import type { Logger } from '#src/logger.js';
import { QueueManager } from '#src/manager/manager.js';
import type { ErrorPlace } from '#src/manager/options.js';
import { type FakeOptions, fakeAdapter } from './manager-fake.js';

const config = { message_queue: { type: 'fake' }, backends: { fake: { url: 'x://u:g%2Fheim@host', password: 'tr0ub4dor' } } };
const careless = 'no x://u:g%2Fheim@host (g/heim), no tr0ub4dor';

/** Whatever it rejects with. */
function failing(behaviour: FakeOptions): Promise<unknown> {
  return QueueManager.create(config, { env: {}, adapters: [fakeAdapter(behaviour)] }).catch((error: unknown) => error);
}

function assertHidden(value: unknown): void {
  const shown = `${String(value)}\n${JSON.stringify(value)}\n${inspect(value, { depth: 10 })}`;
  assert.doesNotMatch(shown, /heim|tr0ub4dor/);
}

function rejecting(make: () => unknown): () => Promise<never> {
  return async () => {
    throw make();
  };
}

describe('manager: secrets of the config', () => {
  it('are not in an error that open rejects with, which stays what it is', async () => {
    const error = await failing({ open: rejecting(() => new ConnectionError(careless, { cause: new Error(careless) })) });
    assert(error instanceof ConnectionError);
    assertHidden(error);
    assert.match(error.message, /^no x:\/\/\*\*\*@host/);
    const other = await failing({ open: rejecting(() => new ConfigError('wrong', [{ path: 'url', message: careless }])) });
    assert(other instanceof ConfigError);
    assertHidden(other);
  });

  it('are not in what is no error: that becomes a ConnectionError that names the type', async () => {
    const error = await failing({ open: rejecting(() => careless) });
    assert(error instanceof ConnectionError);
    assert.match(error.message, /^type 'fake' did not open: 'no x/);
    assertHidden(error);
    const empty = await failing({ open: rejecting(() => Object.create(null)) });
    assert(empty instanceof ConnectionError);
  });

  it('are not in what an adapter logs, also where another backend failed and this one does not close', async () => {
    const lines: unknown[] = [];
    const write = (fields: object, message: string) => void lines.push({ ...fields, message });
    const logger: Logger = { debug: write, info: write, warn: write, error: write, child: () => logger };
    const talking = fakeAdapter({
      open: async (context) => context.logger.info({ options: config.backends.fake }, careless),
      close: rejecting(() => new Error(careless)),
    });
    const refused = fakeAdapter({ type: 'refusing', open: rejecting(() => new Error('refused')) });
    const both = { ...config, event_bus: { type: 'refusing' } };
    await assert.rejects(QueueManager.create(both, { env: {}, adapters: [talking, refused], logger }), /refused/);
    assert.equal(lines.length, 2);
    assertHidden(lines);
  });

  it('are not in health, neither in a reason that it answers nor in one that it throws', async () => {
    for (const health of [
      async () => ({ status: 'down' as const, reason: careless, details: { url: careless } }),
      rejecting(() => careless),
    ]) {
      await using manager = await QueueManager.create(config, { env: {}, adapters: [fakeAdapter({ health })] });
      const told = await manager.health();
      assert.match(told.components.message_queue?.reason ?? '', /^no x:\/\/\*\*\*@host/);
      assertHidden(told);
    }
  });

  it('are not in the error events and logs of a stop, nor of handlers', async () => {
    const logged: unknown[] = [];
    const logger: Logger = { debug() {}, info() {}, warn() {}, error: (fields) => void logged.push(fields), child: () => logger };
    const fake = fakeAdapter({ close: rejecting(() => new Error(careless)) });
    const manager = await QueueManager.create({ ...config, event_bus: { type: 'local' } }, { env: {}, adapters: [fake], logger });
    const told: [Error, ErrorPlace][] = [];
    manager.on('error', (error, where) => void told.push([error, where]));
    manager.events().on('e', () => {
      throw new Error(careless);
    });
    manager.events().emit('e', 1);
    await manager.stop();
    assert.deepEqual(
      told.map(([, { component }]) => component),
      ['event_bus', 'manager'],
    );
    assertHidden(told);
    assert(logged.length >= 2);
    assertHidden(logged);
  });

  it('an adapter that closes by throwing at once hides no other error', async () => {
    const bad = fakeAdapter({ queue: false });
    const open = async (...given: Parameters<typeof bad.open>) => ({
      ...(await bad.open(...given)),
      close(): never {
        throw new Error('would not');
      },
    });
    await assert.rejects(QueueManager.create(config, { env: {}, adapters: [{ ...bad, open }] }), /type 'fake' has no Queue/);
  });
});
