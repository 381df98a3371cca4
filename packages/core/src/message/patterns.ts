import { InvalidNameError } from '../errors.js';
import { hasEmptyToken } from './names.js';

/**
 * Channel patterns in NATS's form, the same on every backend: tokens are separated by `.`; `*` stands for exactly one token,
 * `>` as the last token for one or more.
 */
export interface ChannelFilter {
  /** As the subscriber wrote it; an exact name where there is no wildcard. */
  readonly text: string;
  readonly isPattern: boolean;
  matches(channel: string): boolean;
}

const allowed = '1 to 200 characters of ASCII letters, digits and _ - : / in tokens separated by . ; a token may be *, and the last one >';
const tokenForm = /^(?:\*|[A-Za-z0-9_\-:/]+)$/;

/** Reads an exact channel or a pattern. @throws InvalidNameError */
export function parseChannelFilter(kind: string, text: unknown): ChannelFilter {
  if (typeof text !== 'string' || text.length === 0 || text.length > 200 || hasEmptyToken(text))
    throw new InvalidNameError(kind, text, allowed);
  const tokens = text.split('.');
  const isOpenEnded = tokens.at(-1) === '>';
  const fixed = isOpenEnded ? tokens.slice(0, -1) : tokens;
  if (!fixed.every((token) => tokenForm.test(token))) throw new InvalidNameError(kind, text, allowed);
  if (!isOpenEnded && !fixed.includes('*')) return { text, isPattern: false, matches: (channel) => channel === text };
  return { text, isPattern: true, matches: (channel) => matchesTokens(channel.split('.'), fixed, isOpenEnded) };
}

function matchesTokens(channel: readonly string[], fixed: readonly string[], isOpenEnded: boolean): boolean {
  const fits = isOpenEnded ? channel.length > fixed.length : channel.length === fixed.length;
  return fits && fixed.every((token, index) => token === '*' || token === channel[index]);
}
