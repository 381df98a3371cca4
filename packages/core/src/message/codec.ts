import { type Issue, isInstanceOf, PayloadError, quote } from '../errors.js';

/** Turns payloads into text and back. What it can't carry unchanged it refuses with the path. */
export interface Codec {
  /** @throws PayloadError that names what can't be carried, and where. */
  encode(value: unknown): string;
  /** A fresh value at each call. Throws where the text is not what `encode` makes. */
  decode(text: string): unknown;
}

/** Deeper than any sensible payload, and far from the depth at which V8's own JSON runs out of stack. A circle ends here too. */
const deepest = 500;

const isEnumerable = Object.prototype.propertyIsEnumerable;

/** The first thing that JSON would change or drop. The path is put together on the way out, so that a good payload pays nothing for it. */
function findProblem(value: unknown, depth: number): Issue | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return undefined;
    case 'number':
      return Number.isFinite(value) ? undefined : { path: '', message: `${value} is not a JSON number` };
    case 'object':
      if (value === null) return undefined;
      if (depth === deepest) return { path: '', message: `circular, or nested deeper than ${deepest}` };
      return Array.isArray(value) ? findInArray(value, depth) : findInObject(value, depth);
    default:
      return {
        path: '',
        message: `${quote(value)} is not JSON: allowed are null, booleans, finite numbers, strings, arrays and plain objects`,
      };
  }
}

/** Cut, since anybody can name a class. */
function classOf(object: object): string {
  const name: unknown = object.constructor?.name;
  return typeof name === 'string' ? name.slice(0, 80) : 'a class';
}

function findInArray(array: readonly unknown[], depth: number): Issue | undefined {
  if (Object.keys(array).length > array.length) return { path: '', message: 'a property of an array would be dropped' };
  for (let index = 0; index < array.length; index++) {
    const problem = findProblem(array[index], depth + 1);
    if (problem !== undefined) return within(`[${index}]`, problem);
  }
  return undefined;
}

function findInObject(object: object, depth: number): Issue | undefined {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype !== Object.prototype && prototype !== null) {
    return { path: '', message: `an instance of ${classOf(object)} would arrive as something else: pass plain data` };
  }
  if (Object.getOwnPropertySymbols(object).some((key) => isEnumerable.call(object, key))) {
    return { path: '', message: 'a symbol as key would be dropped' };
  }
  for (const key of Object.keys(object)) {
    const property = (object as Record<string, unknown>)[key];
    if (property === undefined) continue;
    const problem = findProblem(property, depth + 1);
    if (problem !== undefined) return within(`.${key}`, problem);
  }
  return undefined;
}

function within(step: string, problem: Issue): Issue {
  const path = step + problem.path;
  return { path: path.length > 200 ? `${path.slice(0, 200)}…` : path, message: problem.message };
}

function uncarried({ path, message }: Issue, cause?: unknown): PayloadError {
  return new PayloadError('the payload can not be carried unchanged', [{ path: `payload${path}`, message }], { cause });
}

/** The default: JSON, strict. A property whose value is `undefined` is left out, as in JSON; -0 arrives as 0. */
export const jsonCodec: Codec = {
  encode(value) {
    try {
      const problem = findProblem(value, 0);
      if (problem === undefined) return JSON.stringify(value);
      throw uncarried(problem);
    } catch (thrown) {
      throw isInstanceOf(thrown, PayloadError) ? thrown : uncarried({ path: '', message: 'reading it threw: pass plain data' }, thrown);
    }
  },
  decode: (text) => JSON.parse(text) as unknown,
};
