import { type Claim, type ClaimRequest, type Exchange, priorities, type Receipt, type Settlement } from '@quayside/core';
import { type Argument, wholeMs } from '@quayside/redis';
import { fieldCount, type JobFields, readReceipt, toBullPriority, toClaim } from './job-mapping.js';

/** Id, token, fields. */
const perClaim = 2 + fieldCount;

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

/** A plain client's job that is to fail as soon as somebody takes it: its child failed, say. BullMQ's worker runs no handler for it either. */
export interface DoomedJob {
  readonly receipt: Receipt;
  readonly reason: string;
}

export interface ExchangeReply {
  readonly exchange: Exchange;
  readonly doomed: readonly DoomedJob[];
}

/** What `exchange.lua` answers. */
export function readExchange(reply: unknown, settled: number): ExchangeReply {
  const [lost, dueInMs, paused, claimed, ...told] = reply as [string, number, number, number, ...(string | null)[]];
  const claims: Claim[] = [];
  const doomed: DoomedJob[] = [];
  for (let index = 0; index < claimed; index++) {
    const [jobId, token, ...fields] = told.slice(index * perClaim, (index + 1) * perClaim) as [string, string, ...JobFields];
    const claim = toClaim(jobId, token, fields);
    const reason = fields.at(-1);
    // What a plain worker's check says of a message of ours counts nothing: core has rules of its own.
    if (claim.isForeign && typeof reason === 'string') doomed.push({ receipt: claim.receipt, reason });
    else claims.push(claim);
  }
  const nextDueInMs = dueInMs < 0 ? undefined : dueInMs;
  return { exchange: { settled: readSettled(lost, settled), claims, nextDueInMs, isPaused: paused === 1 }, doomed };
}

function readSettled(lost: string, settled: number): Exchange['settled'] {
  const answers = new Array<'settled' | 'lease-lost'>(settled).fill('settled');
  if (lost !== '') for (const index of lost.split(' ')) answers[Number(index) - 1] = 'lease-lost';
  return answers;
}
