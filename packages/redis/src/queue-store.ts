import {
  type ClaimRequest,
  type Clock,
  ClosedError,
  type Exchange,
  type FoundMessage,
  type LeaseRenewal,
  type LeaseState,
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
import { exchangeArguments, orderOf, readExchange, wholeMs } from './exchange-call.js';
import {
  cancelScript,
  clearScript,
  exchangeScript,
  extendScript,
  findScript,
  listStandingScript,
  listWaitingScript,
  passOnScript,
  promoteScript,
  publishScript,
  redriveScript,
  removeScript,
  setPausedScript,
  statsScript,
  waitScript,
} from './generated/scripts.js';
import { queueKeys } from './keys.js';
import { listArguments, readPage } from './listing.js';
import { toFoundMessage } from './messages.js';
import { publishArguments, readPublished } from './publish-call.js';
import { type Argument, type CommandSender, runScript, type Script } from './scripts.js';
import { readStats } from './stats.js';
import { timeArgument } from './store-time.js';
import { Waiters } from './waiters.js';
import type { Waking } from './waking.js';

export interface QueueStoreParts {
  readonly commands: CommandSender;
  readonly waking: Waking;
  readonly clock: Clock;
  readonly namespace: string;
}

const cancelled: Readonly<Record<string, StoreCancelOutcome>> = { r: 'removed', q: 'requested', d: 'dead', n: 'not-found' };
const leases: Readonly<Record<string, LeaseState>> = { h: 'held', l: 'lost', c: 'cancel-requested' };

/** One queue on the server. Each method is one script, and so one step: no two ever meet half-way. */
export class RedisQueueStore implements QueueStore {
  readonly capabilities: QueueCapabilities;
  readonly #name: string;
  readonly #parts: QueueStoreParts;
  readonly #keys: readonly string[];
  readonly #waiters: Waiters;
  #isClosed = false;

  constructor(name: string, parts: QueueStoreParts) {
    this.#name = name;
    this.#parts = parts;
    this.#keys = queueKeys(parts.namespace, name);
    this.capabilities = {
      shared: true,
      durable: true,
      atomicBatch: true,
      wakes: true,
      testClock: parts.clock.isVirtual,
      serverTime: true,
      foreignProducers: false,
      foreignWorkers: false,
      statsScope: 'all',
      payload: 'text',
    };
    const { waking } = parts;
    this.#waiters = new Waiters(parts.clock, {
      get isHeard() {
        return waking.isHeard;
      },
      join: async () => {
        const mayBe = Number(await this.#runTimed(waitScript, [waking.channel]));
        return mayBe < 0 ? undefined : mayBe;
      },
      passOn: async () => void (await this.#runTimed(passOnScript, [])),
      failed: (error) => waking.failed(error),
    });
    waking.add(name, this.#waiters);
  }

  async publish(messages: readonly StoredMessage[], call: PublishCall): Promise<readonly PublishOutcome[]> {
    const reply = await this.#runTimed(publishScript, publishArguments(messages, call));
    return readPublished(reply, messages, call);
  }

  async exchange(settlements: readonly Settlement[], request?: ClaimRequest): Promise<Exchange> {
    const { isListed, isAnyAsleep } = this.#waiters;
    const args = exchangeArguments(settlements, request, { channel: this.#parts.waking.channel, isListed, isAnyAsleep });
    if (request === undefined) return readExchange(await this.#runTimed(exchangeScript, args), settlements.length).exchange;
    const begun = this.#waiters.looks();
    const reply = readExchange(await this.#runTimed(exchangeScript, args), settlements.length);
    this.#waiters.looked(begun, reply.isListed);
    return reply.exchange;
  }

  async extend(renewals: readonly LeaseRenewal[], visibilityTimeoutMs: number): Promise<readonly LeaseState[]> {
    const starts = renewals.map(({ isStarted }) => (isStarted ? 's' : '-')).join('');
    const args: Argument[] = [wholeMs(visibilityTimeoutMs), renewals.length, starts];
    for (const { receipt } of renewals) args.push(receipt.id);
    for (const { receipt } of renewals) args.push(orderOf(receipt));
    return letters(await this.#runTimed(extendScript, args), leases);
  }

  async wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (this.#isClosed) throw this.#closedError();
    await this.#waiters.wait(timeoutMs, signal);
  }

  async cancel(ids: readonly string[]): Promise<readonly StoreCancelOutcome[]> {
    return letters(await this.#run(cancelScript, ids), cancelled);
  }

  async promote(ids: readonly string[]): Promise<number> {
    return Number(await this.#runTimed(promoteScript, ids));
  }

  async find(id: string): Promise<FoundMessage | undefined> {
    const found = (await this.#run(findScript, [id])) as [string, string, string, string] | null;
    return found === null ? undefined : toFoundMessage(id, ...found);
  }

  async list(state: MessageState, cursor: string | undefined, limit: number): Promise<Page<FoundMessage>> {
    const script = state === 'waiting' ? listWaitingScript : listStandingScript;
    return readPage(state, await this.#run(script, listArguments(state, cursor, limit)));
  }

  async redrive(ids: readonly string[]): Promise<readonly boolean[]> {
    return yesOrNo(await this.#runTimed(redriveScript, ids));
  }

  async remove(ids: readonly string[]): Promise<readonly boolean[]> {
    return yesOrNo(await this.#run(removeScript, ids));
  }

  /** Ids of messages that are gone may still stand in a list: a step that met only these is taken again. */
  async clear(state: MessageState | 'everything', limit: number): Promise<number> {
    for (;;) {
      const [removed, isMore] = (await this.#runTimed(clearScript, [state, limit])) as [number, number];
      if (removed > 0 || isMore === 0) return removed;
    }
  }

  async setPaused(isPaused: boolean): Promise<void> {
    await this.#runTimed(setPausedScript, [isPaused ? '1' : '0']);
  }

  async stats(): Promise<StoreStats> {
    return readStats(await this.#run(statsScript, []));
  }

  /** Ends every wait; every later call rejects. */
  close(): void {
    this.#isClosed = true;
    this.#waiters.close();
  }

  /** Most scripts need the time, and the queue's name to wake with. */
  #runTimed(script: Script, args: readonly Argument[]): Promise<unknown> {
    return this.#run(script, [timeArgument(this.#parts.clock), this.#name, ...args]);
  }

  async #run(script: Script, args: readonly Argument[]): Promise<unknown> {
    if (this.#isClosed) throw this.#closedError();
    return runScript(this.#parts.commands, script, this.#keys, args);
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
