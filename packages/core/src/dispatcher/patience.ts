import type { RecordWrite, WriteOutcome } from '../ports/records.js';
import type { GatheredRecords } from '../records/gathered-records.js';
import type { Clock } from '../time/clock.js';
import { isUnreachable, patiently } from '../time/patience.js';

const pausesMs = { first: 100, longest: 2_000 };
const patienceMs = 30_000;

/**
 * A write that a passing fault of the backend must not cost: giving up means that the message goes back, and that work which was done is
 * done again. The lease is renewed meanwhile. A reply that was lost shows as a refusal by what this very write made.
 */
export function writePatiently(records: GatheredRecords, clock: Clock, write: RecordWrite): Promise<WriteOutcome> {
  const until = clock.monotonic() + patienceMs;
  return patiently({ clock, until, isWorthATry: isUnreachable, pausesMs }, () => records.write(write));
}
