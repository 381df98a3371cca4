import { ConnectionError, TimeoutError } from '../errors.js';
import type { RecordWrite, WriteOutcome } from '../ports/records.js';
import type { GatheredRecords } from '../records/gathered-records.js';
import type { Clock } from '../time/clock.js';
import { sleep } from '../time/deadline.js';

const firstPauseMs = 100;
const longestPauseMs = 2_000;
const patienceMs = 30_000;

/**
 * A write that a passing fault of the backend must not cost: giving up means that the message goes back, and that work which was done is
 * done again. The lease is renewed meanwhile. A reply that was lost shows as a refusal by what this very write made.
 */
export async function writePatiently(records: GatheredRecords, clock: Clock, write: RecordWrite): Promise<WriteOutcome> {
  const giveUpAt = clock.monotonic() + patienceMs;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(longestPauseMs, pauseMs * 2)) {
    try {
      return await records.write(write);
    } catch (error) {
      const isPassing = error instanceof ConnectionError || error instanceof TimeoutError;
      if (!isPassing || clock.monotonic() + pauseMs > giveUpAt) throw error;
    }
    await sleep(clock, pauseMs);
  }
}
