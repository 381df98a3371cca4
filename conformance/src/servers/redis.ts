import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findBinary } from './binaries.js';
import { makeCertificate } from './certificate.js';
import { startContainer } from './containers.js';
import { makeServerFolder } from './folder.js';
import { findFreePort } from './free-port.js';
import { MissingServerError } from './missing-server.js';
import { isRedisReady, type RedisAddress } from './redis-talk.js';
import { type ServerControl, ServerProcess } from './server-process.js';

export interface RedisServerOptions {
  /** Keeps an append-only file, and says how often it is synced. Default: nothing is kept over a restart. */
  readonly appendFsync?: 'always' | 'everysec' | 'no';
  /** `100mb`; past it the server refuses (`noeviction`, unless `config` says otherwise). */
  readonly maxMemory?: string;
  /** Asked of every client. */
  readonly password?: string;
  /** The name that goes with the password; the default user is switched off then. */
  readonly username?: string;
  /** TLS only, with a certificate that is made for this server. Needs openssl. */
  readonly tls?: boolean;
  /** Further lines of redis.conf. */
  readonly config?: readonly string[];
}

/** A Redis server for tests. */
export interface RedisServer extends RedisAddress {
  /** With user and password; `rediss:` with TLS. */
  readonly url: string;
  /** `undefined` where the server is not this process's own. */
  readonly control?: ServerControl;
  /** Where its data lie; likewise. */
  readonly folder?: string;
  /** Ends it, where it is this process's own. Idempotent. */
  stop(): Promise<void>;
}

const variable = 'QUAYSIDE_TEST_REDIS_URL';

/**
 * A server at the address that QUAYSIDE_TEST_REDIS_URL names (unless options ask for a server of another kind), else an installed
 * redis-server on a free port of loopback, else one in a container. It answers when this resolves.
 * @throws MissingServerError
 */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const given = process.env[variable];
  if (given !== undefined && Object.keys(options).length === 0) return givenServer(new URL(given));
  const binary = findBinary('redis-server');
  if (binary !== undefined) return startBinary(binary, options);
  const container =
    options.tls === true ? undefined : await startContainer('redis:7-alpine', 6379, ['redis-server', ...containerArguments(options)]);
  if (container === undefined) throw new MissingServerError('Redis server', 'redis-server', variable);
  const address = { ...container, username: options.username, password: options.password };
  return { ...address, url: urlOf(address), stop: container.stop };
}

/** The URL of an address, with user and password. */
export function urlOf({ host, port, username, password, ca }: RedisAddress): string {
  const url = new URL(`${ca === undefined ? 'redis' : 'rediss'}://${host}:${port}`);
  if (password !== undefined) url.password = encodeURIComponent(password);
  if (username !== undefined) url.username = encodeURIComponent(username);
  return url.href;
}

function givenServer(url: URL): RedisServer {
  const address: RedisAddress = {
    host: url.hostname,
    port: Number(url.port || 6379),
    username: url.username === '' ? undefined : decodeURIComponent(url.username),
    password: url.password === '' ? undefined : decodeURIComponent(url.password),
  };
  return { ...address, url: url.href, stop: async () => undefined };
}

async function startBinary(file: string, options: RedisServerOptions): Promise<RedisServer> {
  const folder = makeServerFolder('redis');
  const port = await findFreePort();
  const certificate = options.tls === true ? makeCertificate(folder) : undefined;
  const listening =
    certificate === undefined
      ? [`port ${port}`]
      : [
          'port 0',
          `tls-port ${port}`,
          `tls-cert-file ${certificate.certificateFile}`,
          `tls-key-file ${certificate.keyFile}`,
          'tls-auth-clients no',
        ];
  const config = ['bind 127.0.0.1', `dir ${folder}`, ...listening, ...settingsOf(options)];
  writeFileSync(join(folder, 'redis.conf'), config.map((line) => `${line}\n`).join(''));
  const address: RedisAddress = { host: '127.0.0.1', port, username: options.username, password: options.password, ca: certificate?.ca };
  const process = await ServerProcess.start({
    name: 'redis-server',
    file,
    args: ['redis.conf'],
    folder,
    isReady: () => isRedisReady(address),
  });
  return { ...address, url: urlOf(address), control: process, folder, stop: () => process.stop() };
}

function settingsOf({ appendFsync, maxMemory, username, password, config = [] }: RedisServerOptions): readonly string[] {
  const lines = ['save ""', 'enable-debug-command local'];
  if (appendFsync !== undefined) lines.push('appendonly yes', `appendfsync ${appendFsync}`);
  if (maxMemory !== undefined) lines.push(`maxmemory ${maxMemory}`);
  if (username !== undefined) lines.push(`user ${username} on >${password} ~* &* +@all`, 'user default off');
  else if (password !== undefined) lines.push(`requirepass ${password}`);
  return [...lines, ...config];
}

/** `save ""` of a file is `--save ""` of a command line. */
function containerArguments(options: RedisServerOptions): readonly string[] {
  return settingsOf(options).flatMap((line) => {
    const [directive = '', ...values] = line.split(' ');
    return [`--${directive}`, ...values.map((value) => (value === '""' ? '' : value))];
  });
}
