import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Harness } from './harness.js';
import { harness as memory, realTimeHarness as memoryOnRealTime } from './harnesses/memory.js';

/** Those with a server are loaded, and their server started, only where they are asked for. */
const ours: Readonly<Record<string, () => Promise<Harness>>> = {
  memory: async () => memory,
  'memory-real-time': async () => memoryOnRealTime,
  redis: async () => (await import('./harnesses/redis.js')).openRedisHarness('redis', 'test'),
  bullmq: async () => (await import('./harnesses/bullmq.js')).openBullmqHarness(),
  'redis-server-clock': async () => (await import('./harnesses/redis.js')).openRedisHarness('redis-server-clock', 'server'),
  'redis-cluster': async () => (await import('./harnesses/redis-cluster.js')).openRedisClusterHarness(),
  nats: async () => (await import('./harnesses/nats.js')).openNatsHarness('nats', true),
  'nats-core': async () => (await import('./harnesses/nats.js')).openNatsHarness('nats-core', false),
  'nats-cluster': async () => (await import('./harnesses/nats-cluster.js')).openNatsClusterHarness(),
};

/** The names of ours. */
export const ownHarnesses: readonly string[] = Object.keys(ours);

/** One of ours, a package or a ./path that exports `harness`; a short name is `@quayside/<name>/conformance`. */
export async function loadHarness(name: string): Promise<Harness> {
  const open = ours[name];
  if (open !== undefined) return open();
  const specifier = toSpecifier(name);
  const module = (await import(specifier)) as { readonly harness?: Harness };
  if (module.harness === undefined) throw new Error(`'${specifier}' exports no 'harness'`);
  return module.harness;
}

function toSpecifier(name: string): string {
  if (name.startsWith('.') || name.startsWith('/')) return pathToFileURL(resolve(name)).href;
  return /^[a-z0-9-]+$/.test(name) ? `@quayside/${name}/conformance` : name;
}
