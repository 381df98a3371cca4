/** The original system's helpers. What takes a manager works on the global one unless it is given another. */
import type { QuaysideConfig } from '../config/schema.js';
import { ConfigError } from '../errors.js';
import type { PublishResult } from '../ports/handler.js';
import type { PublishOptions, StopOptions, StopReport } from '../ports/queue.js';
import type { ScheduleOptions } from '../ports/scheduler.js';
import type { Duration } from '../time/duration.js';
import { getGlobalQueueManager, hasGlobalQueueManager, setGlobalQueueManager } from './global.js';
import { QueueManager } from './manager.js';
import type { ManagerOptions, OnManager } from './options.js';

/** A manager, created and started. @throws what `QueueManager.create` and `start` throw; nothing is left open */
export async function initializeQueueSystem(config: string | QuaysideConfig, options?: ManagerOptions): Promise<QueueManager> {
  const manager = await QueueManager.create(config, options);
  try {
    await manager.start();
    return manager;
  } catch (error) {
    await manager.stop({ graceMs: 0 });
    throw error;
  }
}

let isInitializing = false;

/** The same, as the process-wide manager. @throws ConfigError where there is one already */
export async function initializeGlobalQueueSystem(config: string | QuaysideConfig, options?: ManagerOptions): Promise<QueueManager> {
  if (isInitializing || hasGlobalQueueManager()) {
    throw new ConfigError('there is a global queue manager already', [
      { path: 'initializeGlobalQueueSystem()', message: 'shutdownQueueSystem() stops it; setGlobalQueueManager(manager) replaces it' },
    ]);
  }
  isInitializing = true;
  try {
    const manager = await initializeQueueSystem(config, options);
    setGlobalQueueManager(manager);
    return manager;
  } finally {
    isInitializing = false;
  }
}

/** Stops the global manager and unsets it. Answers nothing where there was none. */
export async function shutdownQueueSystem(options?: StopOptions): Promise<StopReport | undefined> {
  return setGlobalQueueManager(undefined)?.stop(options);
}

/** Publishes to the configured queue. @throws what `Queue.publish` throws */
export async function publishTask(type: string, payload: unknown, options: PublishOptions & OnManager = {}): Promise<PublishResult> {
  const { manager = getGlobalQueueManager(), ...publishOptions } = options;
  return manager.queue().publish(type, payload, publishOptions);
}

/** Runs the scheduler's handler of this name once `delay` has passed. Answers the schedule's id. @throws what `Scheduler.schedule` throws */
export async function scheduleDelayedTask(
  name: string,
  payload: unknown,
  delay: Duration,
  options: Omit<ScheduleOptions, 'delay' | 'at' | 'every' | 'cron'> & OnManager = {},
): Promise<string> {
  const { manager = getGlobalQueueManager(), ...scheduleOptions } = options;
  return manager.scheduler().schedule(name, payload, { ...scheduleOptions, delay });
}
