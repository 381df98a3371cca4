import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { ProxyConnection, type ProxyRules } from './proxy-connection.js';

export interface ProxyTarget {
  readonly host: string;
  readonly port: number;
}

/** A way to a server that can be cut, slowed, or made to swallow what is said. */
export class TcpProxy {
  readonly #server: Server;
  readonly #connections = new Set<ProxyConnection>();
  readonly #rules: ProxyRules = { isSilent: false, delayMs: 0, loss: undefined };
  #isCut = false;

  /** Listens on loopback, on `port` or on a free one. */
  static async start(target: ProxyTarget, port = 0): Promise<TcpProxy> {
    const proxy = new TcpProxy(target);
    proxy.#server.listen(port, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  private constructor(target: ProxyTarget) {
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket, target));
    this.#server.unref();
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** How many go through it now. */
  get connectionCount(): number {
    return this.#connections.size;
  }

  /** How many of them swallowed something. */
  get damagedCount(): number {
    return [...this.#connections].filter(({ hasSwallowed }) => hasSwallowed).length;
  }

  /** Resets every connection, and each new one at once. */
  cut(): void {
    this.#isCut = true;
    this.resetAll();
  }

  /** Resets every connection; new ones go through. */
  resetAll(): void {
    for (const connection of this.#connections) connection.reset();
  }

  /** Every connection stays open, and nothing comes through any more, not even its end: the other side is gone and nobody says so. */
  silence(): void {
    this.#rules.isSilent = true;
  }

  /** What is said arrives so much later, each way. */
  delay(ms: number): void {
    this.#rules.delayMs = ms;
  }

  /**
   * Swallows the reply to the next request that matches, and resets its connection: the server did the work and the client never hears.
   * Resolves when it has happened.
   */
  loseReply(matches: (request: Buffer) => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#rules.loss = { matches, happened: resolve };
    });
  }

  /** Undoes all of the above. A connection that swallowed something can't be whole again: it is reset. */
  heal(): void {
    this.#isCut = false;
    this.#rules.isSilent = false;
    this.#rules.delayMs = 0;
    this.#rules.loss = undefined;
    for (const connection of this.#connections) if (connection.hasSwallowed) connection.reset();
  }

  async stop(): Promise<void> {
    this.cut();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(socket: Socket, target: ProxyTarget): void {
    if (this.#isCut) {
      socket.resetAndDestroy();
      return;
    }
    const connection = new ProxyConnection(socket, target, this.#rules, () => void this.#connections.delete(connection));
    this.#connections.add(connection);
  }
}
