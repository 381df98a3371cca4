import type { Slot } from './slots.js';
import type { FuzzStage, PortName } from './stage.js';

type MethodOf<T> = { [K in keyof T]-?: NonNullable<T[K]> extends (...args: never[]) => unknown ? K : never }[keyof T];

/** A method: the slots of its arguments, by the name that an error gives them. */
export interface FuzzRow {
  readonly args: Readonly<Record<string, Slot>>;
  /** A call that is taken ends or empties what the others need: each has a stage of its own, and no neighbour is expected to survive it. */
  readonly isEnding?: boolean;
  /** A call that is taken may reject with these besides, by the code: what it was asked for is not there, or does not answer. */
  readonly alsoRejects?: readonly string[];
}

/** Every method of one kind of object. One without a row is a compile error, and fails the check of the table besides. */
export interface FuzzTable<T extends object> {
  /** As titles show it. */
  readonly subject: string;
  readonly port: PortName;
  open(stage: FuzzStage): T | Promise<T>;
  /** Methods that the object has for its own engine: no port shows them. */
  readonly inner?: readonly string[];
  readonly methods: { readonly [K in MethodOf<T>]: FuzzRow };
}

/** A table as the fuzz sees it, whatever its subject. */
export interface AnyTable extends Omit<FuzzTable<object>, 'methods'> {
  readonly methods: Readonly<Record<PropertyKey, FuzzRow>>;
}

export function table<T extends object>(parts: FuzzTable<T>): AnyTable {
  return parts;
}

/** The methods that an object really has, its own and those of its class. */
export function methodsOf(subject: object): readonly PropertyKey[] {
  const found = new Set<PropertyKey>();
  for (
    let holder: object | null = subject;
    holder !== null && holder !== Object.prototype;
    holder = Object.getPrototypeOf(holder) as object | null
  ) {
    for (const key of Reflect.ownKeys(holder)) {
      const { value } = Object.getOwnPropertyDescriptor(holder, key) ?? {};
      if (key !== 'constructor' && typeof value === 'function') found.add(key);
    }
  }
  return [...found];
}

/** Where a value is put: the argument's place and name, then the options that lead to it. */
export interface FuzzPlace {
  readonly index: number;
  readonly path: readonly string[];
  readonly slot: Slot;
}

export function placesOf(row: FuzzRow): readonly FuzzPlace[] {
  return Object.entries(row.args).flatMap(([name, slot], index) => placesIn(slot, index, [name]));
}

function placesIn(slot: Slot, index: number, path: readonly string[]): readonly FuzzPlace[] {
  const within = Object.entries(slot.fields ?? {}).flatMap(([key, field]) => placesIn(field, index, [...path, key]));
  return [{ index, path, slot }, ...within];
}

/** The arguments of a good call, with the value at this place. */
export function argumentsWith(row: FuzzRow, place: FuzzPlace | undefined, value: unknown): unknown[] {
  return Object.values(row.args).map((slot, index) => (index === place?.index ? put(slot, place.path.slice(1), value) : slot.sample()));
}

function put(slot: Slot, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  const field = slot.fields?.[key];
  if (field === undefined) throw new Error(`no slot is called ${key}`);
  return { ...((field.beside ?? slot.sample()) as object), [key]: put(field, rest, value) };
}
