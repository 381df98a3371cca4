import type { TaskState } from '../ports/dispatcher.js';

/** What a worker tells the dispatching process; the record says the rest. */
export type Notice =
  | { readonly id: string; readonly kind: 'moved'; readonly state: TaskState }
  | { readonly id: string; readonly kind: 'progress'; readonly value: unknown };

/** The channel of one dispatching process. */
export function noticeChannel(dispatcher: string): string {
  return `dispatcher.${dispatcher}`;
}
