import { ConfigError, type FoundMessage, type MessageState, type Page, quote } from '@quayside/core';
import type { Argument, Script } from '@quayside/redis';
import { listScript } from './generated/scripts.js';
import { type ShownJob, shownCount, toFoundMessage } from './job-mapping.js';

/** Where the messages of a state stand, in the order of claiming: jobs without priority come before all others. */
const places: Readonly<Record<MessageState, readonly string[]>> = {
  waiting: ['wait', 'prioritized'],
  delayed: ['delayed'],
  active: ['active'],
  dead: ['failed'],
};

/** In which place, behind which job, and its position there. */
type Cursor = readonly [place: string, last: string, position: string];

type Run = (script: Script, args: readonly Argument[]) => Promise<unknown>;

/** A page of a state. @throws ConfigError (not a cursor) */
export async function listPage(run: Run, state: MessageState, written: string | undefined, limit: number): Promise<Page<FoundMessage>> {
  let cursor: Cursor | undefined = written === undefined ? [places[state][0] ?? '', '', ''] : readCursor(state, written);
  const items: FoundMessage[] = [];
  while (cursor !== undefined && items.length < limit) {
    const [place, last, position]: Cursor = cursor;
    const [nextLast, nextPosition, ...shown] = (await run(listScript, [place, limit - items.length, last, position])) as string[];
    for (let at = 0; at < shown.length; at += shownCount) {
      items.push(toFoundMessage(shown.slice(at, at + shownCount) as unknown as ShownJob));
    }
    cursor = nextLast ? [place, nextLast, nextPosition ?? ''] : placeAfter(state, place);
    // What was gone is passed over, but one step answers.
    if (nextLast) break;
  }
  return cursor === undefined ? { items } : { items, cursor: JSON.stringify(cursor) };
}

function placeAfter(state: MessageState, place: string): Cursor | undefined {
  const next = places[state][places[state].indexOf(place) + 1];
  return next === undefined ? undefined : [next, '', ''];
}

function readCursor(state: MessageState, written: string): Cursor {
  try {
    const [place, last, position] = JSON.parse(written) as unknown[];
    if (typeof place === 'string' && places[state].includes(place) && typeof last === 'string' && typeof position === 'string') {
      return [place, last, position];
    }
  } catch {
    // Told below, as for every other text.
  }
  const message = `got ${quote(written)}; allowed is what the page before answered, for the same list`;
  throw new ConfigError('not a cursor', [{ path: 'cursor', message }]);
}
