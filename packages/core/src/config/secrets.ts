import { quote } from '../errors.js';
import { isPlainObject } from './keys.js';

const secretKey =
  /pass(word|wd|phrase)?$|pwd$|secret|token|credential|creds$|api_?key|private_?key|access_?key|nkey_?seed|^(auth|key|pfx|nkey|seed|jwt)$/i;
/** Greedy on purpose: a password may hold `/` and `@`, and showing too little harms nobody. */
const userInfo = /(?<=\w:\/\/)\S*@/g;
const parameter = /[?&;]([\w.-]+)=([^&;#\s]+)/g;

/** Stands in the place of a secret. */
export const mask = '***';

export function isSecretKey(key: unknown): boolean {
  return typeof key === 'string' && secretKey.test(key);
}

/** Hides what stands between `://` and `@`: name and password, or a token. */
export function maskCredentials(text: string): string {
  return text.replace(userInfo, `${mask}@`);
}

/** Quotes a value of the config for a message; one under a secret key is not shown. */
export function show(value: unknown, path: readonly PropertyKey[] = []): string {
  if (value !== undefined && path.some(isSecretKey)) return mask;
  return typeof value === 'string' ? quote(maskCredentials(value)) : quote(value);
}

/** Every text of a config that must not be shown: what stands under secret keys, and what URLs carry before their `@` or as a parameter. */
export function collectSecrets(value: unknown): ReadonlySet<string> {
  const found = new Set<string>();
  collect(value, false, found);
  found.delete('');
  return found;
}

function collect(value: unknown, isSecret: boolean, found: Set<string>): void {
  if (typeof value === 'string') {
    if (isSecret) found.add(value);
    collectFromUrls(value, found);
  } else if (value instanceof URL) {
    collect(value.href, isSecret, found);
  } else if (Array.isArray(value)) {
    for (const item of value) collect(item, isSecret, found);
  } else if (isPlainObject(value)) {
    for (const [key, child] of Object.entries(value)) {
      // A number counts under its own key only: `auth: { timeout: 5 }` is no reason to hide every 5.
      if (typeof child === 'number' && isSecretKey(key)) found.add(String(child));
      collect(child, isSecret || isSecretKey(key), found);
    }
  }
}

/** Of one URL, or of several with commas between; a password may hold a comma, too. */
function collectFromUrls(text: string, found: Set<string>): void {
  for (const url of [text, ...text.split(',')]) {
    for (const [info] of url.matchAll(userInfo)) addWritten(info.slice(info.indexOf(':') + 1, -1), found);
  }
  if (!text.includes('://')) return;
  for (const [, key, value = ''] of text.matchAll(parameter)) if (isSecretKey(key)) addWritten(value, found);
}

/** As it is written in a URL, and as it is meant. */
function addWritten(secret: string, found: Set<string>): void {
  found.add(secret);
  try {
    found.add(decodeURIComponent(secret));
  } catch {
    // A bare % in it: it is meant as it is written.
  }
}
