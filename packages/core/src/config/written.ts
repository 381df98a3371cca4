import { ConfigError, type Issue, quote } from '../errors.js';
import { type ConfigPath, camelCase, isPlainObject, type PlainObject, pathKey, snakeCase } from './keys.js';
import { Redactor } from './redactor.js';

/** Here the keys of the children are data, not ours to rename: types of backends, names of headers. */
function holdsData(path: ConfigPath): boolean {
  return (path.length === 1 && path[0] === 'backends') || (path[0] === 'taskDispatcher' && path.at(-1) === 'headers');
}

/** Deeper than any option of ours or of an adapter. A circle ends here too. */
const deepest = 32;

/** What goes to an adapter may hold a client, a certificate, whatever it takes. */
function isForAdapter([first, second]: ConfigPath): boolean {
  return (first === 'backends' && second !== undefined) || second === 'connection';
}

/** A config with its keys in camelCase, which still knows how and where each value was written. */
export class WrittenConfig {
  readonly value: PlainObject;
  /** What was wrong in reading it. */
  readonly issues: Issue[] = [];
  /** Paths of modules are relative to this folder. */
  readonly folder: string;
  readonly #spelling = new Map<string, string>();
  readonly #variables = new Map<string, string>();
  readonly #substituted = new Set<string>();

  constructor(raw: PlainObject, folder: string) {
    this.folder = folder;
    this.value = this.#readObject(raw, []);
  }

  /** Changes every text in place. */
  replaceTexts(replace: (text: string, path: ConfigPath) => string | undefined): void {
    const walk = (node: unknown, path: ConfigPath): unknown => {
      if (typeof node === 'string') return this.isFromEnvironment(path) ? node : this.#replaceText(node, path, replace);
      if (Array.isArray(node)) return node.map((item, index) => walk(item, [...path, index]));
      if (!isPlainObject(node)) return node;
      for (const [key, child] of Object.entries(node)) node[key] = walk(child, [...path, key]);
      return node;
    };
    walk(this.value, []);
  }

  /** Puts a value in from outside the file, and remembers the variable it came from. */
  override(path: readonly string[], value: string, variable?: string): void {
    const parents = path.slice(0, -1);
    let node = this.value;
    for (const key of parents) {
      const child = Object.hasOwn(node, key) ? node[key] : undefined;
      const next = isPlainObject(child) ? child : {};
      node[key] = next;
      node = next;
    }
    node[path.at(-1) ?? ''] = value;
    if (variable !== undefined) this.#variables.set(pathKey(path), variable);
  }

  isFromEnvironment(path: ConfigPath): boolean {
    return this.#variables.has(pathKey(path)) || this.#substituted.has(pathKey(path));
  }

  /** The place as the user wrote it: `message_queue.workers`, `routes[0].to`, or the name of an environment variable. */
  place(path: ConfigPath): string {
    let place = '';
    for (const [index, key] of path.entries()) {
      const here = path.slice(0, index + 1);
      const variable = this.#variables.get(pathKey(here));
      place =
        variable ?? `${place}${step(typeof key === 'number' ? key : (this.#spelling.get(pathKey(here)) ?? snakeCase(String(key))), place)}`;
    }
    return place === '' ? 'the config' : place;
  }

  /** One error of all issues, without any secret that the config holds. */
  error(headline: string, issues: readonly Issue[], cause?: unknown): ConfigError {
    const redactor = new Redactor(this.value);
    return new ConfigError(headline, redactor.clean(issues), { cause: redactor.clean(cause) });
  }

  #readObject(raw: PlainObject, path: ConfigPath): PlainObject {
    const read: PlainObject = {};
    for (const [written, child] of Object.entries(raw)) {
      const key = holdsData(path) ? written : camelCase(written);
      const here = [...path, key];
      if (key === '__proto__') {
        this.issues.push({ path: this.place(here), message: 'is no key that a config can have' });
        continue;
      }
      const earlier = this.#spelling.get(pathKey(here));
      if (earlier !== undefined) {
        this.issues.push({ path: this.place(here), message: `is given twice: as ${earlier} and as ${written}` });
        continue;
      }
      this.#spelling.set(pathKey(here), written);
      read[key] = this.#read(child, here);
    }
    return read;
  }

  /** What can't be read, or has no end, is an issue, and absent. */
  #read(raw: unknown, path: ConfigPath): unknown {
    if (path.length > deepest) return this.#refuse(path, `is nested deeper than ${deepest}; allowed is plain data`);
    try {
      return this.#readValue(raw, path);
    } catch {
      return this.#refuse(path, 'threw when it was read; allowed is plain data');
    }
  }

  #refuse(path: ConfigPath, message: string): undefined {
    this.issues.push({ path: this.place(path), message });
    return undefined;
  }

  #readValue(raw: unknown, path: ConfigPath): unknown {
    if (Array.isArray(raw)) return raw.map((item, index) => this.#read(item, [...path, index]));
    if (isPlainObject(raw)) return this.#readObject(raw, path);
    if (typeof raw === 'object' && raw !== null && !isForAdapter(path))
      return this.#refuse(path, `got ${quote(raw)}; allowed is plain data`);
    return raw;
  }

  #replaceText(text: string, path: ConfigPath, replace: (text: string, path: ConfigPath) => string | undefined): string {
    const replaced = replace(text, path);
    if (replaced === undefined) return text;
    this.#substituted.add(pathKey(path));
    return replaced;
  }
}

function step(key: string | number, before: string): string {
  if (typeof key === 'number') return `[${key}]`;
  if (!/^[\w$-]+$/.test(key)) return `[${JSON.stringify(key)}]`;
  return before === '' ? key : `.${key}`;
}
