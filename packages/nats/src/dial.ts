import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { isIP, type Socket } from 'node:net';
import { ConnectionError } from '@quayside/core';
import { type ConnectionOptions, connect, type NatsConnection, nkeyAuthenticator, type TlsOptions } from 'nats';
import { describeFailure } from './failure.js';
import type { NatsTlsOptions } from './options.js';
import { hostPortOf, type Login, type ServerAddress } from './server-address.js';

/** How every server is dialled. */
export interface DialSettings {
  readonly name: string;
  readonly dialTimeoutMs: number;
  /** Where a server's address names none. */
  readonly login: Login | undefined;
  /** `undefined`: as the server wants it. */
  readonly tls: NatsTlsOptions | undefined;
}

/**
 * One connection to one server, which does not come back by itself when it is lost.
 * @throws ConnectionError in its time, or as soon as the signal is aborted; nothing is left open then.
 */
export async function dial(server: ServerAddress, settings: DialSettings, signal: AbortSignal): Promise<NatsConnection> {
  if (signal.aborted) throw givenUp(server, signal);
  const sockets = new SocketWatch();
  const hangUp = () => sockets.destroy();
  signal.addEventListener('abort', hangUp, { once: true });
  try {
    const client = await sockets.during(() => connect(toClientOptions(server, settings)));
    if (signal.aborted) throw givenUp(server, signal);
    return client;
  } catch (error) {
    sockets.destroy();
    if (signal.aborted) throw givenUp(server, signal);
    throw new ConnectionError(`can't connect to NATS at ${hostPortOf(server)}: ${describeFailure(error)}`);
  } finally {
    signal.removeEventListener('abort', hangUp);
  }
}

function givenUp(server: ServerAddress, { reason }: AbortSignal): ConnectionError {
  return new ConnectionError(`connecting to NATS at ${hostPortOf(server)} was given up`, { cause: reason });
}

/**
 * Knows the sockets that are opened in the course of some work. nats.js leaves the socket of an attempt that ran out of time open, and
 * hands it to nobody: a server that is frozen would gather one with each attempt.
 */
class SocketWatch {
  readonly #sockets: Socket[] = [];
  #isOver = false;

  async during<T>(work: () => Promise<T>): Promise<T> {
    const inWork = new AsyncLocalStorage<true>();
    const note = (message: unknown) => {
      if (inWork.getStore() === true) this.#note((message as { readonly socket: Socket }).socket);
    };
    subscribe('net.client.socket', note);
    try {
      return await inWork.run(true, work);
    } finally {
      unsubscribe('net.client.socket', note);
      // One that is enabled makes every promise of the process dearer, up to Node 22.
      inWork.disable();
    }
  }

  /** Those that are open, and any that is opened later. */
  destroy(): void {
    this.#isOver = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  #note(socket: Socket): void {
    this.#sockets.push(socket);
    if (this.#isOver) socket.destroy();
  }
}

/** Another server, another login and the next attempt are ours to choose, so nats.js is told of one server and does not reconnect. */
function toClientOptions(server: ServerAddress, settings: DialSettings): ConnectionOptions {
  return {
    servers: hostPortOf(server),
    reconnect: false,
    // Looked up by the system, hosts file included, and inside the time-out.
    resolve: false,
    name: settings.name,
    timeout: settings.dialTimeoutMs,
    // The heartbeat of a line is its own: this one waits for a socket to take its data before it hangs up, which a frozen server's never does.
    pingInterval: 2 ** 31 - 1,
    ...toLogin(server.login ?? settings.login),
    ...(settings.tls !== undefined || server.isSecure ? { tls: toTls(server, settings.tls) } : {}),
  };
}

function toLogin(login: Login | undefined): ConnectionOptions {
  switch (login?.kind) {
    case undefined:
      return {};
    case 'token':
      return { token: login.token };
    case 'user':
      return { user: login.user, pass: login.password };
    case 'nkey':
      return { authenticator: nkeyAuthenticator(new TextEncoder().encode(login.seed)) };
  }
}

/** Passed on to Node besides, which has to be told whose name the certificate must bear. */
function toTls({ host }: ServerAddress, options: NatsTlsOptions = {}): TlsOptions {
  const name = isIP(host) === 0 ? { servername: host } : { host };
  return { ...options, ...name };
}
