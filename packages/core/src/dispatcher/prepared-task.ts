import { ConfigError, type Issue, quote } from '../errors.js';
import type { DispatchOptions } from '../ports/dispatcher.js';
import type { BatchItem, PublishOptions } from '../ports/queue.js';
import type { RecordWrite } from '../ports/records.js';
import { type Duration, durationToMs } from '../time/duration.js';
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

/** The two timeouts; the other options are the queue's to judge. @throws ConfigError */
export function checkTimeouts({ timeout, attemptTimeout }: DispatchOptions): number | undefined {
  const issues: Issue[] = [];
  const check = (value: Duration | undefined, path: string) => {
    const ms = value === undefined ? undefined : durationToMs(value, path);
    if (ms !== undefined && ms < 1) issues.push({ path, message: `got ${quote(value)}; allowed is a duration from 1 ms` });
    return ms;
  };
  const timeoutMs = check(timeout, 'options.timeout');
  check(attemptTimeout, 'options.attemptTimeout');
  if (issues.length > 0) throw new ConfigError('the dispatch options are wrong', issues);
  return timeoutMs;
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
