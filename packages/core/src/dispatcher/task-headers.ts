import type { Headers } from '../message/message.js';

const dispatcherHeader = 'quayside-dispatcher';
const deadlineHeader = 'quayside-deadline';

/** What a task's message carries for its worker beside the application's own headers. */
export interface TaskTags {
  /** Who wants to hear of it. */
  readonly dispatcher: string;
  /** Milliseconds since the epoch: when the task as a whole is over. */
  readonly deadline: number | undefined;
}

export function withTaskTags(headers: Headers | undefined, { dispatcher, deadline }: TaskTags): Headers {
  const tags = { ...headers, [dispatcherHeader]: dispatcher };
  return deadline === undefined ? tags : { ...tags, [deadlineHeader]: String(deadline) };
}

/** Nothing where the message is no dispatched task. */
export function taskTagsOf(headers: Headers): TaskTags | undefined {
  const dispatcher = headers[dispatcherHeader];
  if (dispatcher === undefined) return undefined;
  const deadline = headers[deadlineHeader];
  return { dispatcher, deadline: deadline === undefined ? undefined : Number(deadline) };
}
