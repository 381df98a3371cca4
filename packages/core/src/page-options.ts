import { readOptions } from './call-options.js';
import { ConfigError, quote } from './errors.js';
import type { PageOptions } from './ports/queue.js';

/** Rows of the largest page, and of one step of anything that goes through all of something page by page. */
export const largestPage = 1_000;

/** What a call that lists in pages asks the backend for. @throws ConfigError */
export function checkPage(options: PageOptions | undefined): { readonly cursor: string | undefined; readonly limit: number } {
  const { cursor, limit = 100 } = readOptions(options);
  if (!Number.isInteger(limit) || limit < 1 || limit > largestPage) {
    throw new ConfigError('the page options are wrong', [
      { path: 'options.limit', message: `got ${quote(limit)}; allowed is a whole number from 1 to ${largestPage}` },
    ]);
  }
  if (cursor !== undefined && typeof cursor !== 'string') {
    throw new ConfigError('the page options are wrong', [
      { path: 'options.cursor', message: `got ${quote(cursor)}; allowed is what the page before answered` },
    ]);
  }
  return { cursor, limit };
}
