/** What a call may answer to what it was given. */
import { ClosedError, ConnectionError, QuaysideError, TimeoutError } from '@quayside/core';
import type { FuzzPlace } from './table.js';

export type Answer =
  | { readonly status: 'taken'; readonly value: unknown }
  | { readonly status: 'refused'; readonly error: unknown }
  | { readonly status: 'hangs' };

/** No error text needs more: whoever logs it must not drown. */
const usualText = 2_000;

/** What is wrong with how a call answered a value; `undefined` where nothing is. */
export function complaintAbout(answer: Answer, place: FuzzPlace, value: unknown, alsoRejects: readonly string[] = []): string | undefined {
  const mayTake = place.slot.takes(value);
  if (answer.status === 'hangs') return 'does not settle within its bound';
  if (answer.status === 'taken') return mayTake ? undefined : 'is taken';
  const error = onlyPart(answer.error);
  if (!(error instanceof QuaysideError)) return `is refused with what is no QuaysideError: ${describe(error)}`;
  if (mayTake && alsoRejects.includes(error.code)) return undefined;
  if (error instanceof ConnectionError || error instanceof TimeoutError || error instanceof ClosedError) {
    return `is refused as a fault of the backend: ${describe(error)}`;
  }
  if (error.outcome === 'unknown') return `is refused with an unknown outcome: ${describe(error)}`;
  return complaintAboutText(error, place, value);
}

/** `emitAsync` gathers what failed: of one failure it is that. */
function onlyPart(error: unknown): unknown {
  return error instanceof AggregateError && error.errors.length === 1 ? (error.errors[0] as unknown) : error;
}

function complaintAboutText(error: QuaysideError, place: FuzzPlace, value: unknown): string | undefined {
  const { message } = error;
  const { longestText = usualText } = place.slot;
  const json = JSON.stringify(error);
  if (message.length > longestText || json.length > 100 * longestText) return `is refused with a text of ${message.length} characters`;
  const noun = nounOf(place);
  if (!noun.test(message)) return `is refused without a word of ${noun.source}: ${message}`;
  const shown = shownForm(value);
  if (shown !== undefined && !place.slot.isPayload && !message.includes(shown)) return `is refused without its value ${shown}: ${message}`;
  if (
    !/allowed|must|exclude|needed|required|taken|not |too |goes with|ahead|would|pass |deeper|no key|can't be loaded|asked for before/.test(
      message,
    )
  )
    return `is refused without what is allowed: ${message}`;
  return undefined;
}

/** The option's own name, or the argument's. */
function nounOf({ path, slot }: FuzzPlace): RegExp {
  return slot.noun ?? new RegExp(path.at(-1) ?? '', 'i');
}

/** How an error begins to quote it, where it is simple. */
function shownForm(value: unknown): string | undefined {
  if (typeof value === 'string') return JSON.stringify(value).slice(1, 30).replace(/\\.?$/, '');
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return String(value);
  return undefined;
}

/** Any value for a report, without running its code. */
export function describe(value: unknown): string {
  try {
    if (value instanceof Error) return `${value.name}: ${value.message}`.slice(0, 300);
    return typeof value === 'object' && value !== null ? 'an object' : String(value).slice(0, 100);
  } catch {
    return `a value of type ${typeof value}`;
  }
}
