import { checkAttempts, readDuration } from '../attempt-options.js';
import { ConfigError, type Issue } from '../errors.js';
import { checkHeaders } from '../message/headers.js';
import type { DispatchOptions } from '../ports/dispatcher.js';
import type { BatchItem, PublishOptions } from '../ports/queue.js';
import type { RecordWrite } from '../ports/records.js';
import type { Target } from './routes.js';
import { moveTo, writeOptions } from './task-record.js';
import { withTaskTag } from './task-tag.js';

/** A task that was checked, routed and encoded: nothing of it was sent yet. */
export interface PreparedTask {
  readonly id: string;
  readonly type: string;
  readonly payload: unknown;
  readonly encoded: string;
  readonly options: DispatchOptions;
  readonly target: Target;
  readonly timeoutMs: number | undefined;
  readonly redriveOf: string | undefined;
}

export interface CheckedDispatch {
  /** As they are now. */
  readonly options: DispatchOptions;
  /** Of the task as a whole. */
  readonly timeoutMs: number | undefined;
}

/** What the queue would refuse when the record is written already. @throws ConfigError with every issue at once, PayloadError (headers) */
export function checkDispatch(given: DispatchOptions): CheckedDispatch {
  const issues: Issue[] = [];
  const { backoff } = checkAttempts(given, given.attemptTimeout, 'options.attemptTimeout', issues);
  const timeoutMs = readDuration(given.timeout, 'options.timeout', 1, issues);
  readDuration(given.delay, 'options.delay', 0, issues);
  if (issues.length > 0) throw new ConfigError('the dispatch options are wrong', issues);
  return { options: { ...given, backoff, headers: checkHeaders(given.headers) }, timeoutMs };
}

/** @param at milliseconds since the epoch: when it is dispatched. */
export function pendingWrite(task: PreparedTask, dispatcher: string, at: number, retentionMs: number): RecordWrite {
  const fields = {
    type: task.type,
    queue: task.target.queue,
    payload: task.encoded,
    options: writeOptions(task.options),
    dispatcher,
    deadline: task.timeoutMs === undefined ? undefined : String(at + task.timeoutMs),
    redriveOf: task.redriveOf,
  };
  return moveTo(task.id, 'pending', at, fields, retentionMs, 'absent');
}

export function toBatchItem(task: PreparedTask, dispatcher: string, at: number): BatchItem {
  const { priority, delay, headers, maxRetries, backoff, attemptTimeout } = task.options;
  const deadline = task.timeoutMs === undefined ? undefined : at + task.timeoutMs;
  const options: PublishOptions = {
    id: task.id,
    priority,
    delay,
    maxRetries,
    backoff,
    timeout: attemptTimeout,
    ttl: task.timeoutMs,
    headers: withTaskTag(headers, task.id, { dispatcher, deadline }),
  };
  return { type: task.type, payload: task.payload, options };
}
