import type { Ending, Logger, MessageHead, Queue } from '@quayside/core';
import type { MeetingTasks } from '../messages.js';
import type { Ledger } from './ledger.js';

/** Enters into the ledger what becomes of each task, and says it. What fails in the background, Quayside logs itself. */
export function followTasks(tasks: Queue<MeetingTasks>, ledger: Ledger, log: Logger): void {
  tasks.on('active', (head) => ledger.begin(head));
  tasks.on('settled', (head, ending) => {
    ledger.settle(head, ending);
    log.info({}, `${tell(ending).padEnd(5)}  ${titleOf(head, ledger)}, attempt ${head.attempt}: ${resultOf(ending)}`);
  });
}

function titleOf(head: MessageHead, ledger: Ledger): string {
  return `${head.priority} ${head.type} ${ledger.get(head.id)?.subject ?? head.id}`;
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
