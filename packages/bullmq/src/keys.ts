/** Every name that the server sees is spelled here, or built in the scripts from `queueBase` (parts/keys.lua). */

/** What all keys of a queue begin with, for BullMQ's clients and for us. BullMQ refuses a `:` in a queue's name. */
export function queueBase(prefix: string, queue: string): string {
  return `${prefix}:${queueName(queue)}:`;
}

/** The queue's name as BullMQ's clients have to give it. */
export function queueName(queue: string): string {
  return queue.replaceAll(':', '%3A');
}

/** On which one process alone waits, so that its blocking call can be ended. No queue of ours has this name. */
export function knockKey(prefix: string, process: string): string {
  return `${prefix}:%knock:${process}`;
}

/** Keys of a queue that a job of this id would overwrite. */
const taken = new Set([
  'active',
  'completed',
  'delayed',
  'events',
  'failed',
  'id',
  'limiter',
  'marker',
  'meta',
  'paused',
  'pc',
  'prioritized',
  'repeat',
  'stalled',
  'stalled-check',
  'wait',
  'waiting-children',
]);

/**
 * The id of a message's job. An integer would be taken for one that BullMQ gave, and the plain job that comes to this number be dropped as
 * its duplicate; a `:` would make it the name of another key. `%` is in no id of a message.
 */
export function toJobId(messageId: string): string {
  const id = messageId.includes(':') ? messageId.replaceAll(':', '%3A') : messageId;
  return /^\d+$/.test(id) || taken.has(id) ? `%${id}` : id;
}

export function toMessageId(jobId: string): string {
  if (!jobId.includes('%')) return jobId;
  const id = jobId.startsWith('%') && !jobId.startsWith('%3A') ? jobId.slice(1) : jobId;
  return id.replaceAll('%3A', ':');
}
