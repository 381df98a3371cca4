import { ConfigError, isInstanceOf, quote } from './errors.js';

const nothing: object = Object.freeze({});

/**
 * The options of a call as they are now: each is read once, since a getter of the caller's may throw, or answer otherwise the next time.
 * @param given `null` is refused: where options are needed it stands for none.
 * @param path names them in the error.
 * @throws ConfigError where they are no plain object, or can't be read
 */
export function readOptions<T extends object>(given: T | null | undefined, path = 'options'): T {
  if (given === undefined) return nothing as T;
  let isPlain: boolean;
  try {
    isPlain = isPlainObject(given);
    if (isPlain) return { ...given } as T;
  } catch (cause) {
    throw new ConfigError('the options are wrong', [{ path, message: 'must be a plain object; reading it threw' }], { cause });
  }
  throw new ConfigError('the options are wrong', [{ path, message: `got ${quote(given)}; allowed is a plain object` }]);
}

/** Also one of another realm. Options that an object inherits would be passed over. */
function isPlainObject(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || (!Array.isArray(value) && Object.getPrototypeOf(prototype) === null);
}

/**
 * A list that a caller gave, as it is now.
 * @throws ConfigError where it is none, or can't be read
 */
export function readList<T>(given: readonly T[], path: string): readonly T[] {
  try {
    if (Array.isArray(given)) return [...(given as readonly T[])];
  } catch (cause) {
    throw new ConfigError(`${path} is no list`, [{ path, message: 'must be an array; reading it threw' }], { cause });
  }
  throw new ConfigError(`${path} is no list`, [{ path, message: `got ${quote(given)}; allowed is an array` }]);
}

/** @throws ConfigError where it is no function */
export function checkFunction(given: unknown, path: string): void {
  if (typeof given === 'function') return;
  throw new ConfigError(`${path} is no function`, [{ path, message: `got ${quote(given)}; allowed is a function` }]);
}

/** Of these functions each may be there or not. What is given may be an instance of a class. @throws ConfigError */
export function checkFunctions(given: unknown, names: readonly string[], path: string): void {
  if (typeof given !== 'object' || given === null) {
    throw new ConfigError(`${path} is wrong`, [{ path, message: `got ${quote(given)}; allowed is an object with ${names.join(', ')}` }]);
  }
  for (const name of names) {
    const value = read(given, name, path);
    if (value !== undefined) checkFunction(value, `${path}.${name}`);
  }
}

function read(given: object, name: string, path: string): unknown {
  try {
    return Reflect.get(given, name);
  } catch (cause) {
    throw new ConfigError(`${path} is wrong`, [{ path: `${path}.${name}`, message: 'must be a function; reading it threw' }], { cause });
  }
}

/** @throws ConfigError where it is given and is no signal */
export function checkSignal(signal: unknown, path = 'options.signal'): void {
  if (signal === undefined || isInstanceOf(signal, AbortSignal)) return;
  throw new ConfigError('the options are wrong', [{ path, message: `got ${quote(signal)}; allowed is an AbortSignal` }]);
}

const defaultGraceMs = 5_000;
const longestGraceMs = 24 * 60 * 60_000;

/** How long a stop waits for what runs. @throws ConfigError */
export function readGrace(options: { readonly graceMs?: number } | undefined, fallbackMs: number = defaultGraceMs): number {
  const { graceMs = fallbackMs } = readOptions(options);
  if (typeof graceMs === 'number' && graceMs >= 0 && graceMs <= longestGraceMs) return graceMs;
  throw new ConfigError('the options are wrong', [
    { path: 'options.graceMs', message: `got ${quote(graceMs)}; allowed are milliseconds from 0 to ${longestGraceMs}` },
  ]);
}
