/** What must hold of one message. */
import type { SettledAs } from './line.js';
import type { SettlementTold, Tale } from './tale.js';
import type { Violation } from './violation.js';

/** These end a message; `dead` does not: it stays in the store until somebody removes or redrives it. */
const ends: ReadonlySet<SettledAs> = new Set(['complete', 'expired', 'cancelled', 'discarded']);

export interface TaleFacts {
  readonly isInStore: boolean;
  readonly maxRetries: number;
}

type Broken = Omit<Violation, 'id'>;

export function* judgeTale(tale: Tale, facts: TaleFacts): Generator<Broken> {
  yield* judgeLife(tale, facts.isInStore);
  yield* judgeFences(tale);
  yield* judgeAttempts(tale, facts.maxRetries);
}

/** As often as it was published, it ended or is there: no less often, and no more. */
function* judgeLife(tale: Tale, isInStore: boolean): Generator<Broken> {
  const { publishes, cancels, removals } = tale;
  const settled = tale.settled.filter(isEnd).length;
  const endedAtLeast = settled + cancels.done + removals.done;
  const endedAtMost = settled + tale.open.filter(isEnd).length + cancels.mostDone + removals.mostDone;
  const there = isInStore ? 1 : 0;
  if (publishes.mostDone === 0) {
    if (!isInStore && tale.starts.length === 0 && tale.settled.length === 0) return;
    const what = isInStore ? 'it is in the store' : `it was started ${tale.starts.length} times`;
    yield publishes.called === 0
      ? { rule: 'from-nowhere', detail: `${what}, and nobody published it` }
      : { rule: 'refused-but-there', detail: `${what}, though each publish of it was refused` };
  } else if (endedAtMost + there < publishes.done) {
    yield { rule: 'lost', detail: `published ${publishes.done} times, ended at most ${endedAtMost} times, not in the store` };
  } else if (endedAtLeast + there > publishes.mostDone) {
    const present = isInStore ? 'and is in the store' : 'not in the store';
    yield { rule: 'ended-twice', detail: `published at most ${publishes.mostDone} times, ended ${endedAtLeast} times, ${present}` };
  }
}

function* judgeFences(tale: Tale): Generator<Broken> {
  const started = tale.starts.map(({ fence }) => fence);
  for (const fence of repeated(started)) yield { rule: 'fence-repeated', detail: `two starts have fence ${fence}` };
  const { settled } = tale;
  for (const fence of repeated(settled.map((each) => each.fence))) {
    yield { rule: 'settled-twice', detail: `two settlements of fence ${fence} took effect` };
  }
  // A message that was published again under its id, or redriven, goes on to higher fences after an end.
  const highest = Math.max(0, ...started, ...settled.map(({ fence }) => fence));
  const overtaken = settled.filter((each) => (isEnd(each) || each.outcome === 'dead') && each.fence < highest);
  const begunAnew = tale.publishes.mostDone - 1 + tale.redrives.mostDone;
  const [stale] = overtaken;
  if (stale !== undefined && overtaken.length > begunAnew) {
    yield { rule: 'stale-settlement', detail: `'${stale.outcome}' of fence ${stale.fence} took effect, and fence ${highest} was given` };
  }
}

/** Starts are counted from 1, again after each redrive. What a process started and never settled may have gone uncounted. */
function* judgeAttempts(tale: Tale, maxRetries: number): Generator<Broken> {
  const highest = Math.max(0, ...tale.starts.map(({ attempt }) => attempt));
  if (highest > maxRetries + 1) yield { rule: 'too-many-starts', detail: `attempt ${highest} with ${maxRetries} retries` };
  const retried = new Set(tale.settled.filter(({ outcome }) => outcome === 'retry').map(({ fence }) => fence));
  const inOrder = tale.starts.toSorted((a, b) => a.fence - b.fence);
  const fallsBack = inOrder.slice(1).filter(({ attempt }, place) => {
    const before = inOrder[place];
    return before !== undefined && attempt < before.attempt + (retried.has(before.fence) ? 1 : 0);
  });
  const begunAnew = tale.publishes.mostDone - 1 + tale.redrives.mostDone;
  const [first] = fallsBack;
  if (first !== undefined && fallsBack.length > begunAnew) {
    yield { rule: 'start-not-counted', detail: `fence ${first.fence} is attempt ${first.attempt}, as if a start before it had not been` };
  }
}

function isEnd({ outcome }: SettlementTold): boolean {
  return ends.has(outcome);
}

function repeated(numbers: readonly number[]): readonly number[] {
  return numbers.filter((number, place) => numbers.indexOf(number) !== place);
}
