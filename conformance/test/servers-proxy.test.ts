import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { TcpProxy } from '#src/servers/index.js';

/** Says back what it hears, and counts. */
class Echo {
  readonly heard: string[] = [];
  readonly server: Server;

  constructor() {
    this.server = createServer((socket) => {
      socket.setEncoding('utf8');
      socket.on('error', () => undefined);
      socket.on('data', (data: string) => {
        this.heard.push(data);
        socket.write(data);
      });
    });
  }
}

async function dial(port: number): Promise<{ readonly socket: Socket; readonly closed: Promise<void>; said(): string }> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.setEncoding('utf8');
  let said = '';
  socket.on('data', (data: string) => {
    said += data;
  });
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await Promise.race([new Promise((resolve) => socket.once('connect', resolve)), closed]);
  return { socket, closed, said: () => said };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

describe('servers: the proxy', () => {
  let echo: Echo;
  let proxy: TcpProxy;

  beforeEach(async () => {
    echo = new Echo();
    echo.server.listen(0, '127.0.0.1');
    await once(echo.server, 'listening');
    proxy = await TcpProxy.start({ host: '127.0.0.1', port: (echo.server.address() as AddressInfo).port });
  });

  afterEach(async () => {
    await proxy.stop();
    echo.server.close();
    await once(echo.server, 'close');
  });

  it('passes on what is said, in order and whole, and the end of a connection', async () => {
    const { socket, closed, said } = await dial(proxy.port);
    const text = Array.from({ length: 200_000 }, (_, index) => `${index} `).join('');
    socket.write(text);
    await until(() => said().length === text.length);
    assert.equal(said(), text);
    assert.equal(proxy.connectionCount, 1);
    socket.end();
    await closed;
    await until(() => proxy.connectionCount === 0);
  });

  it('cut: resets every connection and each new one; heal lets new ones through', async () => {
    const first = await dial(proxy.port);
    proxy.cut();
    await first.closed;
    const second = await dial(proxy.port);
    await second.closed;
    proxy.heal();
    const third = await dial(proxy.port);
    third.socket.write('hello');
    await until(() => third.said() === 'hello');
    assert.deepEqual(echo.heard, ['hello']);
    third.socket.destroy();
  });

  it('silence: connections stay open and nothing comes through; heal resets those that lost something', async () => {
    const [talking, resting] = [await dial(proxy.port), await dial(proxy.port)];
    proxy.silence();
    talking.socket.write('lost');
    const witness = await dial(proxy.port);
    witness.socket.write('lost too');
    await until(() => proxy.damagedCount === 2);
    assert.deepEqual([talking.socket.destroyed, talking.said(), echo.heard], [false, '', []]);
    proxy.heal();
    await Promise.all([talking.closed, witness.closed]);
    resting.socket.write('hello');
    await until(() => resting.said() === 'hello');
    assert.deepEqual(echo.heard, ['hello']);
    resting.socket.destroy();
  });

  it('delay: what is said arrives later, each way, and still in order', async () => {
    const { socket, said } = await dial(proxy.port);
    proxy.delay(40);
    const begun = performance.now();
    socket.write('a');
    await until(() => echo.heard.length === 1);
    assert.ok(performance.now() - begun >= 39);
    proxy.delay(0);
    socket.write('b');
    await until(() => said() === 'ab');
    assert.deepEqual(echo.heard, ['a', 'b']);
    socket.destroy();
  });

  it('loseReply: the request arrives, its reply does not, and the connection is reset; others are left alone', async () => {
    const [unlucky, other] = [await dial(proxy.port), await dial(proxy.port)];
    const happened = proxy.loseReply((request) => request.includes('secret'));
    other.socket.write('plain');
    await until(() => other.said() === 'plain');
    unlucky.socket.write('a secret');
    await happened;
    await unlucky.closed;
    assert.deepEqual([echo.heard, unlucky.said()], [['plain', 'a secret'], '']);
    other.socket.write(' secret');
    await until(() => other.said() === 'plain secret');
    other.socket.destroy();
  });
});
