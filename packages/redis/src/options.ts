import type { ConnectionOptions as TlsOptions } from 'node:tls';
import type { RedisOptions as ClientOptions, Redis } from 'ioredis';

export interface ServerAddress {
  readonly host: string;
  /** Default 6379; of a sentinel 26379. */
  readonly port?: number;
}

/** Where the server is, and how to get in. Without any: 127.0.0.1:6379. */
export interface RedisOptions {
  /** `redis://user:password@host:6379/0`, or `rediss:` for TLS; in place of host, port, username, password and db. */
  readonly url?: string;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 6379. */
  readonly port?: number;
  readonly username?: string;
  readonly password?: string;
  /** The database's number. Default 0. A cluster has only that one. */
  readonly db?: number;
  /** True, or Node's options for TLS. */
  readonly tls?: boolean | TlsOptions;
  /** Sentinels to ask for the master of `sentinelName`. */
  readonly sentinels?: readonly ServerAddress[];
  readonly sentinelName?: string;
  readonly sentinelUsername?: string;
  readonly sentinelPassword?: string;
  /** Some nodes of a cluster; the others are learnt from them. */
  readonly cluster?: readonly ServerAddress[];
  /** What every key and channel begins with. Default: the manager's namespace. */
  readonly keyPrefix?: string;
  /** Makes each client with the options given, for those who need another class or option: `(options) => new MyRedis(options)`. Not for a cluster. */
  readonly createClient?: (options: ClientOptions) => Redis;
}

export const defaultPort = 6379;
export const defaultSentinelPort = 26_379;

/** What ioredis is told of server and rights, for one server, a master behind sentinels, or a cluster's nodes. */
export function clientOptions(options: RedisOptions): ClientOptions {
  const { url, host, port, username, password, db, tls, sentinels, sentinelName, sentinelUsername, sentinelPassword } = options;
  const server = url === undefined ? { host: host ?? '127.0.0.1', port: port ?? defaultPort, username, password, db } : readUrl(url);
  const isEncrypted = tls === true || url?.startsWith('rediss:') === true;
  const encryption = typeof tls === 'object' ? { tls } : isEncrypted ? { tls: {} } : {};
  if (sentinels === undefined) return { ...server, ...encryption };
  return {
    ...server,
    ...encryption,
    sentinels: sentinels.map((sentinel) => ({ host: sentinel.host, port: sentinel.port ?? defaultSentinelPort })),
    name: sentinelName,
    sentinelUsername,
    sentinelPassword,
  };
}

function readUrl(text: string): ClientOptions {
  const url = new URL(text);
  const db = url.pathname.slice(1);
  return {
    host: url.hostname.replaceAll(/^\[|\]$/g, ''),
    port: Number(url.port || defaultPort),
    username: url.username === '' ? undefined : decodeURIComponent(url.username),
    password: url.password === '' ? undefined : decodeURIComponent(url.password),
    db: db === '' ? undefined : Number(db),
  };
}
