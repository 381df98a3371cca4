import type { BackoffOptions } from '../ports/handler.js';
import type { Headers } from './message.js';

/** What core keeps of a message beside its payload. Whatever is default is absent, and costs no byte. */
export interface MessageMeta {
  readonly headers?: Headers;
  /** Of the payload's declared type, where it is not 1. */
  readonly version?: number;
  /** Milliseconds since the epoch; absent where the id is one of ours, which carries it. */
  readonly publishedAt?: number;
  /** Milliseconds since the epoch by the publisher's clock. */
  readonly expiresAt?: number;
  readonly maxRetries?: number;
  readonly maxDeliveries?: number;
  readonly backoff?: BackoffOptions;
  readonly timeoutMs?: number;
}

/** The envelope's own version: a reader that meets a higher one gives the message back for a newer worker. */
export const envelopeVersion = 1;

/** What is stored, in short keys, since it is stored a million times. `l` is the layout, absent for 1. */
interface StoredMeta {
  readonly l?: number;
  readonly h?: Headers;
  readonly v?: number;
  readonly p?: number;
  readonly e?: number;
  readonly r?: number;
  readonly d?: number;
  readonly b?: BackoffOptions;
  readonly t?: number;
}

/** One line; empty where all is default. */
export function writeMeta(meta: MessageMeta): string {
  const stored: StoredMeta = {
    h: meta.headers,
    v: meta.version,
    p: meta.publishedAt,
    e: meta.expiresAt,
    r: meta.maxRetries,
    d: meta.maxDeliveries,
    b: meta.backoff,
    t: meta.timeoutMs,
  };
  const text = JSON.stringify(stored);
  return text === '{}' ? '' : text;
}

const nothing: MessageMeta = {};

/** Reads what `writeMeta` wrote; `newer` where a later version of the envelope did. Throws a SyntaxError or TypeError for anything else. */
export function readMeta(text: string): MessageMeta | 'newer' {
  if (text === '') return nothing;
  const stored = JSON.parse(text) as StoredMeta;
  if (typeof stored !== 'object' || stored === null || Array.isArray(stored)) throw new TypeError('the envelope is not an object');
  checkNumber(stored, 'l');
  if (stored.l !== undefined && stored.l > envelopeVersion) return 'newer';
  checkParts(stored);
  return {
    headers: stored.h,
    version: stored.v,
    publishedAt: stored.p,
    expiresAt: stored.e,
    maxRetries: stored.r,
    maxDeliveries: stored.d,
    backoff: stored.b,
    timeoutMs: stored.t,
  };
}

/** A limit that is none would hold nothing: the message would circulate for ever. @throws TypeError */
function checkParts(stored: StoredMeta): void {
  for (const part of ['v', 'p', 'e', 'r', 'd', 't'] as const) checkNumber(stored, part);
  const { h, b } = stored;
  if (h !== undefined && !(isObject(h) && Object.values(h).every((value) => typeof value === 'string'))) throw damaged('h');
  if (b !== undefined && !(isObject(b) && (b.type === 'fixed' || b.type === 'exponential'))) throw damaged('b');
}

function checkNumber(stored: StoredMeta, part: 'l' | 'v' | 'p' | 'e' | 'r' | 'd' | 't'): void {
  if (stored[part] !== undefined && typeof stored[part] !== 'number') throw damaged(part);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function damaged(part: keyof StoredMeta): TypeError {
  return new TypeError(`the envelope's part ${part} is damaged`);
}
