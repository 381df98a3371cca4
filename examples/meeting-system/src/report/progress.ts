import type { Ending, Logger, PubSub } from '@quayside/core';
import type { MeetingChannels } from '../messages.js';
import type { Ledger } from './ledger.js';

/**
 * Enters into the ledger what the AI services tell of each task, and says it. What fails in the background, Quayside logs itself.
 * Answers how many tasks each service has ended so far.
 */
export async function followTasks(
  channels: PubSub<MeetingChannels>,
  ledger: Ledger,
  log: Logger,
): Promise<() => ReadonlyMap<string, number>> {
  const endedBy = new Map<string, number>();
  await channels.subscribe('ai_events', ({ payload: told }) => {
    if (told.event === 'task_begun') ledger.begin(told);
    if (told.event !== 'task_settled') return;
    const { service, id, type, attempt, ending } = told;
    ledger.settle(told, ending);
    if (ending.outcome !== 'retry' && ending.outcome !== 'release') endedBy.set(service, (endedBy.get(service) ?? 0) + 1);
    const row = ledger.get(id);
    const title = row === undefined ? `${type} ${id}` : `${row.priority} ${type} ${row.subject}`;
    log.child({ speaker: service }).info({}, `${tell(ending).padEnd(5)}  ${title}, attempt ${attempt}: ${resultOf(ending)}`);
  });
  return () => endedBy;
}

function tell(ending: Ending): string {
  return ending.outcome === 'complete' ? 'done' : ending.outcome;
}

/** What an ending brought, in words. */
export function resultOf(ending: Ending): string {
  switch (ending.outcome) {
    case 'complete':
      return summaryOf(ending.value);
    case 'retry':
      return `${ending.error.message}; again in ${ending.delayMs} ms`;
    case 'dead':
      return `${ending.reason}: ${ending.error?.message ?? 'no error'}`;
    case 'release':
      return `given back: ${ending.why}`;
    case 'drop':
      return ending.as;
  }
}

function summaryOf(value: unknown): string {
  return typeof value === 'object' && value !== null && 'summary' in value ? String(value.summary) : 'done';
}
