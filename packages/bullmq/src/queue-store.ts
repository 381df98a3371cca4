import {
  type ClaimRequest,
  ClosedError,
  type Exchange,
  type FoundMessage,
  type LeaseRenewal,
  type LeaseState,
  type Logger,
  type MessageState,
  type Page,
  type PublishCall,
  type PublishOutcome,
  type QueueCapabilities,
  type QueueStore,
  type Settlement,
  type StoreCancelOutcome,
  type StoredMessage,
  type StoreStats,
} from '@quayside/core';
import { type Argument, type Commands, describeFailure, readStats, runScript, type Script, wholeMs } from '@quayside/redis';
import { type DoomedJob, exchangeArguments, readExchange } from './exchange-call.js';
import { ForeignJobs, isFinal } from './foreign.js';
import {
  cancelScript,
  clearScript,
  exchangeScript,
  extendScript,
  findScript,
  promoteScript,
  publishScript,
  redriveScript,
  removeScript,
  setPausedScript,
  statsScript,
} from './generated/scripts.js';
import { readReceipt, type ShownJob, toFoundMessage } from './job-mapping.js';
import { queueBase, toJobId } from './keys.js';
import { listPage } from './listing.js';
import { publishArguments, readPublished } from './publish-call.js';
import type { QueueWaiters } from './queue-waiters.js';
import type { Waking } from './waking.js';

export interface QueueStoreParts {
  readonly commands: Commands;
  readonly waking: Waking;
  /** BullMQ's. */
  readonly prefix: string;
  /** Its nodes can't be blocked on, so core looks now and then; and BullMQ has no client of it, so plain clients' jobs end by our scripts. */
  readonly isCluster: boolean;
  readonly logger: Logger;
}

const cancelled: Readonly<Record<string, StoreCancelOutcome>> = {
  r: 'removed',
  q: 'requested',
  d: 'dead',
  n: 'not-found',
  f: 'held-by-foreign-worker',
};
const leases: Readonly<Record<string, LeaseState>> = { h: 'held', l: 'lost', c: 'cancel-requested' };

/** One of BullMQ's queues. Each method is one script over BullMQ's own keys; only the end of a plain client's job is left to BullMQ. */
export class BullmqQueueStore implements QueueStore {
  readonly capabilities: QueueCapabilities;
  readonly #name: string;
  readonly #commands: Commands;
  readonly #base: string;
  readonly #logger: Logger;
  readonly #waiters: QueueWaiters;
  readonly #foreign: ForeignJobs | undefined;
  #isClosed = false;

  constructor(name: string, { commands, waking, prefix, isCluster, logger }: QueueStoreParts) {
    this.#name = name;
    this.#commands = commands;
    this.#base = queueBase(prefix, name);
    this.#logger = logger;
    this.#waiters = waking.waitersOf(this.#base);
    this.#foreign = isCluster ? undefined : new ForeignJobs({ commands, prefix, queue: name });
    this.capabilities = {
      shared: true,
      durable: true,
      atomicBatch: true,
      wakes: !isCluster,
      testClock: false,
      serverTime: true,
      foreignProducers: true,
      foreignWorkers: true,
      statsScope: 'own',
      payload: 'json',
    };
  }

  async publish(messages: readonly StoredMessage[], call: PublishCall): Promise<readonly PublishOutcome[]> {
    return readPublished(await this.#run(publishScript, publishArguments(messages, call)), messages, call);
  }

  async exchange(settlements: readonly Settlement[], request?: ClaimRequest): Promise<Exchange> {
    if (request !== undefined) this.#waiters.looks();
    const answers = await this.#settleForeign(settlements);
    const ours = answers.size === 0 ? settlements : settlements.filter((settlement) => !answers.has(settlement));
    const reply = await this.#run(exchangeScript, exchangeArguments(ours, request, this.#waiters.hasWaited));
    const { exchange, doomed } = readExchange(reply, ours.length);
    if (doomed.length > 0) await this.#fail(doomed);
    if (exchange.claims.length > 0) this.#waiters.givenWork();
    if (answers.size === 0) return exchange;
    const [...settled] = exchange.settled;
    return { ...exchange, settled: settlements.map((settlement) => answers.get(settlement) ?? settled.shift() ?? 'lease-lost') };
  }

  async extend(renewals: readonly LeaseRenewal[], visibilityTimeoutMs: number): Promise<readonly LeaseState[]> {
    const deliveries = renewals.map(({ receipt }) => readReceipt(receipt));
    const starts = renewals.map(({ isStarted }) => (isStarted ? 's' : '-')).join('');
    // The server refuses to set a lock for no time at all.
    const lockMs = wholeMs(Math.max(1, visibilityTimeoutMs));
    const args: Argument[] = ['', lockMs, renewals.length, starts];
    for (const { jobId } of deliveries) args.push(jobId);
    for (const { token } of deliveries) args.push(token);
    return letters(await this.#run(extendScript, args), leases);
  }

  async wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (this.#isClosed) throw this.#closedError();
    await this.#waiters.wait(timeoutMs, signal);
  }

  async cancel(ids: readonly string[]): Promise<readonly StoreCancelOutcome[]> {
    return letters(await this.#run(cancelScript, ids.map(toJobId)), cancelled);
  }

  async promote(ids: readonly string[]): Promise<number> {
    return Number(await this.#run(promoteScript, ids.map(toJobId)));
  }

  async find(id: string): Promise<FoundMessage | undefined> {
    const shown = (await this.#run(findScript, [toJobId(id)])) as ShownJob | null;
    return shown === null ? undefined : toFoundMessage(shown);
  }

  list(state: MessageState, cursor: string | undefined, limit: number): Promise<Page<FoundMessage>> {
    return listPage((script, args) => this.#run(script, args), state, cursor, limit);
  }

  async redrive(ids: readonly string[]): Promise<readonly boolean[]> {
    return yesOrNo(await this.#run(redriveScript, ids.map(toJobId)));
  }

  async remove(ids: readonly string[]): Promise<readonly boolean[]> {
    return yesOrNo(await this.#run(removeScript, ids.map(toJobId)));
  }

  async clear(state: MessageState | 'everything', limit: number): Promise<number> {
    return Number(await this.#run(clearScript, [state, limit]));
  }

  async setPaused(isPaused: boolean): Promise<void> {
    await this.#run(setPausedScript, [isPaused ? '1' : '0']);
  }

  async stats(): Promise<StoreStats> {
    return readStats(await this.#run(statsScript, []));
  }

  /** Ends every wait; every later call rejects. */
  close(): void {
    this.#isClosed = true;
    this.#waiters.restarted();
  }

  /** The ends of plain clients' jobs, and what became of each. */
  async #settleForeign(settlements: readonly Settlement[]): Promise<ReadonlyMap<Settlement, 'settled' | 'lease-lost'>> {
    const answers = new Map<Settlement, 'settled' | 'lease-lost'>();
    if (this.#foreign === undefined) return answers;
    for (const settlement of settlements) {
      const { jobId, token, isForeign } = readReceipt(settlement.receipt);
      if (!isForeign || !isFinal(settlement)) continue;
      answers.set(settlement, await this.#foreign.settle(jobId, token, settlement));
    }
    return answers;
  }

  /** Never rejects: what can't be ended now comes back when its lease ends. */
  async #fail(doomed: readonly DoomedJob[]): Promise<void> {
    const failures = doomed.map(
      ({ receipt, reason }) => ({ receipt, outcome: 'dead', reason: 'unrecoverable', isStarted: false, error: reason }) as const,
    );
    try {
      await this.exchange(failures);
    } catch (error) {
      this.#logger.debug({ reason: describeFailure(error) }, 'jobs that are to fail could not be ended');
    }
  }

  async #run(script: Script, args: readonly Argument[]): Promise<unknown> {
    if (this.#isClosed) throw this.#closedError();
    return runScript(this.#commands, script, [this.#base], args);
  }

  #closedError(): ClosedError {
    return new ClosedError(`the store of queue '${this.#name}'`);
  }
}

function letters<T>(reply: unknown, meanings: Readonly<Record<string, T>>): readonly T[] {
  return Array.from(String(reply), (letter) => meanings[letter] as T);
}

function yesOrNo(reply: unknown): readonly boolean[] {
  return Array.from(String(reply), (letter) => letter === '1');
}
