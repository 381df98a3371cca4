/** The server that a part loads: its own, which ends with it. */
import { type Adapter, type Backend, silentLogger, systemClock } from '@quayside/core';
import { loadAdapter } from '../backends.js';
import { type RedisServer, startNats, startRedis, TcpProxy, talkToRedis, urlOf } from '../servers/index.js';
import type { StressBackend } from './part.js';

export interface StressServer {
  readonly type: StressBackend;
  /** The adapter's, straight to the server. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Those of the way that can be cut; the same where there is none. */
  readonly proxied: Readonly<Record<string, unknown>>;
  readonly proxy?: TcpProxy;
  readonly adapter: Adapter;
  open(namespace: string, options?: object): Promise<Backend>;
  /** How many connections and keys the server holds, where it can say so. */
  connections(): Promise<number | undefined>;
  keys(): Promise<number | undefined>;
  stop(): Promise<void>;
}

/** Starts the server where the backend has one. */
export async function openServer(type: StressBackend): Promise<StressServer> {
  const adapter = await loadAdapter(type);
  if (type === 'memory') return describeServer({ type, adapter, options: {}, proxied: {}, stop: async () => undefined });
  if (type === 'nats') {
    const server = await startNats();
    const proxy = await TcpProxy.start(server);
    const proxied = { servers: `nats://127.0.0.1:${proxy.port}` };
    const connections = async () => {
      if (server.monitorUrl === undefined) return undefined;
      const { num_connections } = (await (await fetch(`${server.monitorUrl}/connz`)).json()) as { readonly num_connections: number };
      return num_connections;
    };
    return describeServer({ type, adapter, options: { servers: server.url }, proxied, proxy, connections, stop: stopBoth(proxy, server) });
  }
  const server = await startRedis({ appendFsync: 'everysec' });
  const proxy = await TcpProxy.start(server);
  return describeServer({
    type,
    adapter,
    options: { url: server.url },
    proxied: { url: urlOf({ ...server, host: '127.0.0.1', port: proxy.port }) },
    proxy,
    // Whoever asks is one of them.
    connections: async () => (await readInfo(server, 'clients', /connected_clients:(\d+)/)) - 1,
    keys: () => readInfo(server, 'keyspace', /keys=(\d+)/),
    stop: stopBoth(proxy, server),
  });
}

type Described = Omit<StressServer, 'open' | 'connections' | 'keys'> & Partial<Pick<StressServer, 'connections' | 'keys'>>;

function describeServer(parts: Described): StressServer {
  const unknown = async () => undefined;
  return {
    connections: unknown,
    keys: unknown,
    ...parts,
    open: (namespace, options = parts.options) => parts.adapter.open(options, { clock: systemClock, logger: silentLogger, namespace }),
  };
}

function stopBoth(proxy: TcpProxy, server: { stop(): Promise<void> }): () => Promise<void> {
  return async () => {
    await proxy.stop();
    await server.stop();
  };
}

/** Nothing is told of an empty database. */
async function readInfo(server: RedisServer, section: string, figure: RegExp): Promise<number> {
  return Number(figure.exec(await talkToRedis(server, `INFO ${section}`))?.[1] ?? 0);
}
