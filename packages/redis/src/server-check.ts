import { ConfigError, ConnectionError, type Logger, QuaysideError } from '@quayside/core';
import { layoutKey } from './keys.js';
import type { CommandSender } from './scripts.js';

/** By which layout this library writes. A later one that changes what lies in the keys counts it up. */
export const layoutVersion = 1;

/** LPOP with a count, ZMSCORE, HRANDFIELD. */
const oldestServer = [6, 2] as const;

/** With one of six nodes dead, all of them fail once in 1,300 times. */
const infoTries = 4;

export interface ServerFacts {
  /** As the server says; nothing where its user may not ask. */
  readonly version?: string;
  readonly evictionPolicy?: string;
}

/** Is this a server that the queues can live on? @throws ConfigError, ConnectionError */
export async function checkServer(
  sender: CommandSender,
  isCluster: boolean,
  logger: Logger,
  hasExpiringKeys = false,
): Promise<ServerFacts> {
  const server = await readInfo(sender, 'server');
  const version = server.get('redis_version');
  const mode = server.get('redis_mode');
  if (mode === 'sentinel') throw new ConfigError('this is a sentinel: give it as `sentinels`, with the `sentinelName` of the master');
  if (mode === 'cluster' && !isCluster) throw new ConfigError('this server is a node of a cluster: give its nodes as `cluster`');
  if (mode === 'standalone' && isCluster)
    throw new ConfigError('this server is no node of a cluster: give it as `host` and `port`, or `url`');
  if (version !== undefined && isOlder(version)) {
    throw new ConfigError(`the server's version is ${version}; the oldest that will do is ${oldestServer.join('.')}`);
  }
  const evictionPolicy = await readEvictionPolicy(sender);
  if (evictsOurs(evictionPolicy, hasExpiringKeys)) {
    logger.warn({ evictionPolicy }, 'the server may drop messages when its memory is full: set maxmemory-policy to noeviction');
  }
  return { version, evictionPolicy };
}

/** Nothing where the user may not ask. */
export async function readEvictionPolicy(sender: CommandSender): Promise<string | undefined> {
  return (await readInfo(sender, 'memory')).get('maxmemory_policy');
}

/** A policy for keys that have a time to live leaves alone who has none. */
export function evictsOurs(policy: string | undefined, hasExpiringKeys: boolean): boolean {
  return policy?.startsWith('allkeys') === true || (hasExpiringKeys && policy?.startsWith('volatile') === true);
}

/** Claims the namespace for this layout, or finds it claimed. @throws ConfigError where a later version of the library wrote here */
export async function checkLayout(sender: CommandSender, namespace: string): Promise<void> {
  const key = layoutKey(namespace);
  await sender.send('set', [key, layoutVersion, 'NX']);
  const written = Number(await sender.send('get', [key]));
  if (written <= layoutVersion) return;
  throw new ConfigError(
    `what lies in namespace '${namespace}' was written by layout version ${written}; this library knows up to ${layoutVersion}: use a newer version of it, or another namespace`,
  );
}

async function readInfo(sender: CommandSender, section: string): Promise<ReadonlyMap<string, string>> {
  try {
    const lines = String(await askAnyNode(sender, section)).split('\r\n');
    return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]));
  } catch (error) {
    if (error instanceof QuaysideError && error.message.includes('NOPERM')) return new Map();
    throw error;
  }
}

/** On a cluster it goes to any of the nodes, a dead one too while it stands in the options: one that lives is found by asking again. */
async function askAnyNode(sender: CommandSender, section: string): Promise<unknown> {
  for (let triesLeft = infoTries; ; triesLeft--) {
    try {
      return await sender.send('info', [section]);
    } catch (error) {
      if (!(error instanceof ConnectionError) || triesLeft <= 1) throw error;
    }
  }
}

function isOlder(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < oldestServer[0] || (major === oldestServer[0] && minor < oldestServer[1]);
}

/** What kept a connection from opening, as who has to change what. */
export function explainRefusal(error: unknown): unknown {
  if (!(error instanceof ConnectionError)) return error;
  if (/WRONGPASS|NOAUTH|invalid password|no password is set/.test(error.message)) {
    return new ConfigError(`the server does not let us in: ${error.message}`);
  }
  return error;
}
