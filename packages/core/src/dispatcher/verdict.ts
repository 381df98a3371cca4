import { PayloadError } from '../errors.js';
import type { Codec } from '../message/codec.js';
import type { TaskFailureReason, TaskState } from '../ports/dispatcher.js';
import type { AttemptError, Ending, MessageHead } from '../ports/handler.js';
import type { FieldChanges } from './task-record.js';

/** Where a task stands after a delivery of its message. */
export interface Verdict {
  readonly state: TaskState;
  readonly fields: FieldChanges;
}

/** How a result is carried, and what a failure to carry it says. */
export interface ResultRules {
  readonly codec: Codec;
  readonly maxResultBytes: number;
  readonly worker: string;
  now(): number;
}

/** What a delivery's ending means for its task; nothing where it means nothing: the message goes back as it came. */
export function verdictOf(head: MessageHead, ending: Ending, rules: ResultRules): Verdict | undefined {
  switch (ending.outcome) {
    case 'complete':
      return withResult(head, ending.value, rules);
    case 'retry':
      return { state: 'retrying', fields: { error: JSON.stringify(ending.error) } };
    case 'release':
      return undefined;
    case 'dead':
      if (ending.reason === 'expired') return { state: 'timed_out', fields: {} };
      return failed(ending.reason, ending.error, rules);
    case 'drop':
      if (ending.as === 'cancelled') return { state: 'cancelled', fields: {} };
      if (ending.as === 'expired') return { state: 'timed_out', fields: {} };
      return failed('discarded', ending.error, rules);
  }
}

/** A result that can't be carried fails the task, and it is not run again: its work was done. */
function withResult(head: MessageHead, value: unknown, rules: ResultRules): Verdict {
  if (value === undefined) return { state: 'completed', fields: { error: undefined } };
  try {
    const result = encodeBounded(value, rules, `the result of '${head.type}'`);
    return { state: 'completed', fields: { result, error: undefined } };
  } catch (thrown) {
    if (!(thrown instanceof PayloadError)) throw thrown;
    const { name, message, code } = thrown;
    return failed('result', { name, message, code, attempt: head.attempt, at: rules.now(), worker: rules.worker }, rules);
  }
}

/** @throws PayloadError */
export function encodeBounded(value: unknown, { codec, maxResultBytes }: ResultRules, what: string): string {
  const encoded = codec.encode(value);
  // A UTF-16 unit takes at most three bytes in UTF-8: most values need no count.
  if (encoded.length * 3 <= maxResultBytes) return encoded;
  const bytes = Buffer.byteLength(encoded);
  if (bytes <= maxResultBytes) return encoded;
  throw new PayloadError(`${what} is too large`, [{ path: 'value', message: `${bytes} bytes encoded; allowed are ${maxResultBytes}` }]);
}

function failed(reason: TaskFailureReason, error: AttemptError | undefined, { now, worker }: ResultRules): Verdict {
  const told = error ?? { name: 'Error', message: reason, attempt: 0, at: now(), worker };
  const fields = { error: JSON.stringify(told), reason };
  // Where the last worker vanished, this delivery ran nothing that could have told of it.
  return { state: 'failed', fields: reason === 'attempts-exhausted' ? { ...fields, attempts: String(told.attempt) } : fields };
}
