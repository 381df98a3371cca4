import { isInstanceOf, QuaysideError } from '../errors.js';
import type { AttemptError } from '../ports/handler.js';

/** With the first error and the last 19 kept, the history of a message stays below 64 kB. */
const maxLineBytes = 3 * 1024;
const maxMessageLength = 500;
const maxStackLength = 2_000;

/** Reads a property of something that anybody may have thrown: a getter or a proxy of his may throw again. */
function textOf(thrown: unknown, property: 'name' | 'message' | 'stack' | 'code'): string | undefined {
  if (typeof thrown !== 'object' || thrown === null) return undefined;
  try {
    const value: unknown = (thrown as Record<string, unknown>)[property];
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

function messageOf(thrown: unknown): string {
  const message = textOf(thrown, 'message');
  if (message === undefined) {
    try {
      // What has a `toJSON` may answer nothing.
      return (typeof thrown === 'object' && thrown !== null ? JSON.stringify(thrown) : undefined) ?? String(thrown);
    } catch {
      return `a value of type ${typeof thrown}`;
    }
  }
  const parts = isInstanceOf(thrown, AggregateError) ? thrown.errors.slice(0, 5).map((part) => messageOf(part)) : [];
  return parts.length === 0 ? message : `${message} (${parts.join('; ')})`;
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

/** Whatever a handler threw, as text: a string, `undefined`, a frozen object, an error with a circular cause. */
export function describeThrown(thrown: unknown, attempt: number, at: number, worker: string): AttemptError {
  const stack = textOf(thrown, 'stack');
  return {
    name: cut(textOf(thrown, 'name') ?? typeof thrown, 100),
    message: cut(messageOf(thrown), maxMessageLength),
    code: textOf(thrown, 'code')?.slice(0, 100),
    stack: stack === undefined || isInstanceOf(thrown, QuaysideError) ? undefined : cut(stack, maxStackLength),
    attempt,
    at,
    worker,
  };
}

/** One line for the store, small whatever the error was. */
export function sealAttemptError(error: AttemptError): string {
  let line = JSON.stringify(error);
  for (let length = maxStackLength / 2; Buffer.byteLength(line) > maxLineBytes && length >= 100; length /= 2) {
    line = JSON.stringify({ ...error, stack: error.stack && cut(error.stack, length), message: cut(error.message, length) });
  }
  return line;
}

/** Reads a sealed line; one that another client wrote is shown as its text. */
export function openAttemptError(line: string): AttemptError {
  try {
    const error = JSON.parse(line) as AttemptError;
    if (typeof error === 'object' && error !== null && typeof error.message === 'string') return error;
  } catch {
    // Not a line of ours: shown as it stands.
  }
  return { name: 'Error', message: cut(line, maxMessageLength), attempt: 0, at: 0, worker: '' };
}
