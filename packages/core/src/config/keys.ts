/** Keys are written in snake_case (files) or camelCase (code); inside they are camelCase. */
export function camelCase(key: string): string {
  return key.replaceAll(/(?<=[a-z0-9])_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

export function snakeCase(key: string): string {
  return key.replaceAll(/(?<=[a-z0-9])([A-Z])/g, (_, letter: string) => `_${letter.toLowerCase()}`);
}

type SnakeCase<Key extends string> = Key extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${SnakeCase<Rest>}`
  : Key;

/** The same object, each key in camelCase or snake_case. */
export type EitherCase<T> = T extends readonly (infer Item)[]
  ? readonly EitherCase<Item>[]
  : T extends object
    ? { readonly [Key in keyof T & string as Key | SnakeCase<Key>]?: EitherCase<T[Key]> }
    : T;

/** A place in the config: keys in camelCase, indices as numbers. */
export type ConfigPath = readonly PropertyKey[];

/** A place as text, for maps. No key holds a NUL. */
export function pathKey(path: ConfigPath): string {
  return path.map(String).join('\0');
}

export type PlainObject = Record<string, unknown>;

/** An object literal or a parsed one. Instances of classes are left alone: an adapter may take a client as it is. */
export function isPlainObject(value: unknown): value is PlainObject {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
