import type { Account } from './account.js';
import type { FaultBackend } from './assignment.js';
import type { Stage } from './stage.js';

/** What a row shows besides passing. */
export interface FaultResult extends Partial<Omit<Account, 'lost' | 'violations' | 'evidence'>> {
  readonly lost?: number;
  /** From the end of the fault to the first message that was completed, or event that was heard: the longest of several. */
  readonly recoveryMs?: number;
  /** Whatever else was counted. */
  readonly note?: string;
}

/** A row of the catalogue on real processes and servers. */
export interface FaultCase {
  /** `F-01` */
  readonly id: string;
  /** The promise, as a sentence. Unique within its row. */
  readonly title: string;
  readonly backends: readonly (FaultBackend | 'nats')[];
  /** @throws where the promise is broken */
  run(stage: Stage): Promise<FaultResult>;
}
