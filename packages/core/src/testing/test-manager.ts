import type { QuaysideConfig } from '../config/schema.js';
import { QueueManager } from '../manager/manager.js';
import type { ManagerOptions } from '../manager/options.js';
import { TestClock } from '../time/test-clock.js';

export type TestManagerOptions = Omit<ManagerOptions, 'clock' | 'type'> & {
  /** Default: a new one. */
  readonly clock?: TestClock;
};

export interface TestManager {
  readonly manager: QueueManager;
  readonly clock: TestClock;
}

/**
 * The system of a config, in memory and on a clock that the test moves: every `type` becomes `memory`, connection options of other types
 * are left out, and the environment adds nothing (unless `env` is given). Needs `@quayside/memory`, installed or among `adapters`.
 *
 * @example
 * const { manager, clock } = await createTestManager('config.yaml');
 * await manager.queue().publish('cleanup', {}, { delay: '1h' });
 * await clock.advance('1h');
 */
export async function createTestManager(config: string | QuaysideConfig, options: TestManagerOptions = {}): Promise<TestManager> {
  const clock = options.clock ?? new TestClock();
  const manager = await QueueManager.create(config, { env: {}, ...options, clock, type: 'memory' });
  return { manager, clock };
}
