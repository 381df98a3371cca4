import { type ManagerOptions, type QuaysideConfig, QueueManager } from '@quayside/core';
import { adapter } from '@quayside/memory';

export const config = {
  message_queue: { type: 'memory', queue_name: 'tasks', backoff: { type: 'fixed', delay: '1ms', jitter: 'none' } },
  pubsub: { type: 'memory' },
  event_bus: { type: 'local' },
  task_scheduler: { type: 'memory' },
  task_dispatcher: { type: 'memory' },
} satisfies QuaysideConfig;

export function createManager(more: ManagerOptions = {}): Promise<QueueManager> {
  return QueueManager.create(config, { env: {}, adapters: [adapter], ...more });
}

/** Resolves when so many messages of the queue have ended, whatever their end. */
export function settledTimes(manager: QueueManager, times: number, queue?: string): Promise<void> {
  return new Promise((resolve) => {
    let left = times;
    manager.queue(queue).on('settled', () => {
      if (--left === 0) resolve();
    });
  });
}
