import { type InspectOptions, inspect } from 'node:util';
import { isPlainObject } from './keys.js';

type Hide = (text: string) => string;

/** Deeper than any logger looks. */
const whole: InspectOptions = { depth: 6, maxArrayLength: 1000, maxStringLength: null };

/** Beyond it nobody reads on, and the stack would end. */
const deepest = 100;

/** Copies a value, with something hidden in each of its texts. */
export class CleanCopy {
  /** Whether the copy differs from what it was made of. */
  hasHidden = false;
  readonly #hide: Hide;
  readonly #hideInErrors: Hide;
  readonly #copies = new Map<object, object>();

  constructor(hide: Hide, hideInErrors: Hide) {
    this.#hide = hide;
    this.#hideInErrors = hideInErrors;
  }

  of(value: unknown): unknown {
    return this.#copy(value, this.#hide, 0);
  }

  #copy(value: unknown, hide: Hide, depth: number): unknown {
    if (typeof value === 'string') return this.#text(value, hide);
    if (typeof value !== 'object' || value === null) return value;
    if (depth > deepest) return this.#instead('[deeper]');
    try {
      return this.#copies.get(value) ?? this.#copyObject(value, hide, depth + 1);
    } catch {
      // It came from anybody: a getter or a trap of his threw.
      return this.#instead('[unreadable]');
    }
  }

  #instead(text: string): string {
    this.hasHidden = true;
    return text;
  }

  #copyObject(value: object, hide: Hide, depth: number): unknown {
    if (value instanceof Error) return this.#fill(sameKind(new Error(), value), value, this.#hideInErrors, depth);
    if (Array.isArray(value)) return this.#list(value, hide, depth);
    if (isPlainObject(value)) return this.#fill(sameKind({}, value), value, hide, depth);
    return this.#withoutWhatShows(value, hide);
  }

  #text(text: string, hide: Hide): string {
    const hidden = hide(text);
    if (hidden !== text) this.hasHidden = true;
    return hidden;
  }

  /** Enters the copy before its parts: an error may be among its own causes. */
  #fill(copy: object, from: object, hide: Hide, depth: number): object {
    this.#copies.set(from, copy);
    for (const key of Reflect.ownKeys(from)) {
      const enumerable = Object.prototype.propertyIsEnumerable.call(from, key);
      const value = this.#copy(Reflect.get(from, key), hide, depth);
      Object.defineProperty(copy, key, { value, enumerable, writable: true, configurable: true });
    }
    return copy;
  }

  #list(items: readonly unknown[], hide: Hide, depth: number): unknown[] {
    const copy: unknown[] = [];
    this.#copies.set(items, copy);
    for (const item of items) copy.push(this.#copy(item, hide, depth));
    return copy;
  }

  /** A socket, a client, a URL: it can't be copied, so it stays where nothing in it has to be hidden, and goes where something has. */
  #withoutWhatShows(value: object, hide: Hide): unknown {
    const shown = inspect(value, whole);
    if (hide(shown) === shown) return value;
    this.hasHidden = true;
    return Object.prototype.toString.call(value);
  }
}

function sameKind(copy: object, original: object): object {
  return Object.setPrototypeOf(copy, Object.getPrototypeOf(original) as object | null) as object;
}
