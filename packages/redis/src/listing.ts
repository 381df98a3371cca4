import { ConfigError, type FoundMessage, type MessageState, type Page, quote } from '@quayside/core';
import { toFoundMessage } from './messages.js';
import type { Argument } from './scripts.js';

/** The arguments of `list-waiting.lua`, or of `list-standing.lua`. A cursor is what the script of the page before said. @throws ConfigError */
export function listArguments(state: MessageState, cursor: string | undefined, limit: number): Argument[] {
  if (state !== 'waiting') return [limit, state, ...readCursor(cursor, /^(\d+):([0-9a-f]{16}.+)$/, ['', ''])];
  return [limit, ...readCursor(cursor, /^([0-3]):(\d+):(.*)$/, ['0', '0', ''])];
}

function readCursor(cursor: string | undefined, form: RegExp, first: readonly string[]): readonly string[] {
  if (cursor === undefined) return first;
  const parts = form.exec(cursor);
  if (parts !== null) return parts.slice(1);
  throw new ConfigError('not a cursor', [
    { path: 'cursor', message: `got ${quote(cursor)}; allowed is what the page before answered, for the same list` },
  ]);
}

/** What those scripts answer. */
export function readPage(state: MessageState, reply: unknown): Page<FoundMessage> {
  const parts = state === 'waiting' ? 3 : 2;
  const cursor = (reply as readonly unknown[]).slice(0, parts).map(String);
  const found = (reply as readonly string[]).slice(parts);
  const items: FoundMessage[] = [];
  for (let at = 0; at < found.length; at += 5) {
    const [id = '', body = '', history = '', errors = '', time = ''] = found.slice(at, at + 5);
    items.push(toFoundMessage(id, body, history, errors, time));
  }
  return cursor[0] === '' ? { items } : { items, cursor: cursor.join(':') };
}
