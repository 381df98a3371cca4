/** What the suite must notice in a manager. */
import { ConnectionError, type ManagerOptions, type QuaysideConfig, QueueManager } from '@quayside/core';
import type { PlantedBug } from './bug.js';

/** Tells in its error which config it was that could not be connected. */
function quotesTheConfig(create: typeof QueueManager.create): typeof QueueManager.create {
  return async (config: string | QuaysideConfig, options?: ManagerOptions) => {
    try {
      return await create(config, options);
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      throw new ConnectionError(`${error.message} (with ${JSON.stringify(config)})`, { cause: error });
    }
  };
}

export const managerBugs: readonly PlantedBug[] = [
  {
    name: 'a secret in a ConnectionError',
    caughtBy: ['M-09'],
    plant: (harness) => ({
      ...harness,
      engines: { ...harness.engines, createManager: quotesTheConfig(harness.engines?.createManager ?? QueueManager.create) },
    }),
  },
];
