import assert from 'node:assert/strict';
import { type RedisServer, startRedis, TcpProxy } from '@quayside/conformance/servers';
import { ConnectionError } from '@quayside/core';
import { Redis } from 'ioredis';
import { Line, lineOptions } from '#src/line.js';
import { until } from './until.js';

describe('Line', () => {
  let server: RedisServer;
  let proxy: TcpProxy;
  let losses: ConnectionError[];
  const dial = (port: number, password?: string) => () => new Redis({ host: '127.0.0.1', port, password, ...lineOptions });
  const open = () => Line.open(dial(proxy.port), (reason) => void losses.push(reason));

  before(async () => {
    server = await startRedis({ config: [] });
  });

  after(() => server.stop());

  beforeEach(async () => {
    proxy = await TcpProxy.start(server);
    losses = [];
  });

  afterEach(() => proxy.stop());

  it('takes commands once it is open, and tells nothing when it is closed here', async () => {
    const line = await open();
    assert.equal(await line.client.set('key', '1'), 'OK');
    line.close();
    await until(() => proxy.connectionCount === 0);
    assert.deepEqual(losses, []);
  });

  it('rejects where nobody listens, and leaves nothing open', async () => {
    const opening = open();
    await proxy.stop();
    await assert.rejects(opening, (error) => error instanceof ConnectionError && /ECONNREFUSED/.test(error.message));
  });

  it('rejects with the reason of the server, which holds no password', async () => {
    const guarded = await startRedis({ password: 'hunter2' });
    const opening = Line.open(dial(guarded.port, 'tr0ub4dor'), () => undefined);
    const error = await opening.then(
      () => assert.fail(),
      (reason: Error) => reason,
    );
    assert.match(error.message, /WRONGPASS/);
    assert.doesNotMatch(JSON.stringify([error.message, error.stack, error.cause, error]), /hunter2|tr0ub4dor/);
    await guarded.stop();
  });

  it('rejects within 3 s where a server takes the connection and says nothing, and leaves nothing open', async () => {
    proxy.silence();
    const begun = performance.now();
    await assert.rejects(open(), /no answer within 3000 ms/);
    assert.ok(performance.now() - begun < 4_000);
    proxy.heal();
    await until(() => proxy.connectionCount === 0);
  });

  it('tells its loss once, and does not come back', async () => {
    const line = await open();
    proxy.cut();
    await until(() => losses.length > 0);
    proxy.heal();
    await assert.rejects(line.client.ping());
    line.close();
    assert.deepEqual([losses.length, proxy.connectionCount], [1, 0]);
  });

  it('tells within 5 s that the server has fallen silent behind an open socket', async () => {
    const line = await open();
    const pending = line.client.get('key').then(
      () => assert.fail(),
      (error: Error) => error,
    );
    proxy.silence();
    const begun = performance.now();
    await until(() => losses.length > 0);
    assert.ok(performance.now() - begun < 5_000);
    assert.match(losses[0]?.message ?? '', /silent/);
    assert.ok((await pending) instanceof Error);
  });

  it('stays while the server is busy for a moment', async () => {
    const line = await open();
    await line.client.call('DEBUG', 'SLEEP', '2.5');
    assert.equal(await line.client.ping(), 'PONG');
    assert.deepEqual(losses, []);
    line.close();
  });
});
