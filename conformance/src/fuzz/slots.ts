/** What may stand at each place of a call. All that a slot does not take has to be refused. */
import { durationToMs, InvalidNameError, parseChannelFilter, QuaysideError } from '@quayside/core';

/** Handled, counted, and expected to arrive whatever else is called. */
export const markerType = 'marker';

export interface Slot {
  /** A good value, made anew for each call. */
  readonly sample: () => unknown;
  /** Whether the call may take the value. It may refuse it for reasons of its own all the same, with a typed error. */
  readonly takes: (value: unknown) => boolean;
  /** The options at this place, each a slot of its own. */
  readonly fields?: Readonly<Record<string, Slot>>;
  /** The options that stand beside this one. Default: those that its call needs. */
  readonly beside?: Readonly<Record<string, unknown>>;
  /** How an error may name it, where not by its own name. */
  readonly noun?: RegExp;
  /** Values that are not tried: a call that waits as long as it was told hangs by right. Default: none. */
  readonly leavesOut?: (value: unknown) => boolean;
  /** Characters of an error's text at the most. Default 2000. */
  readonly longestText?: number;
  /** It is not quoted in errors, which name its part that can't be carried. */
  readonly isPayload?: boolean;
  /** What a handler is given of it must equal what was passed. */
  readonly reachesHandler?: boolean;
}

function slot(sample: () => unknown, takes: (value: unknown) => boolean): Slot {
  return { sample, takes };
}

const nameForm = /^[A-Za-z0-9_\-.:/]{1,200}$/;

export function isName(value: unknown): boolean {
  return typeof value === 'string' && nameForm.test(value);
}

function isChannel(value: unknown): boolean {
  return isName(value) && !String(value).split('.').includes('');
}

function isPattern(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  try {
    parseChannelFilter('pattern', value);
    return true;
  } catch (error) {
    if (error instanceof InvalidNameError) return false;
    throw error;
  }
}

export function isDuration(value: unknown, leastMs = 0): boolean {
  if (typeof value !== 'number' && typeof value !== 'string') return false;
  try {
    return durationToMs(value, 'duration') >= leastMs;
  } catch (error) {
    if (error instanceof QuaysideError) return false;
    throw error;
  }
}

export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  try {
    const prototype: unknown = Object.getPrototypeOf(value);
    return prototype === null || prototype === Object.prototype;
  } catch {
    return false;
  }
}

/** By the text of the contract alone: plain data that JSON carries, at most 500 levels deep. */
export function isPlainData(value: unknown, level = 0): boolean {
  if (value === null || typeof value === 'boolean') return true;
  if (typeof value === 'string') return value.length <= 1024 * 1024 - 2;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || level >= 500) return false;
  try {
    if (Array.isArray(value)) {
      return Object.keys(value).length === value.length && value.every((item) => isPlainData(item, level + 1));
    }
    if (!isPlainObject(value) || Object.getOwnPropertySymbols(value).length > 0) return false;
    return Object.values(value).every((item) => item === undefined || isPlainData(item, level + 1));
  } catch {
    return false;
  }
}

/** Whatever `read` throws for a value means that it does not fit. */
function fits(read: () => boolean): boolean {
  try {
    return read();
  } catch {
    return false;
  }
}

export const name = (sample: string, noun?: RegExp): Slot => ({ ...slot(() => sample, isName), noun });
export const channel = (sample: string): Slot => ({ ...slot(() => sample, isChannel), noun: /channel|event/ });
export const pattern = (sample: string): Slot => ({
  ...slot(() => sample, isPattern),
  // The markers would be counted more than once each.
  leavesOut: (value) => isPattern(value) && parseChannelFilter('pattern', value).matches(markerType),
  noun: /channel|event|pattern|filter|type/,
});
export const text = (sample: string): Slot =>
  slot(
    () => sample,
    (value) => typeof value === 'string',
  );
export const duration = (sample: number | string, leastMs = 0): Slot =>
  slot(
    () => sample,
    (value) => isDuration(value, leastMs),
  );
/** A duration for which the call itself may wait: only short ones are tried. */
export const patience = (sample: string): Slot => ({
  ...duration(sample),
  leavesOut: (value) => isDuration(value) && durationToMs(value as string, '') > 5_000,
});
export const whole = (sample: number, least: number, most = 1_000_000): Slot =>
  slot(
    () => sample,
    (value) => Number.isInteger(value) && Number(value) >= least && Number(value) <= most,
  );
export const flag = (sample: boolean): Slot =>
  slot(
    () => sample,
    (value) => typeof value === 'boolean',
  );
export const choice = (sample: string, all: readonly string[]): Slot =>
  slot(
    () => sample,
    (value) => all.includes(value as string),
  );
export const date = (): Slot =>
  slot(
    () => new Date(Date.UTC(2100, 0)),
    (value) => fits(() => value instanceof Date && !Number.isNaN(value.getTime())),
  );
export const callback = (sample: (...args: never[]) => unknown = () => undefined): Slot =>
  slot(
    () => sample,
    (value) => typeof value === 'function',
  );
export const signal = (): Slot =>
  slot(
    () => new AbortController().signal,
    (value) => fits(() => value instanceof AbortSignal),
  );
export const payload = (): Slot => ({ ...slot(() => ({ text: 'sound' }), isPlainData), isPayload: true, reachesHandler: true });
/** Whose handler, if there is one, nobody looks at. */
export const unobserved = (slot: Slot): Slot => ({ ...slot, reachesHandler: false });
/** Anything at all: the call describes it, or passes it on in this process. */
export const anything = (sample: unknown = 'sound'): Slot =>
  slot(
    () => sample,
    () => true,
  );
export const headers = (): Slot =>
  slot(
    () => ({ trace: 'sound' }),
    (value) => isPlainObject(value) && fits(() => Object.values(value).every((one) => typeof one === 'string')),
  );

export const optional = (slot: Slot): Slot => ({ ...slot, takes: (value) => value === undefined || slot.takes(value) });

/** Of one call: every option it knows, so that a new one is a compile error here. @param needed those without which the call is refused. */
export function options<T extends object>(fields: { readonly [K in keyof T]-?: Slot }, needed: Partial<T> = {}): Slot {
  const isNeeded = Object.keys(needed).length > 0;
  const slots = Object.entries<Slot>(fields).map(([key, field]): [string, Slot] => {
    if (key in needed) return [key, field];
    return [key, optional(field)];
  });
  return {
    sample: () => ({ ...needed }),
    takes: (value) => (value === undefined && !isNeeded) || isPlainObject(value),
    fields: Object.fromEntries(slots),
  };
}

/** An option that goes only with these others. */
export const beside = (others: Readonly<Record<string, unknown>>, field: Slot): Slot => ({ ...field, beside: others });

/** Any list of names. */
export const names = (...samples: readonly string[]): Slot => ({
  ...slot(
    () => [...samples],
    (value) => fits(() => Array.isArray(value) && value.every(isName)),
  ),
  noun: /item|id/,
});

export const list = (...items: readonly unknown[]): Slot => ({
  ...slot(
    () => [...items],
    (value) => fits(() => Array.isArray(value) && value.length === 0),
  ),
  noun: /item|id/,
});
