import assert from 'node:assert/strict';
import { type NatsServer, startNats, TcpProxy } from '@quayside/conformance/servers';
import {
  type AdapterContext,
  ClosedError,
  ConfigError,
  ConnectionError,
  parseChannelFilter,
  silentLogger,
  systemClock,
} from '@quayside/core';
import { adapter } from '#src/index.js';
import { FakeServer } from './fake-server.js';
import { until } from './until.js';

const context: AdapterContext = { clock: systemClock, logger: silentLogger, namespace: 'space' };
const never = new AbortController().signal;

describe('the adapter', () => {
  let server: NatsServer;
  let proxy: TcpProxy;
  const open = () => adapter.open({ servers: `nats://worker:hunter2@127.0.0.1:${proxy.port}` }, context);

  before(async () => {
    server = await startNats({ user: { name: 'worker', password: 'hunter2' } });
  });

  after(() => server.stop());

  beforeEach(async () => {
    proxy = await TcpProxy.start(server);
  });

  afterEach(() => proxy.stop());

  it("checks a config's options, and tells where each wrong one stands", async () => {
    const validate = adapter.configSchema['~standard'].validate;
    assert.deepEqual(await validate(undefined), { value: {} });
    assert.deepEqual(await validate({ token: 't' }), { value: { token: 't' } });
    const { issues = [] } = (await validate({ tls: { ca: 1 }, port: 4222 })) as { issues?: readonly { path?: readonly PropertyKey[] }[] };
    assert.deepEqual(
      issues.map(({ path }) => path),
      [['port'], ['tls', 'ca']],
    );
  });

  it('open refuses wrong options, and a namespace that NATS needs for itself, before it connects', async () => {
    const wrong: unknown = { server: 'a' };
    await assert.rejects(
      adapter.open(wrong as object, context),
      (error) => error instanceof ConfigError && error.issues[0]?.path === 'server',
    );
    await assert.rejects(adapter.open({}, { ...context, namespace: '_INBOX' }), ConfigError);
  });

  it('open rejects where there is no server, and leaves nothing open; its error and its log hold no secret', async () => {
    const lines: unknown[] = [];
    const note = (fields: object, message: string) => void lines.push(fields, message);
    const logger = { debug: note, info: note, warn: note, error: note, child: () => logger };
    const silent = await FakeServer.start('');
    const servers = ['nats://worker:tr0ub4dor@127.0.0.1:1', `nats://worker:tr0ub4dor@127.0.0.1:${silent.port}`];
    const opening = adapter.open({ servers, dialTimeout: 100 }, { ...context, logger });
    const error: unknown = await opening.then(
      () => assert.fail(),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof ConnectionError);
    assert.doesNotMatch(JSON.stringify([error, error.stack, error.cause, lines]), /tr0ub4dor/);
    await until(() => silent.connectionCount === 0);
    await silent.stop();
  });

  it('open gives up when nobody waits for it any more', async () => {
    const silent = await FakeServer.start('');
    const abort = new AbortController();
    const opening = adapter.open({ servers: `127.0.0.1:${silent.port}` }, { ...context, signal: abort.signal });
    await until(() => silent.connectionCount > 0);
    abort.abort();
    await assert.rejects(opening, ConnectionError);
    await until(() => silent.connectionCount === 0);
    await silent.stop();
  });

  it('is one connection, named after the namespace, however much is subscribed to', async () => {
    const backend = await open();
    for (const scope of ['channels', 'events']) {
      const transport = backend.pubSubTransport(scope);
      assert.equal(backend.pubSubTransport(scope), transport);
      for (let index = 0; index < 50; index++) {
        await transport.subscribe(parseChannelFilter('channel', `a.${index}`), () => undefined, { signal: never });
      }
    }
    const { connections } = (await (await fetch(`${server.monitorUrl}/connz`)).json()) as {
      readonly connections: readonly { readonly name: string; readonly subscriptions: number }[];
    };
    assert.deepEqual(
      connections.map(({ name, subscriptions }) => [name, subscriptions]),
      [['space', 100]],
    );
    await backend.close();
  });

  it('health is up with what the server says of itself, degraded while it does not answer, down without it', async () => {
    const backend = await open();
    const { status, details } = await backend.health();
    assert.equal(status, 'up');
    assert.equal(details?.server, `127.0.0.1:${proxy.port}`);
    assert.match(String(details?.version), /^\d+\.\d+/);
    assert.equal(details?.serverName, `nats-${server.port}`);
    proxy.silence();
    const begun = performance.now();
    assert.equal((await backend.health()).status, 'degraded');
    assert.ok(performance.now() - begun < 2_000);
    proxy.cut();
    await until(async () => (await backend.health()).status === 'down');
    await until(async () => /no connection to NATS: can't connect/.test((await backend.health()).reason ?? ''));
    proxy.heal();
    await until(async () => (await backend.health()).status === 'up');
    assert.equal((await backend.health()).details?.reconnects, 1);
    await backend.close();
    assert.deepEqual(await backend.health(), { status: 'down', reason: 'closed', details: { reconnects: 1 } });
  });

  it('close ends the transports, within a second with the server silent, and is idempotent', async () => {
    const backend = await open();
    const transport = backend.pubSubTransport('channels');
    await transport.subscribe(parseChannelFilter('channel', 'a'), () => undefined, { signal: never });
    proxy.silence();
    const publishing = assert.rejects(transport.publish([{ channel: 'a', body: '' }], never), ConnectionError);
    const begun = performance.now();
    await Promise.all([backend.close(), backend.close()]);
    assert.ok(performance.now() - begun < 1_000);
    await publishing;
    await assert.rejects(transport.publish([], never), ClosedError);
    assert.throws(() => backend.pubSubTransport('channels'), ClosedError);
    proxy.heal();
    await until(() => proxy.connectionCount === 0);
  });
});
