import { isDeepStrictEqual } from 'node:util';
import { type ConfigPath, isPlainObject, type PlainObject } from './keys.js';
import { type SectionKey, sectionKeys } from './schema.js';
import { canonicalType, isEnabled, sectionOf, typeGiver, typeOf } from './types.js';
import type { WrittenConfig } from './written.js';

/** One backend to open: a type, its options, and the sections that share it. */
export interface BackendPlan {
  readonly type: string;
  readonly options: PlainObject;
  readonly sections: readonly SectionKey[];
  /** Where the type was written. */
  readonly typePath: ConfigPath;
  /** Where an option stands in the config, or would. */
  placeOf(option: PropertyKey | undefined): ConfigPath;
}

/**
 * Which backends a config asks for: one for each distinct pair of type and options. It reads only what it needs, so that adapters can
 * tell what is wrong with their options beside everything else that is wrong.
 */
export function planBackends(config: WrittenConfig): readonly BackendPlan[] {
  const plans: BackendPlan[] = [];
  for (const key of sectionKeys) {
    const plan = usesBackend(config.value, key) ? planSection(config.value, key) : undefined;
    if (plan === undefined) continue;
    const same = plans.findIndex((other) => other.type === plan.type && isDeepStrictEqual(other.options, plan.options));
    const shared = plans[same];
    if (shared === undefined) plans.push(plan);
    else plans[same] = { ...shared, sections: [...shared.sections, key] };
  }
  return plans;
}

/** A local event bus needs none. Pub/sub is there also without a section, beside a remote event bus or a queue. */
function usesBackend(config: PlainObject, key: SectionKey): boolean {
  if (key === 'eventBus') return isEnabled(config, key) && typeOf(config, key) !== 'memory';
  if (key === 'pubsub' && config.pubsub === undefined) return isEnabled(config, typeGiver(config, key));
  return isEnabled(config, key);
}

function planSection(config: PlainObject, key: SectionKey): BackendPlan | undefined {
  const type = typeOf(config, key);
  if (type === undefined) return undefined;
  const giver = typeGiver(config, key);
  const sources = [
    sourceOf(sectionOf(config, key)?.connection, [key, 'connection']),
    sourceOf(sectionOf(config, giver)?.connection, [giver, 'connection']),
    sharedSource(config, type),
  ];
  return {
    type,
    options: Object.fromEntries(sources.toReversed().flatMap(({ options }) => Object.entries(options))),
    sections: [key],
    typePath: [giver, 'type'],
    placeOf: (option) =>
      (sources.find(({ options }) => option !== undefined && Object.hasOwn(options, option)) ?? sharedSource(config, type)).path,
  };
}

interface OptionSource {
  readonly options: PlainObject;
  readonly path: ConfigPath;
}

function sourceOf(options: unknown, path: ConfigPath): OptionSource {
  return { options: isPlainObject(options) ? options : {}, path };
}

/** What stands under `backends` for a type, by whichever of its names. */
function sharedSource(config: PlainObject, type: string): OptionSource {
  const backends = isPlainObject(config.backends) ? config.backends : {};
  const name = Object.keys(backends).find((other) => canonicalType(other) === type) ?? type;
  return sourceOf(backends[name], ['backends', name]);
}
