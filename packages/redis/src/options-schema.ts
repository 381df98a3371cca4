/**
 * Checks this adapter's options. By hand, in the form of a Standard Schema: a dozen keys are no reason for a dependency, and what depends
 * on one another (url or host, cluster or sentinels) would be by hand in any case.
 */
import { type Adapter, quote } from '@quayside/core';
import type { RedisOptions } from './options.js';

type Schema = Adapter<RedisOptions>['configSchema'];

interface Issue {
  readonly message: string;
  readonly path: readonly PropertyKey[];
}

interface Check {
  readonly allowed: string;
  /** It is not shown. */
  readonly isSecret?: boolean;
  readonly test: (value: unknown) => boolean;
}

const text: Check = { allowed: 'a text', test: (value) => typeof value === 'string' && value !== '' };
const port: Check = { allowed: 'a whole number from 1 to 65535', test: (value) => isWhole(value, 1, 65_535) };
const addresses: Check = {
  allowed: 'a list of { host, port }',
  test: (value) => Array.isArray(value) && value.length > 0 && value.every(isAddress),
};

const checks: Readonly<Record<keyof RedisOptions, Check>> = {
  url: { allowed: 'redis://user:password@host:port/db, or rediss:// for TLS', isSecret: true, test: isRedisUrl },
  host: text,
  port,
  username: text,
  password: { ...text, isSecret: true },
  db: { allowed: 'a whole number from 0', test: (value) => isWhole(value, 0, 2 ** 31) },
  tls: { allowed: "true, false, or Node's TLS options", test: (value) => typeof value === 'boolean' || isObject(value) },
  sentinels: addresses,
  sentinelName: text,
  sentinelUsername: text,
  sentinelPassword: { ...text, isSecret: true },
  cluster: addresses,
  keyPrefix: {
    allowed: '1 to 200 ASCII letters, digits and _ - . : /',
    test: (value) => typeof value === 'string' && /^[\w\-.:/]{1,200}$/.test(value),
  },
  createClient: { allowed: 'a function', test: (value) => typeof value === 'function' },
};

/** Pairs that exclude each other. */
const exclusions: readonly (readonly [keyof RedisOptions, keyof RedisOptions])[] = [
  ['url', 'host'],
  ['url', 'port'],
  ['url', 'username'],
  ['url', 'password'],
  ['url', 'db'],
  ['sentinels', 'url'],
  ['sentinels', 'host'],
  ['sentinels', 'port'],
  ['cluster', 'url'],
  ['cluster', 'host'],
  ['cluster', 'port'],
  ['cluster', 'sentinels'],
  ['cluster', 'createClient'],
];

export const optionsSchema: Schema = {
  '~standard': {
    version: 1,
    vendor: 'quayside',
    validate(value) {
      const written = value ?? {};
      if (!isObject(written)) return { issues: [{ message: `got ${quote(value)}; allowed is an object of options` }] };
      const issues = [...checkEach(written), ...checkTogether(written as RedisOptions)];
      return issues.length > 0 ? { issues } : { value: written as RedisOptions };
    },
  },
};

function checkEach(written: object): readonly Issue[] {
  const issues: Issue[] = [];
  for (const [key, value] of Object.entries(written)) {
    const check = Object.hasOwn(checks, key) ? checks[key as keyof RedisOptions] : undefined;
    if (check === undefined) issues.push({ path: [key], message: `unknown option; known are ${Object.keys(checks).join(', ')}` });
    else if (value !== undefined && !check.test(value)) {
      issues.push({
        path: [key],
        message: `got ${check.isSecret === true ? 'something else' : quote(value)}; allowed is ${check.allowed}`,
      });
    }
  }
  return issues;
}

function checkTogether(options: RedisOptions): readonly Issue[] {
  const issues = exclusions
    .filter(([one, other]) => options[one] !== undefined && options[other] !== undefined)
    .map(([one, other]): Issue => ({ path: [other], message: `${one} and ${other} exclude each other: give one of them` }));
  if (options.sentinels !== undefined && options.sentinelName === undefined) {
    issues.push({ path: ['sentinelName'], message: 'is required with sentinels: the name by which they know the master' });
  }
  if (options.cluster !== undefined && (options.db ?? 0) !== 0) issues.push({ path: ['db'], message: 'a cluster has only database 0' });
  return issues;
}

function isWhole(value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isAddress(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { host, port: number } = value as { readonly host?: unknown; readonly port?: unknown };
  return text.test(host) && (number === undefined || port.test(number));
}

function isRedisUrl(value: unknown): boolean {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const { protocol, hostname, pathname, search } = new URL(value);
  return ['redis:', 'rediss:'].includes(protocol) && hostname !== '' && search === '' && /^(\/\d*)?$/.test(pathname);
}
