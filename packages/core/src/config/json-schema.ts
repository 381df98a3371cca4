import { z } from 'zod';
import { camelCase, isPlainObject, snakeCase } from './keys.js';
import { configSchema } from './schema.js';

type Node = Record<string, unknown>;

/**
 * The JSON Schema of the config, for editors: keys suggested in snake_case, and accepted in camelCase as well.
 * `quayside.schema.json` holds it.
 */
export function configJsonSchema(): Node {
  const schema = z.toJSONSchema(configSchema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const told = z.globalRegistry.get(zodSchema)?.default;
      if (told !== undefined) jsonSchema.default = told as typeof jsonSchema.default;
      if (jsonSchema.properties !== undefined) jsonSchema.additionalProperties = false;
      if (jsonSchema.type === 'integer' || jsonSchema.type === 'boolean') allowVariable(jsonSchema);
    },
  });
  return { title: 'Quayside config', ...(withBothCases(schema) as Node) };
}

/** `${WORKERS}` may stand where a number or a flag is wanted. */
function allowVariable(leaf: Node): void {
  leaf.type = [leaf.type, 'string'];
  leaf.pattern = '\\$\\{';
}

function withBothCases(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withBothCases);
  if (!isPlainObject(node)) return node;
  const rest = Object.fromEntries(Object.entries(node).map(([key, child]) => [key, withBothCases(child)]));
  if (!isPlainObject(node.properties)) return rest;
  const properties = Object.entries(node.properties).map(([key, child]) => [snakeCase(key), withBothCases(child)] as const);
  const renamed = properties.filter(([key]) => camelCase(key) !== key);
  return {
    ...rest,
    properties: Object.fromEntries(properties),
    patternProperties: Object.fromEntries(renamed.map(([key, child]) => [`^${camelCase(key)}$`, child])),
  };
}
