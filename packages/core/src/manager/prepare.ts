import { checkConfig, checkPart } from '../config/check.js';
import { type BackendPlan, planBackends } from '../config/plan.js';
import type { CheckedConfig } from '../config/schema.js';
import type { WrittenConfig } from '../config/written.js';
import type { Issue } from '../errors.js';
import type { Adapter } from '../ports/adapter.js';
import { findAdapter, isAdapter } from './adapters.js';
import type { ManagerOptions } from './options.js';
import { ADAPTER } from './tokens.js';

/** Everything that can be known before anything is opened. */
export interface PreparedSystem {
  readonly config: CheckedConfig;
  readonly backends: readonly PreparedBackend[];
}

export interface PreparedBackend {
  readonly plan: BackendPlan;
  readonly adapter: Adapter;
  /** The module that it comes from; absent where the application gave it. */
  readonly adapterUrl?: string;
  /** As the adapter's own schema gave them back. */
  readonly options: unknown;
}

/** Checks a config, finds its adapters, and has them check their options. @throws ConfigError with every issue of all of these at once */
export async function prepare(written: WrittenConfig, options: ManagerOptions): Promise<PreparedSystem> {
  const checked = await checkConfig(written);
  const issues: Issue[] = [...(checked.issues ?? []), ...checkGiven(options.adapters ?? [])];
  const backends: PreparedBackend[] = [];
  let cause: unknown;
  for (const plan of planBackends(written)) {
    const found = await findAdapter(plan.type, adaptersFor(plan.type, options), written.folder);
    if (!('adapter' in found)) {
      cause ??= found.cause;
      issues.push({ path: written.place(plan.typePath), message: found.problem });
      continue;
    }
    const part = await checkPart(written, found.adapter.configSchema, plan.options, plan.placeOf);
    if (part.issues === undefined) backends.push({ plan, adapter: found.adapter, adapterUrl: found.url, options: part.value });
    else issues.push(...part.issues);
  }
  if (checked.issues !== undefined || issues.length > 0) throw written.error('the config is wrong', issues, cause);
  return { config: checked.value, backends };
}

function checkGiven(adapters: readonly Adapter[]): Issue[] {
  return adapters.flatMap((adapter, index) =>
    isAdapter(adapter)
      ? []
      : [{ path: `options.adapters[${index}]`, message: 'is no adapter: allowed is an object with type, configSchema and open' }],
  );
}

function adaptersFor(type: string, { adapters = [], container }: ManagerOptions): readonly Adapter[] {
  const bound = container?.isBound(ADAPTER, { name: type }) === true ? [container.get(ADAPTER, { name: type })] : [];
  return [...adapters.filter(isAdapter), ...bound];
}
