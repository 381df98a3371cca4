import { CapacityError, ConnectionError, QuaysideError, type QuaysideErrorOptions } from '@quayside/core';
import { describeFailure, isCertainlyUnsent, isRefusal } from './failure.js';

/** The server's word before its sentence, also where a script (and before Redis 7 its text) stands round it: `OOM`, `READONLY`, `WRONGTYPE`. */
export function refusalCode(error: unknown): string | undefined {
  if (!isRefusal(error)) return undefined;
  return /^(?:ERR Error running script .*: -?)?([A-Z]+)\b/.exec(error.message)?.[1];
}

/** Said before the first write of a call: nothing of it was done. */
const refusedWhole = new Set([
  'OOM',
  'READONLY',
  'LOADING',
  'BUSY',
  'MISCONF',
  'NOREPLICAS',
  'MASTERDOWN',
  'CLUSTERDOWN',
  'TRYAGAIN',
  'MOVED',
  'ASK',
  'CROSSSLOT',
  'NOAUTH',
]);

const hints: Readonly<Record<string, string>> = {
  CROSSSLOT: 'one call touches keys of two slots',
  MOVED: 'it is a node of a cluster: give its nodes as `cluster`',
  NOAUTH: 'it asks for a password',
  NOPERM: 'its user may not do this: README.md lists the rights that are needed',
  READONLY: 'it is a replica',
  WRONGTYPE: 'a key of ours holds something else',
};

/**
 * What a failed command means. ioredis' own errors are not passed on, not as a cause either: they carry the command with its
 * arguments, so a password or a payload.
 */
export function toQuaysideError(error: unknown): Error {
  if (error instanceof QuaysideError) return error;
  const code = refusalCode(error);
  const options: QuaysideErrorOptions = { outcome: isCertainlyUnsent(error) || refusedWhole.has(code ?? '') ? 'not-published' : 'unknown' };
  const text = describeFailure(error);
  if (code === 'OOM') return new CapacityError(`the server has no memory left (maxmemory): ${text}`, options);
  if (code === undefined) return new ConnectionError(`the server did not answer: ${text}`, options);
  return new ConnectionError(`the server refuses: ${text}${code in hints ? ` (${hints[code]})` : ''}`, options);
}

export function notConnected(): ConnectionError {
  return new ConnectionError('there is no connection to the server', { outcome: 'not-published' });
}
