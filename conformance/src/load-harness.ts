import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Harness } from './harness.js';
import { harness as memory, realTimeHarness as memoryOnRealTime } from './harnesses/memory.js';

const ours: readonly Harness[] = [memory, memoryOnRealTime];

/** `memory`, `memory-real-time`, a package or a ./path that exports `harness`; a short name is `@quayside/<name>/conformance`. */
export async function loadHarness(name: string): Promise<Harness> {
  const own = ours.find((harness) => harness.name === name);
  if (own !== undefined) return own;
  const specifier = toSpecifier(name);
  const module = (await import(specifier)) as { readonly harness?: Harness };
  if (module.harness === undefined) throw new Error(`'${specifier}' exports no 'harness'`);
  return module.harness;
}

function toSpecifier(name: string): string {
  if (name.startsWith('.') || name.startsWith('/')) return pathToFileURL(resolve(name)).href;
  return /^[a-z0-9-]+$/.test(name) ? `@quayside/${name}/conformance` : name;
}
