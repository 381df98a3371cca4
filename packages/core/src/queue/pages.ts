import { ConfigError, quote } from '../errors.js';
import type { PageOptions } from '../ports/queue.js';

/** Rows of one step of anything that goes through all messages of a state. */
export const stepSize = 1_000;

/** @throws ConfigError */
export function checkPage(options: PageOptions | undefined): { readonly cursor: string | undefined; readonly limit: number } {
  const { cursor, limit = 100 } = options ?? {};
  if (!Number.isInteger(limit) || limit < 1 || limit > stepSize) {
    throw new ConfigError('the page options are wrong', [
      { path: 'options.limit', message: `got ${quote(limit)}; allowed is a whole number from 1 to ${stepSize}` },
    ]);
  }
  return { cursor, limit };
}
