/** The kinds of value that a config key can have. Each says in its error what it got and what is allowed. */
import { z } from 'zod';
import { ConfigError, InvalidNameError, quote } from '../errors.js';
import { checkName } from '../message/names.js';
import { durationToMs, longestDurationMs } from '../time/duration.js';
import { snakeCase } from './keys.js';
import { nearest } from './nearest.js';
import { show } from './secrets.js';

/** What editors show of a key. `default` is what the engine does where the key is absent: the config itself fills nothing in. */
interface About {
  readonly description: string;
  readonly default?: unknown;
}

/** The error of a field: what it got, and what is allowed. */
export function allowing(allowed: string) {
  return {
    error: ({ input, path }: { readonly input?: unknown; readonly path?: PropertyKey[] }) =>
      input === undefined ? `is missing; allowed is ${allowed}` : `got ${show(input, path)}; allowed is ${allowed}`,
  };
}

export function whole(least: number, most: number, about: About) {
  const told = allowing(`a whole number from ${least} to ${most}`);
  return z
    .int(told)
    .min(least, told)
    .max(most, told)
    .optional()
    .meta({ ...about });
}

export function flag(about: About) {
  return z
    .boolean(allowing('true or false'))
    .optional()
    .meta({ ...about });
}

export function oneOf<const Names extends readonly string[]>(names: Names, about: About) {
  return z
    .enum(names, allowing(names.join(', ')))
    .optional()
    .meta({ ...about });
}

export function text(allowed: string) {
  return z.string(allowing(allowed)).min(1, allowing(allowed));
}

/** The name of a queue or a namespace. */
export function name(about: About) {
  return z
    .string(allowing('a name'))
    .superRefine((value, context) => {
      try {
        checkName('name', value);
      } catch (error) {
        if (!(error instanceof InvalidNameError)) throw error;
        context.addIssue({ code: 'custom', message: error.message });
      }
    })
    .optional()
    .meta({ ...about });
}

const units = { seconds: 1000, milliseconds: 1 } as const;

/** A number in the field's own unit, or text with a unit of its own. Read as milliseconds. */
export function duration(unit: keyof typeof units, leastMs: number, about: About) {
  const allowed = `a number of ${unit}, or text with a unit ('30s', '500ms', '5m'), from ${leastMs} ms to 100 years`;
  return z
    .union([z.number(), z.string()], allowing(allowed))
    .transform((value, context) => {
      const ms = toMs(typeof value === 'number' ? value * units[unit] : value);
      if (ms !== undefined && ms >= leastMs && ms <= longestDurationMs) return ms;
      context.addIssue({ code: 'custom', message: `got ${quote(value)}; allowed is ${allowed}` });
      return z.NEVER;
    })
    .optional()
    .meta({ ...about, description: `${about.description} In ${unit}, or text with a unit ('30s', '500ms', '5m').` });
}

function toMs(value: number | string): number | undefined {
  try {
    return durationToMs(value, '');
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

/** An object of exactly these keys. Each key too many is an issue of its own, and says what was probably meant. */
export function section<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape> {
  const known = Object.keys(shape).filter((key) => !key.startsWith('$'));
  const unknownKey = z.custom(() => false, { error: ({ path }) => describeUnknown(String(path?.at(-1)), known) });
  return z.object(shape, allowing(`a section with the keys ${known.map(snakeCase).join(', ')}`)).catchall(unknownKey) as z.ZodObject<Shape>;
}

function describeUnknown(key: string, known: readonly string[]): string {
  const near = nearest(key, known);
  const hint = near === undefined ? '' : `did you mean ${snakeCase(near)}? `;
  return `is no key of this section; ${hint}allowed are ${known.map(snakeCase).join(', ')}`;
}

/** Settings whose keys are data: the adapter's own options. */
export function open(about: About) {
  return z
    .record(z.string(), z.unknown(), allowing('an object'))
    .optional()
    .meta({ ...about });
}
