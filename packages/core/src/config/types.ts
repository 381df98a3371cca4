import { isPlainObject, type PlainObject } from './keys.js';
import type { SectionKey } from './schema.js';

/** Other names that the original system gives to types. */
const aliases: Readonly<Record<string, string>> = { redis_pubsub: 'redis', local: 'memory' };

/** The name by which a backend's type is known inside; undefined for what is no type at all. */
export function canonicalType(type: unknown): string | undefined {
  if (typeof type !== 'string' || type === '') return undefined;
  return Object.hasOwn(aliases, type) ? aliases[type] : type;
}

export function sectionOf(config: PlainObject, key: SectionKey): PlainObject | undefined {
  const section = config[key];
  return isPlainObject(section) ? section : undefined;
}

export function isEnabled(config: PlainObject, key: SectionKey): boolean {
  const section = sectionOf(config, key);
  return section !== undefined && section.enabled !== false;
}

/** Whose type and connection a section has: its own, or another's where it names none. An event bus is local unless it says otherwise. */
export function typeGiver(config: PlainObject, key: SectionKey): SectionKey {
  if (key === 'eventBus' || sectionOf(config, key)?.type !== undefined) return key;
  if (key === 'pubsub' && isEnabled(config, 'eventBus') && typeOf(config, 'eventBus') !== 'memory') return 'eventBus';
  return 'messageQueue';
}

export function typeOf(config: PlainObject, key: SectionKey): string | undefined {
  const type = canonicalType(sectionOf(config, typeGiver(config, key))?.type);
  return type ?? (key === 'eventBus' ? 'memory' : undefined);
}
