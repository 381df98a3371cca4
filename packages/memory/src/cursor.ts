import { ConfigError, type Page, quote } from '@quayside/core';

/** `found` holds one more than the page where there is a next one. `placeOf` says what the cursor of an item names. */
export function page<T>(found: readonly T[], limit: number, placeOf: (item: T) => readonly number[]): Page<T> {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return found.length > limit && last !== undefined ? { items, cursor: placeOf(last).join(':') } : { items };
}

/** The places that a cursor names; none for the first page. @throws ConfigError */
export function readCursor(cursor: string | undefined, length: number): readonly number[] {
  if (cursor === undefined) return [];
  const places = cursor.split(':').map(Number);
  if (places.length !== length || places.some(Number.isNaN)) {
    throw new ConfigError('not a cursor', [
      { path: 'cursor', message: `got ${quote(cursor)}; allowed is what the page before answered, for the same list` },
    ]);
  }
  return places;
}
