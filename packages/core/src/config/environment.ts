/**
 * What the environment adds to a config.
 *
 * - `${NAME}` in a text stands for that variable, `${NAME:-text}` for `text` where it is unset or empty, `$${` for `${` itself.
 * - `QUAYSIDE_<KEY>` overrides a key, with two underscores for each step down: `QUAYSIDE_MESSAGE_QUEUE__WORKERS=8`,
 *   `QUAYSIDE_BACKENDS__REDIS__URL=redis://…`, `QUAYSIDE_NAMESPACE=staging`. One that matches no key is an error.
 * - `QUAYSIDE_TYPE` sets the type of every section that is there; the key of one section wins over it.
 *
 * Variables are text; where the config, or an adapter, wants a number or a flag, they are read as one.
 */
import { camelCase, isPlainObject } from './keys.js';
import { sectionKeys } from './schema.js';
import { canonicalType } from './types.js';
import type { WrittenConfig } from './written.js';

export type Environment = Readonly<Record<string, string | undefined>>;

const prefix = 'QUAYSIDE_';
/** Variables of other purposes: those of this repository's own runs, and those that Kubernetes sets for a Service named quayside or quayside-… */
const foreign = /^QUAYSIDE_(?:(?:TEST|BENCH)_|(?:\w+_)?SERVICE_(?:HOST|PORT)|(?:\w+_)?PORT$|(?:\w+_)?PORT_\d+_(?:TCP|UDP))/;

export function applyOverrides(config: WrittenConfig, env: Environment): void {
  const everyType = env[`${prefix}TYPE`];
  if (everyType !== undefined) setEveryType(config, everyType, `${prefix}TYPE`);
  for (const [variable, value] of Object.entries(env)) {
    if (value === undefined || !variable.startsWith(prefix) || variable === `${prefix}TYPE` || foreign.test(variable)) continue;
    const steps = variable.slice(prefix.length).toLowerCase().split('__');
    const path = steps.map((step, index) => (index === 1 && steps[0] === 'backends' ? step : camelCase(step)));
    config.override(path, value, variable);
  }
}

/** Puts every section on one type. Connection options that were meant for another one are left out. */
export function setEveryType(config: WrittenConfig, type: string, variable?: string): void {
  const { backends, messageQueue } = config.value;
  const chosen = canonicalType(type);
  const usual = isPlainObject(messageQueue) ? messageQueue.type : undefined;
  for (const key of sectionKeys) {
    const section = config.value[key];
    if (!isPlainObject(section)) continue;
    if (canonicalType(section.type ?? usual) !== chosen) delete section.connection;
    config.override([key, 'type'], type, variable);
  }
  if (!isPlainObject(backends)) return;
  for (const other of Object.keys(backends)) if (canonicalType(other) !== chosen) delete backends[other];
}

const placeholder = /\$\$\{|\$\{([A-Za-z_]\w*)(?::-([^}]*))?\}/g;

export function substituteVariables(config: WrittenConfig, env: Environment): void {
  config.replaceTexts((text, path) => {
    if (!text.includes('${')) return undefined;
    return text.replaceAll(placeholder, (whole, variable: string | undefined, fallback: string | undefined) => {
      if (variable === undefined) return '${';
      const value = env[variable];
      if (value !== undefined && (value !== '' || fallback === undefined)) return value;
      if (fallback !== undefined) return fallback;
      config.issues.push({
        path: config.place(path),
        message: `the environment variable ${variable} is not set: set it, or write \${${variable}:-default}`,
      });
      return whole;
    });
  });
}
