import { ConfigError } from '../errors.js';
import type { QueueManager } from './manager.js';

let globalManager: QueueManager | undefined;

/** The process-wide manager. @throws ConfigError where none was set */
export function getGlobalQueueManager(): QueueManager {
  if (globalManager !== undefined) return globalManager;
  throw new ConfigError('there is no global queue manager', [
    { path: 'getGlobalQueueManager()', message: 'call initializeGlobalQueueSystem(config) first, or setGlobalQueueManager(manager)' },
  ]);
}

export function hasGlobalQueueManager(): boolean {
  return globalManager !== undefined;
}

/**
 * Sets the process-wide manager, or with `undefined` unsets it.
 * @returns the one before, still running: to stop it is the caller's.
 */
export function setGlobalQueueManager(manager: QueueManager | undefined): QueueManager | undefined {
  const before = globalManager;
  globalManager = manager;
  return before;
}
