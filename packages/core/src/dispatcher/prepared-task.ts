import type { DispatchOptions } from '../ports/dispatcher.js';
import type { BatchItem, PublishOptions } from '../ports/queue.js';
import type { RecordWrite } from '../ports/records.js';
import type { Target } from './routes.js';
import { withTaskTags } from './task-headers.js';
import { moveTo, writeOptions } from './task-record.js';

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
    headers: withTaskTags(headers, { dispatcher, deadline }),
  };
  return { type: task.type, payload: task.payload, options };
}
