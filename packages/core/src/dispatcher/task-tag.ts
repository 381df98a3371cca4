import type { Headers } from '../message/message.js';

const header = 'quayside-task';

/** What a task's message carries for its worker beside the application's own headers. */
export interface TaskTag {
  /** Who wants to hear of it. */
  readonly dispatcher: string;
  /** Milliseconds since the epoch: when the task as a whole is over. */
  readonly deadline: number | undefined;
}

/** The headers with the tag of this task, in the place of any other's. */
export function withTaskTag(headers: Headers | undefined, id: string, { dispatcher, deadline }: TaskTag): Headers {
  return { ...headers, [header]: deadline === undefined ? `${id} ${dispatcher}` : `${id} ${dispatcher} ${deadline}` };
}

export function hasTaskTag(headers: Headers): boolean {
  return headers[header] !== undefined;
}

/**
 * Nothing where the message is no dispatched task. A handler that passes its headers on to other messages passes the tag on as well:
 * it counts only on the task's own message.
 */
export function taskTagOf({ id, headers }: { readonly id: string; readonly headers: Headers }): TaskTag | undefined {
  const [taskId, dispatcher, deadline] = headers[header]?.split(' ') ?? [];
  if (taskId !== id || dispatcher === undefined) return undefined;
  return { dispatcher, deadline: deadline === undefined ? undefined : Number(deadline) };
}
