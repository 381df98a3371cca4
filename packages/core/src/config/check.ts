import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Issue } from '../errors.js';
import { type ConfigPath, isPlainObject, snakeCase } from './keys.js';
import { type CheckedConfig, configSchema, sectionKeys } from './schema.js';
import { isEnabled, typeOf } from './types.js';
import type { WrittenConfig } from './written.js';

export type Checked<T> = { readonly value: T; readonly issues?: undefined } | { readonly issues: readonly Issue[] };

/** Finds everything that is wrong with a config, whatever its backends say of their own options. */
export async function checkConfig(config: WrittenConfig): Promise<Checked<CheckedConfig>> {
  const earlier = [...config.issues, ...findMissingTypes(config)];
  const checked = await checkPart(config, configSchema, config.value, () => []);
  if (checked.issues === undefined && earlier.length === 0) return checked;
  const told = new Set(earlier.map(({ path }) => path));
  return { issues: [...earlier, ...(checked.issues ?? []).filter(({ path }) => !told.has(path))] };
}

/**
 * Checks a part of a config by any Standard Schema. Variables are text: where the schema refuses one as text, it is read as a number or a flag.
 * @param placeOf from the first step of a path in the part to its owner's path in the config: a part may be put together from several.
 */
export async function checkPart<T>(
  config: WrittenConfig,
  schema: StandardSchemaV1<unknown, T>,
  part: unknown,
  placeOf: (key: PropertyKey | undefined) => ConfigPath,
): Promise<Checked<T>> {
  let result = await schema['~standard'].validate(part);
  const placed = (path: ConfigPath): ConfigPath => [...placeOf(path[0]), ...path];
  const refused = (result.issues ?? []).map(pathOf).filter((path) => config.isFromEnvironment(placed(path)));
  if (refused.length > 0) result = await schema['~standard'].validate(refused.reduce(withValueRead, part));
  if (result.issues === undefined) return { value: result.value };
  return { issues: result.issues.map((issue) => ({ path: config.place(placed(pathOf(issue))), message: issue.message })) };
}

function pathOf(issue: StandardSchemaV1.Issue): ConfigPath {
  return (issue.path ?? []).map((step) => (typeof step === 'object' ? step.key : step));
}

/** A copy of `node` in which the text at `path` is read as what it says. */
function withValueRead(node: unknown, path: ConfigPath): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return readScalar(node);
  if (Array.isArray(node)) return node.map((item: unknown, index) => (index === key ? withValueRead(item, rest) : item));
  if (!isPlainObject(node)) return node;
  return { ...node, [key]: withValueRead(node[String(key)], rest) };
}

/** Text that reads as a number or a flag, as that. */
function readScalar(text: unknown): unknown {
  if (typeof text !== 'string' || !/^(?:-?\d[\d.eE+-]*|true|false)$/.test(text)) return text;
  const value = text === 'true' || (text !== 'false' && Number(text));
  return Number.isNaN(value) ? text : value;
}

/** There must be a section at all, and each needs a type: its own, or that of message_queue. */
function findMissingTypes(config: WrittenConfig): Issue[] {
  const { value } = config;
  const present = sectionKeys.filter((key) => value[key] !== undefined);
  if (present.length === 0) {
    return [{ path: config.place([]), message: `has no section; allowed are ${sectionKeys.map(snakeCase).join(', ')}` }];
  }
  if (value.messageQueue !== undefined) return [];
  return present
    .filter((key) => isEnabled(value, key) && typeOf(value, key) === undefined)
    .map((key) => ({ path: config.place([key, 'type']), message: 'is missing, and there is no message_queue whose type it could have' }));
}
