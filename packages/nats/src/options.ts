import { ConfigError, type Duration, durationToMs, type Issue, quote } from '@quayside/core';
import { nkeys } from 'nats';
import { parseServers, withoutSecrets } from './server-address.js';

/** Files are read again at each dialling, so that a renewed certificate counts without a restart. */
export interface NatsTlsOptions {
  /** Certificates to trust, in PEM. Default: those that Node trusts. */
  readonly ca?: string;
  readonly caFile?: string;
  /** The client's own certificate and its key, in PEM. */
  readonly cert?: string;
  readonly certFile?: string;
  readonly key?: string;
  readonly keyFile?: string;
}

export interface NatsOptions {
  /**
   * One server or several of one cluster, which tell of their neighbours: `nats://host:4222`, `tls://host`, `host`, with `user:password@`
   * or `token@` before the host; a text may list several, separated by commas. Default `nats://127.0.0.1:4222`.
   */
  readonly servers?: string | readonly string[];
  /** For the servers that name no login in their address. One of token, user and nkey. */
  readonly token?: string;
  readonly user?: string;
  readonly password?: string;
  /** The seed of an nkey: `SU…`. */
  readonly nkey?: string;
  /** Asks for TLS, as `tls://` does. Without it the server decides: where it demands TLS, that is spoken, and its certificate checked. */
  readonly tls?: true | NatsTlsOptions;
  /** Shown in the server's list of connections. Default: the namespace. */
  readonly name?: string;
  /** Bound of one attempt to reach one server, TLS and login included. Default 3 s. */
  readonly dialTimeout?: Duration;
  /** Keeps events for durable subscriptions. Needs a server with JetStream. Default: none, and no durable subscriptions. */
  readonly jetStream?: true | JetStreamOptions;
}

/**
 * Of the one stream of a namespace, which the first process makes. One that is there already keeps its limits: they are changed with NATS'
 * own tools.
 */
export interface JetStreamOptions {
  /** Servers that keep a copy, 1 to 5. Default 1. */
  readonly replicas?: number;
  /** An event that nobody has handled by then is gone for the readers that lack it. Default: none. */
  readonly maxAge?: Duration;
  /** Bytes of what is kept. Past it `publish` rejects with CapacityError. Default: what the server allows. */
  readonly maxBytes?: number;
  /**
   * So long after the last sign of life the server hands an event out again, from 1 s. A process that lives gives such signs, unless its event
   * loop is blocked for longer. The same in all processes. Default 30 s.
   */
  readonly ackWait?: Duration;
}

const texts = ['token', 'user', 'password', 'nkey', 'name'] as const;
const tlsTexts = ['ca', 'caFile', 'cert', 'certFile', 'key', 'keyFile'] as const;
const jetStreamKeys = ['replicas', 'maxAge', 'maxBytes', 'ackWait'] as const;
const known: readonly string[] = ['servers', ...texts, 'tls', 'dialTimeout', 'jetStream'];
/** Never shown, not even the first letters. */
const secrets: readonly string[] = ['token', 'password', 'nkey', 'key'];

/** All that is wrong with them at once; empty where they are `NatsOptions`. */
export function checkOptions(value: unknown): readonly Issue[] {
  if (value === undefined) return [];
  if (!isRecord(value)) return [{ path: '', message: `got ${quote(value)}; allowed is an object of options` }];
  return [
    ...unknownKeys(value, known, ''),
    ...checkServers(value.servers),
    ...texts.flatMap((key) => checkText(value[key], key)),
    ...checkLogin(value),
    ...checkTls(value.tls),
    ...checkDuration(value.dialTimeout, 'dialTimeout', 1),
    ...checkJetStream(value.jetStream),
  ];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unknownKeys(value: object, allowed: readonly string[], prefix: string): Issue[] {
  const unknown = Object.keys(value).filter((key) => !allowed.includes(key));
  return unknown.map((key) => ({ path: prefix + key, message: `unknown option; allowed are ${allowed.join(', ')}` }));
}

function checkServers(value: unknown): Issue[] {
  if (value === undefined) return [];
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0) return [{ path: 'servers', message: 'got an empty list; allowed is at least one address' }];
  return list.flatMap((text, index) => {
    const path = Array.isArray(value) ? `servers.${index}` : 'servers';
    if (typeof text !== 'string') return [{ path, message: `got ${quote(text)}; allowed is an address: nats://host:4222` }];
    if (parseServers(text) !== undefined) return [];
    return [{ path, message: `got ${quote(withoutSecrets(text))}; allowed is an address: nats://host:4222, tls://host, host:4222` }];
  });
}

function checkText(value: unknown, path: string): Issue[] {
  if (value === undefined || (typeof value === 'string' && value !== '')) return [];
  const shown = secrets.includes(path.slice(path.lastIndexOf('.') + 1)) ? `a value of type ${typeof value}` : quote(value);
  return [{ path, message: `got ${value === '' ? 'an empty text' : shown}; allowed is a text` }];
}

function checkLogin({ token, user, password, nkey }: Readonly<Record<string, unknown>>): Issue[] {
  const issues: Issue[] = [];
  const given = Object.entries({ token, user, nkey }).flatMap(([key, value]) => (value === undefined ? [] : [key]));
  if (given.length > 1) issues.push({ path: given[1] ?? '', message: `stands beside ${given[0]}; allowed is one of token, user and nkey` });
  if (password !== undefined && user === undefined) issues.push({ path: 'password', message: 'stands without user' });
  if (typeof nkey === 'string' && nkey !== '' && !isUserSeed(nkey)) {
    issues.push({ path: 'nkey', message: "is not the seed of a user's nkey; allowed is one as `nk -gen user` makes it: SU…" });
  }
  return issues;
}

function isUserSeed(text: string): boolean {
  try {
    return nkeys.fromSeed(new TextEncoder().encode(text)).getPublicKey().startsWith('U');
  } catch {
    return false;
  }
}

function checkTls(value: unknown): Issue[] {
  if (value === undefined || value === true) return [];
  if (!isRecord(value)) return [{ path: 'tls', message: `got ${quote(value)}; allowed are true, or an object of options` }];
  const issues = [...unknownKeys(value, tlsTexts, 'tls.'), ...tlsTexts.flatMap((key) => checkText(value[key], `tls.${key}`))];
  const { cert, certFile, key, keyFile } = value;
  if ((cert ?? certFile) !== undefined && (key ?? keyFile) === undefined) {
    issues.push({ path: 'tls.key', message: 'is missing beside the certificate: allowed are key and keyFile' });
  }
  return issues;
}

function checkJetStream(value: unknown): Issue[] {
  if (value === undefined || value === true) return [];
  if (!isRecord(value)) return [{ path: 'jetStream', message: `got ${quote(value)}; allowed are true, or an object of options` }];
  return [
    ...unknownKeys(value, jetStreamKeys, 'jetStream.'),
    ...checkWhole(value.replicas, 'jetStream.replicas', 5),
    ...checkWhole(value.maxBytes, 'jetStream.maxBytes', Number.MAX_SAFE_INTEGER),
    ...checkDuration(value.maxAge, 'jetStream.maxAge', 1_000),
    ...checkDuration(value.ackWait, 'jetStream.ackWait', 1_000),
  ];
}

function checkWhole(value: unknown, path: string, most: number): Issue[] {
  if (value === undefined || (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most)) return [];
  return [{ path, message: `got ${quote(value)}; allowed is a whole number from 1 to ${most}` }];
}

function checkDuration(value: unknown, path: string, leastMs: number): Issue[] {
  if (value === undefined) return [];
  try {
    if (durationToMs(value as Duration, path) >= leastMs) return [];
    return [{ path, message: `got ${quote(value)}; allowed is a duration from ${leastMs} ms` }];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [...error.issues];
  }
}
