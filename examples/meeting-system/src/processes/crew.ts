import type { Service } from '../services/service.js';

/** Who works the tasks off: AI services in this process, or in others. `start` resolves when all of them listen. */
export interface Crew extends Service {
  /** What its AI services sign with. */
  readonly names: readonly string[];
  /** Aborted, with the reason, when one of them is lost before `stop`. */
  readonly lost: AbortSignal;
  /** The first task is taken from now on. */
  begin(): Promise<void>;
}
