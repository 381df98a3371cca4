import { type Claim, type ClaimRequest, type Exchange, priorities, type Receipt, type Settlement } from '@quayside/core';
import { unpackMessage } from './messages.js';
import type { Argument } from './scripts.js';

/** What of a process's waiting goes with an exchange. */
export interface Presence {
  readonly channel: string;
  readonly isListed: boolean;
  readonly isAnyAsleep: boolean;
}

const kinds = { complete: 'c', retry: 'r', release: 'l', dead: 'd', drop: 'x' } as const;

/** The arguments of `exchange.lua`, from `presence` on. */
export function exchangeArguments(settlements: readonly Settlement[], request: ClaimRequest | undefined, presence: Presence): Argument[] {
  const args: Argument[] = [presence.channel, presence.isListed ? '1' : '0', presence.isAnyAsleep ? '1' : '0'];
  if (request === undefined) args.push('0', '0', '0', '0', '');
  else args.push(request.max, request.startNow, wanted(request), Math.ceil(request.visibilityTimeoutMs), levelsOf(request));
  const failed = settlements.filter(({ receipt }) => hasErrors(receipt)).map(({ receipt }) => receipt.id);
  args.push(settlements.length, kindsOf(settlements), failed.length);
  for (const { receipt } of settlements) args.push(receipt.id);
  for (const { receipt } of settlements) args.push(orderOf(receipt) + receipt.id);
  for (const settlement of settlements) if (settlement.outcome !== 'complete') addDetails(args, settlement);
  args.push(...failed);
  return args;
}

/**
 * A token is the order of its delivery as the scripts write it (`scripts/parts/orders.lua`), and a mark where the message has errors, so
 * that nobody need look for these when it is completed.
 */
const orderLength = 16;
const errorMark = '!';

function toToken(order: number, hasErrors: boolean): string {
  const digits = order.toString(16).padStart(orderLength, '0');
  return hasErrors ? digits + errorMark : digits;
}

export function orderOf({ token }: Receipt): string {
  return token.length === orderLength ? token : token.slice(0, orderLength).padEnd(orderLength);
}

function hasErrors({ token }: Receipt): boolean {
  return token.length > orderLength;
}

/** With so many claims it has all that it can start, and waits for its own handlers; with fewer it will wait for more. */
function wanted({ max, startNow }: ClaimRequest): number {
  return startNow > 0 ? startNow : max;
}

const inOrder = '0123';

function levelsOf({ levels }: ClaimRequest): string {
  return levels === priorities ? inOrder : levels.map((level) => priorities.indexOf(level)).join('');
}

function kindsOf(settlements: readonly Settlement[]): string {
  if (settlements.every(({ outcome }) => outcome === 'complete')) return '';
  return settlements.map(({ outcome }) => kinds[outcome]).join('');
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

/** Up, so that nothing is over early; and never in the form `1e+21`, which the server does not read. */
export function wholeMs(durationMs: number | undefined): string {
  return durationMs === undefined || durationMs <= 0 ? '0' : Math.ceil(durationMs).toFixed(0);
}

function errorArgument(error: string | undefined): string {
  return error === undefined ? '' : `+${error}`;
}

/** What `exchange.lua` answers. */
export interface ExchangeReply {
  readonly exchange: Exchange;
  readonly isListed: boolean;
}

export function readExchange(reply: unknown, settled: number): ExchangeReply {
  const [lost, dueInMs, paused, listed, order, ids, pasts, ...bodies] = reply as [
    string,
    number,
    number,
    number,
    string,
    string,
    string,
    ...string[],
  ];
  return {
    exchange: {
      settled: readSettled(lost, settled),
      claims:
        bodies.length === 0
          ? []
          : readClaims(Number.parseInt(order, 16), ids.split('\n'), pasts === '' ? undefined : pasts.split('\n'), bodies),
      nextDueInMs: dueInMs < 0 ? undefined : dueInMs,
      isPaused: paused === 1,
    },
    isListed: listed === 1,
  };
}

function readSettled(lost: string, settled: number): Exchange['settled'] {
  const answers = new Array<'settled' | 'lease-lost'>(settled).fill('settled');
  if (lost !== '') for (const index of lost.split(' ')) answers[Number(index) - 1] = 'lease-lost';
  return answers;
}

/** One number an order, from the first claim's on: token and fencing token alike. A message without a past is delivered for the first time. */
function readClaims(before: number, ids: readonly string[], pasts: readonly string[] | undefined, bodies: readonly string[]): Claim[] {
  return bodies.map((body, index) => {
    const id = ids[index] ?? '';
    const order = before + index + 1;
    const past = pasts?.[index] ?? '';
    const [starts = 0, deliveries = 1, redrives = 0] = past === '' ? [] : past.split(' ', 3).map(Number);
    return {
      receipt: { id, token: toToken(order, past.endsWith('e')) },
      fencingToken: order,
      isForeign: false,
      message: unpackMessage(id, body),
      starts,
      deliveries,
      redrives,
    };
  });
}
