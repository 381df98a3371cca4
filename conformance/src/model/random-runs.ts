import fc from 'fast-check';

export interface RandomRuns {
  /** The same seed makes the same runs. */
  readonly seed: number;
  /** At the most; fewer where the time is over. */
  readonly runs: number;
  /** Real time for the runs. */
  readonly boundMs: number;
}

/** Real time for the search for a shorter run that fails too. */
const shrinkingMs = 1_000;

/** Plays random runs. Rejects with the failure of the shortest failing one that was found. */
export async function checkRandomRuns<T>(runs: fc.Arbitrary<T>, play: (run: T) => Promise<void>, options: RandomRuns): Promise<void> {
  const { seed, boundMs } = options;
  const property = fc.asyncProperty(runs, play);
  const first = await fc.check(property, { seed, numRuns: options.runs, endOnFailure: true, interruptAfterTimeLimit: boundMs });
  if (!first.failed) return;
  if (first.counterexamplePath === null) throw new Error(`not one run ended within ${boundMs} ms`);
  const again = { seed, path: first.counterexamplePath, numRuns: 1, interruptAfterTimeLimit: shrinkingMs };
  const shrunk = await fc.check(property, again);
  const cause = shrunk.failed ? (shrunk.errorInstance ?? first.errorInstance) : first.errorInstance;
  const how = shrunk.failed ? `made shorter ${shrunk.numShrinks} times` : 'which does not fail again';
  const where = `run ${first.numRuns} of the case's seed ${seed} (the suite's --seed repeats it), ${how}`;
  throw new Error(`${where}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
}
