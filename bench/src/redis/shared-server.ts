import { type RedisServer, type RedisServerOptions, startRedis } from '@quayside/conformance/servers';

const servers = new Map<string, Promise<RedisServer>>();

/** One server of each kind for all scenarios and all contenders, started by the first who asks; it ends with the process. */
export async function sharedServer(options: RedisServerOptions = {}): Promise<string> {
  const kind = JSON.stringify(options);
  const server = servers.get(kind) ?? startRedis(options);
  servers.set(kind, server);
  return (await server).url;
}

export async function stopSharedServers(): Promise<void> {
  await Promise.all([...servers.values()].map(async (server) => (await server).stop()));
}
