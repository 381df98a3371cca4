import { createRequire, isBuiltin } from 'node:module';
import { isAbsolute, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { nearest } from '../config/nearest.js';
import { quote } from '../errors.js';
import type { Adapter } from '../ports/adapter.js';

/** Quayside's own backends, each in its package `@quayside/<type>`, and the ports that they offer. */
const allPorts = ['Queue', 'PubSub', 'EventBus', 'Scheduler', 'Dispatcher'];
const conventional: Readonly<Record<string, readonly string[]>> = {
  memory: allPorts,
  redis: allPorts,
  bullmq: allPorts,
  nats: ['PubSub', 'EventBus'],
};

export function conventionalTypesWith(port: string): readonly string[] {
  return Object.keys(conventional).filter((type) => conventional[type]?.includes(port));
}

/** An adapter, and the module that it was imported from; or what was wrong in looking for it. */
export type FoundAdapter = { readonly adapter: Adapter; readonly url?: string } | { readonly problem: string; readonly cause?: unknown };

/**
 * The adapter for a type: one of those given, or a module's. `redis` is imported from `@quayside/redis`; the name of a package, a path
 * or a file URL as it stands. Packages are looked for from `folder`, where the config is, and then from where core is.
 */
export async function findAdapter(type: string, given: readonly Adapter[], folder: string): Promise<FoundAdapter> {
  const adapter = given.find((one) => one.type === type);
  if (adapter !== undefined) return { adapter };
  const url = locate(type, folder);
  if (url === undefined) return { problem: describeUnknown(type, given) };
  try {
    return { ...adapterIn((await import(url)) as Readonly<Record<string, unknown>>, type), url };
  } catch (cause) {
    return { problem: `the module ${quote(type)} can't be loaded: ${cause instanceof Error ? cause.message : String(cause)}`, cause };
  }
}

function locate(type: string, folder: string): string | undefined {
  if (type.startsWith('file:')) return type;
  if (isAbsolute(type) || /^\.{1,2}[/\\]/.test(type)) return pathToFileURL(resolve(folder, type)).href;
  if (Object.hasOwn(conventional, type)) return locatePackage(`@quayside/${type}`, folder);
  return locatePackage(type, folder) ?? (type.includes('/') ? undefined : locatePackage(`@quayside/${type}`, folder));
}

function locatePackage(name: string, folder: string): string | undefined {
  if (isBuiltin(name)) return undefined;
  const places = [() => pathToFileURL(createRequire(join(folder, 'config.js')).resolve(name)).href, () => import.meta.resolve(name)];
  for (const place of places) {
    try {
      return place();
    } catch {
      // Not here: the next place may have it, and the caller tells where none has.
    }
  }
  return undefined;
}

function describeUnknown(type: string, given: readonly Adapter[]): string {
  if (Object.hasOwn(conventional, type)) return `got ${quote(type)}, whose package is not installed: npm install @quayside/${type}`;
  const known = [...new Set([...given.map((one) => one.type), ...Object.keys(conventional)])];
  const near = nearest(type, known);
  const hint = near === undefined ? '' : `did you mean ${near}? `;
  return `got ${quote(type)}, which is no known type and no package that can be found; ${hint}allowed are ${known.join(', ')}, the name of a package, or a path (./adapter.js)`;
}

function adapterIn(module: Readonly<Record<string, unknown>>, type: string): FoundAdapter {
  for (const candidate of [module.adapter, module.default]) if (isAdapter(candidate)) return { adapter: candidate };
  const names = Object.keys(module).join(', ') || 'nothing';
  return {
    problem: `the module ${quote(type)} exports ${names}; it must export \`adapter\`: an object with type (text), configSchema (a Standard Schema) and open (a function)`,
  };
}

export function isAdapter(value: unknown): value is Adapter {
  if (typeof value !== 'object' || value === null) return false;
  const { type, configSchema, open } = value as Partial<Record<keyof Adapter, unknown>>;
  const isSchema =
    (typeof configSchema === 'object' || typeof configSchema === 'function') && configSchema !== null && '~standard' in configSchema;
  return typeof type === 'string' && isSchema && typeof open === 'function';
}
