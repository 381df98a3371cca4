import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** Says what NATS would say, but when and where the test wants it. */
export class FakeServer {
  /** All that clients said, line by line, without what they published. */
  readonly said: string[] = [];
  /** So many PINGs are answered yet. */
  answers = Number.POSITIVE_INFINITY;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #greeting: string;

  /** @param greeting what it says first; nothing where it is empty. */
  static async start(
    greeting = `INFO ${JSON.stringify({ server_id: 'fake', version: '2.9.10', max_payload: 1024 })}\r\n`,
  ): Promise<FakeServer> {
    const fake = new FakeServer(greeting);
    fake.#server.listen(0, '127.0.0.1');
    await once(fake.#server, 'listening');
    return fake;
  }

  private constructor(greeting: string) {
    this.#greeting = greeting;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get connectionCount(): number {
    return this.#sockets.size;
  }

  say(text: string): void {
    for (const socket of this.#sockets) socket.write(text);
  }

  hangUp(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.hangUp();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      for (const line of data.toString().split('\r\n')) {
        if (line === '') continue;
        this.said.push(line);
        if (line === 'PING' && this.answers-- > 0) socket.write('PONG\r\n');
      }
    });
    if (this.#greeting !== '') socket.write(this.#greeting);
  }
}
