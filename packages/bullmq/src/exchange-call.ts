import { type Claim, type ClaimRequest, type Exchange, priorities, type Settlement } from '@quayside/core';
import { type Argument, wholeMs } from '@quayside/redis';
import { fieldCount, type JobFields, readReceipt, toBullPriority, toClaim } from './job-mapping.js';

const kinds = { complete: 'c', retry: 'r', release: 'l', dead: 'd', drop: 'x' } as const;

const strictOrder = priorities.map(toBullPriority).join('');

/** The arguments of `exchange.lua`. */
export function exchangeArguments(settlements: readonly Settlement[], request: ClaimRequest | undefined, hasWaited: boolean): Argument[] {
  const args: Argument[] = [''];
  if (request === undefined) args.push('0', '0', '0', '');
  else args.push(request.max, request.startNow, wholeMs(request.visibilityTimeoutMs), levelsOf(request));
  args.push(hasWaited ? '1' : '0', settlements.length, settlements.map(({ outcome }) => kinds[outcome]).join(''));
  const deliveries = settlements.map(({ receipt }) => readReceipt(receipt));
  for (const { jobId } of deliveries) args.push(jobId);
  for (const { token } of deliveries) args.push(token);
  for (const settlement of settlements) if (settlement.outcome !== 'complete') addDetails(args, settlement);
  return args;
}

function levelsOf({ levels }: ClaimRequest): string {
  return levels === priorities ? strictOrder : levels.map(toBullPriority).join('');
}

function addDetails(args: Argument[], settlement: Exclude<Settlement, { outcome: 'complete' }>): void {
  switch (settlement.outcome) {
    case 'retry':
      args.push(wholeMs(settlement.delayMs), errorArgument(settlement.error));
      return;
    case 'release':
      args.push(wholeMs(settlement.delayMs));
      return;
    case 'dead':
      args.push(settlement.reason, settlement.isStarted ? '1' : '0', errorArgument(settlement.error));
      return;
    case 'drop':
      args.push(settlement.as, errorArgument(settlement.error));
  }
}

/** As it stands in BullMQ's `stacktrace`, a JSON array. */
function errorArgument(error: string | undefined): string {
  return error === undefined ? '' : JSON.stringify(error);
}

/** What `exchange.lua` answers. */
export function readExchange(reply: unknown, settled: number): Exchange {
  const [lost, dueInMs, paused, claimed, ...told] = reply as [string, number, number, number, ...(string | null)[]];
  return {
    settled: readSettled(lost, settled),
    claims: readClaims(claimed, told),
    nextDueInMs: dueInMs < 0 ? undefined : dueInMs,
    isPaused: paused === 1,
  };
}

function readSettled(lost: string, settled: number): Exchange['settled'] {
  const answers = new Array<'settled' | 'lease-lost'>(settled).fill('settled');
  if (lost !== '') for (const index of lost.split(' ')) answers[Number(index) - 1] = 'lease-lost';
  return answers;
}

function readClaims(claimed: number, told: JobFields): readonly Claim[] {
  const each = 2 + fieldCount;
  return Array.from({ length: claimed }, (_, index) => {
    const [jobId, token, ...fields] = told.slice(index * each, (index + 1) * each);
    return toClaim(jobId ?? '', token ?? '', fields);
  });
}
