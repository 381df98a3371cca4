import { quote } from '../errors.js';

const secretKey = /pass(word|wd|phrase)?$|secret|token|credential|api_?key|private_?key|access_?key|^(auth|key|pfx|nkey|seed|jwt)$/i;
/** Greedy on purpose: a password may hold `/` and `@`, and showing too little harms nobody. */
const userInfo = /(?<=\w:\/\/)\S*@/g;
const mask = '***';

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

/** Every text of a config that must not be shown: what stands under secret keys, and what URLs carry before their `@`. */
export function collectSecrets(value: unknown, isSecret = false, found = new Set<string>()): ReadonlySet<string> {
  if (typeof value === 'string') {
    if (isSecret) found.add(value);
    for (const url of value.split(',')) {
      for (const [info] of url.matchAll(userInfo)) addUserInfo(info.slice(0, -1), found);
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, child] of Object.entries(value)) collectSecrets(child, isSecret || isSecretKey(key), found);
  }
  found.delete('');
  return found;
}

function addUserInfo(info: string, found: Set<string>): void {
  const secret = info.slice(info.indexOf(':') + 1);
  found.add(secret);
  if (URL.canParse(`x://:${secret}@x`)) found.add(decodeURIComponent(new URL(`x://:${secret}@x`).password));
}

/** For a message that an adapter wrote: it may have quoted what it was given. */
export function hideSecrets(text: string, secrets: ReadonlySet<string>): string {
  let hidden = maskCredentials(text);
  for (const secret of secrets) hidden = hidden.replaceAll(secret, mask);
  return hidden;
}
