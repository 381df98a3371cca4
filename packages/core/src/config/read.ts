import { readFile } from 'node:fs/promises';
import { dirname, extname, resolve } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import { ConfigError, quote } from '../errors.js';
import { applyOverrides, type Environment, setEveryType, substituteVariables } from './environment.js';
import { camelCase, isPlainObject, type PlainObject } from './keys.js';
import { nearest } from './nearest.js';
import { configSchema, type QuaysideConfig } from './schema.js';
import { WrittenConfig } from './written.js';

export interface ReadOptions {
  /** Default: the process's own. */
  readonly env?: Environment;
  /**
   * Where in a larger file the config stands: `'messaging'`, `'services.messaging'`; or `'.'`: at the top among others' keys, which are
   * then passed over unless they read like a misspelling of ours. Absent: the whole file is ours, and an unknown key is an error.
   */
  readonly section?: string;
  /** Every section's type, whatever file and environment say. */
  readonly type?: string;
}

/** Reads a config from a path (.yaml, .yml, .json) or an object, and what the environment adds to it. @throws ConfigError where there is nothing to check */
export async function readConfig(source: string | QuaysideConfig, options: ReadOptions = {}): Promise<WrittenConfig> {
  const env = options.env ?? process.env;
  const file = typeof source === 'string' ? resolve(source) : undefined;
  const whole: unknown = file === undefined ? source : await readFileAt(file);
  const raw = options.section === undefined ? whole : pick(whole, options.section);
  if (!isReadable(raw)) {
    throw new ConfigError(`${file === undefined ? 'the config' : cut(file)} is no config`, [
      { path: options.section ?? 'the config', message: `got ${quote(raw)}; allowed is an object with sections such as message_queue` },
    ]);
  }
  const config = new WrittenConfig(raw, file === undefined ? process.cwd() : dirname(file));
  applyOverrides(config, env);
  if (options.type !== undefined) setEveryType(config, options.type);
  substituteVariables(config, env);
  return config;
}

/** What is passed in place of a path may be of any length. */
function cut(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

/** What throws when it is looked at is no config. */
function isReadable(raw: unknown): raw is PlainObject {
  try {
    return isPlainObject(raw) && Object.values(raw).length >= 0;
  } catch {
    return false;
  }
}

async function readFileAt(file: string): Promise<unknown> {
  const parse = parsers[extname(file).toLowerCase()];
  if (parse === undefined) throw new ConfigError(`the config file ${cut(file)} has an unknown ending; allowed are .yaml, .yml and .json`);
  let content: string;
  try {
    content = await readFile(file, 'utf8');
  } catch (cause) {
    throw new ConfigError(
      `the config file ${cut(file)} can't be read: ${cut(cause instanceof Error ? cause.message : String(cause))}`,
      [],
      {
        cause,
      },
    );
  }
  return parse(content, file);
}

const parsers: Readonly<Record<string, (content: string, file: string) => unknown>> = {
  '.yaml': parseYaml,
  '.yml': parseYaml,
  '.json': parseJson,
};

/** The parsers' own messages quote the file, which may hold secrets: only the place is told. */
function parseYaml(content: string, file: string): unknown {
  const lines = new LineCounter();
  const document = parseDocument(content, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length === 0) return document.toJS();
  throw new ConfigError(
    `${file} is not valid YAML`,
    document.errors.map((error) => {
      const { line, col } = lines.linePos(error.pos[0]);
      return { path: `line ${line}, column ${col}`, message: error.code.toLowerCase().replaceAll('_', ' ') };
    }),
  );
}

function parseJson(content: string, file: string): unknown {
  try {
    return JSON.parse(content) as unknown;
  } catch (error) {
    const position = /position (\d+)/.exec(String(error))?.[1];
    const before = position === undefined ? content : content.slice(0, Number(position));
    const line = before.split('\n').length;
    const column = before.length - before.lastIndexOf('\n');
    throw new ConfigError(`${file} is not valid JSON`, [{ path: `line ${line}, column ${column}`, message: 'unexpected here' }]);
  }
}

/** @see ReadOptions.section */
function pick(whole: unknown, section: string): unknown {
  if (section !== '.') return section.split('.').reduce<unknown>((node, key) => (isPlainObject(node) ? node[key] : undefined), whole);
  return isPlainObject(whole) ? withoutForeignKeys(whole) : whole;
}

function withoutForeignKeys(whole: PlainObject): PlainObject {
  const ours = Object.keys(configSchema.shape);
  return Object.fromEntries(
    Object.entries(whole).filter(([key]) => ours.includes(camelCase(key)) || nearest(camelCase(key), ours) !== undefined),
  );
}
