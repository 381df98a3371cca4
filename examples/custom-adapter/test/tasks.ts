import { QueueManager } from '@quayside/core';

/** Loads the adapter as a service would: by the path to it. */
export function openTasks(file: string): Promise<QueueManager> {
  const tasks = { type: './dist/index.js', connection: { file }, queue_name: 'tasks', visibility_timeout: '1s' };
  return QueueManager.create({ message_queue: tasks });
}
