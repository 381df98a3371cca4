/** Turns the steps of a random run into calls, on the messages, receipts and calls of that moment. */
import {
  type ClaimRequest,
  type Clock,
  type Duration,
  IdMaker,
  type MessageState,
  type PublishCall,
  priorities,
  type QueueStore,
  type Receipt,
  type Settlement,
  type StoredMessage,
} from '@quayside/core';
import { Pair } from './pair.js';
import type { MessagePick, MessageSketch, ReceiptPick, SettlementSketch, Step } from './steps.js';

/** A run holds no more: every store takes back at least 64 a call. */
const mostMessages = 48;

/** Beyond any delay and lease of a run. */
const longEnough = '104w';

const takeAll: ClaimRequest = { max: mostMessages, startNow: 1, visibilityTimeoutMs: 100, levels: priorities };

interface Publishing {
  readonly messages: readonly StoredMessage[];
  readonly call: PublishCall;
}

/** Time that stands still between two calls. */
export interface PlayerTime {
  readonly clock: Clock;
  advance(duration: Duration): Promise<void>;
}

export class Player {
  readonly #pair: Pair;
  readonly #time: PlayerTime;
  readonly #ids: IdMaker;
  /** Of every message ever published. */
  readonly #known = new Set<string>();
  #held: readonly Receipt[] = [];
  #letGo: readonly Receipt[] = [];
  readonly #sent: Publishing[] = [];
  readonly #skipped: Omit<PublishCall, 'checkIds'>[] = [];
  readonly #sequences = new Map<string, number>();
  #texts = 0;

  constructor(store: QueueStore, time: PlayerTime) {
    this.#pair = new Pair(store, time.clock);
    this.#time = time;
    this.#ids = new IdMaker(time.clock, 'model');
  }

  async play(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      await this.#take(step);
      await this.#pair.stats();
    }
    await this.#lookAtAll();
    await this.#windDown();
  }

  #take(step: Step): Promise<void> {
    switch (step.do) {
      case 'publish':
        return this.#publish(this.#nextSequence(step.publisher, step.skips), step.messages);
      case 'publish late':
        return this.#publishLate(step.place, step.messages);
      case 'resend':
        return this.#resend(step.place);
      case 'exchange':
        return this.#exchange(
          step.settlements.map((sketch) => this.#settlement(sketch)),
          step.request,
        );
      case 'wear out':
        return this.#wearOut(step.rounds);
      case 'extend':
        return this.#extend(
          step.leases.map(({ of, isStarted }) => ({ receipt: this.#receipt(of), isStarted })),
          step.visibilityTimeoutMs,
        );
      case 'advance':
        return this.#advance(step.ms);
      case 'crash':
        this.#letGoOf(this.#held);
        return Promise.resolve();
      case 'cancel':
      case 'promote':
      case 'redrive':
      case 'remove':
        return this.#pair[step.do](step.picks.map((pick) => this.#id(pick)));
      case 'clear':
        return step.state === 'everything' ? this.#pair.clearEverything(step.limit) : this.#pair.clear(step.state, step.limit);
      case 'set paused':
        return this.#pair.setPaused(step.isPaused);
      case 'find':
        return this.#pair.find(this.#id(step.pick));
      case 'list':
        return this.#pair.list(step.state, step.limit);
    }
  }

  #advance(duration: Duration): Promise<void> {
    this.#pair.trace.add('time passes', [duration], undefined);
    return this.#time.advance(duration);
  }

  async #publish(call: Omit<PublishCall, 'checkIds'>, sketches: readonly MessageSketch[]): Promise<void> {
    if (this.#pair.model.size + sketches.length > mostMessages) return;
    const messages = sketches.map((sketch) => this.#message(sketch));
    const publishing = { messages, call: { ...call, checkIds: sketches.some(({ ownId }) => ownId !== undefined) } };
    this.#sent.push(publishing);
    await this.#pair.publish(messages, publishing.call);
  }

  #publishLate(place: number, sketches: readonly MessageSketch[]): Promise<void> {
    const [call] = this.#skipped.splice(place % Math.max(1, this.#skipped.length), 1);
    return call === undefined ? Promise.resolve() : this.#publish(call, sketches);
  }

  async #resend(place: number): Promise<void> {
    const earlier = pick(this.#sent, place);
    if (earlier !== undefined) await this.#pair.publish(earlier.messages, earlier.call);
  }

  #nextSequence(publisher: string, skips: number): Omit<PublishCall, 'checkIds'> {
    const first = (this.#sequences.get(publisher) ?? 0) + 1;
    const sequence = first + skips;
    for (let skipped = first; skipped < sequence; skipped++) this.#skipped.push({ publisher, sequence: skipped });
    this.#sequences.set(publisher, sequence);
    return { publisher, sequence };
  }

  #message({ ownId, ...sketch }: MessageSketch): StoredMessage {
    const id = ownId === undefined ? this.#ids.next() : `own-${ownId}`;
    this.#known.add(id);
    return { id, type: 'task', payload: JSON.stringify(this.#text('payload')), meta: this.#text('meta'), ...sketch };
  }

  async #exchange(settlements: readonly Settlement[], request: ClaimRequest | undefined): Promise<void> {
    const claimed = await this.#pair.exchange(settlements, request);
    this.#letGoOf(settlements.map(({ receipt }) => receipt));
    this.#held = [...this.#held, ...claimed];
  }

  async #wearOut(rounds: number): Promise<void> {
    for (let round = 0; round < rounds; round++) {
      await this.#exchange(
        this.#held.map((receipt) => ({ receipt, outcome: 'retry', delayMs: 0, error: this.#text('error') })),
        takeAll,
      );
    }
  }

  async #extend(leases: readonly { readonly receipt: Receipt; readonly isStarted: boolean }[], visibilityTimeoutMs: number): Promise<void> {
    const told = await this.#pair.extend(leases, visibilityTimeoutMs);
    this.#letGoOf(leases.filter((_, place) => told[place] === 'lost').map(({ receipt }) => receipt));
  }

  #letGoOf(receipts: readonly Receipt[]): void {
    this.#letGo = [...this.#letGo, ...this.#held.filter((receipt) => receipts.includes(receipt))];
    this.#held = this.#held.filter((receipt) => !receipts.includes(receipt));
  }

  #settlement({ of, ...how }: SettlementSketch): Settlement {
    const receipt = this.#receipt(of);
    switch (how.outcome) {
      case 'retry':
        return { receipt, ...how, error: this.#text('error') };
      case 'dead':
        return {
          receipt,
          outcome: 'dead',
          reason: 'unrecoverable',
          isStarted: how.isStarted,
          error: how.hasError ? this.#text('error') : undefined,
        };
      case 'drop':
        return { receipt, outcome: 'drop', as: how.as, error: how.hasError ? this.#text('error') : undefined };
      default:
        return { receipt, ...how };
    }
  }

  /** A forged one has the id of an active message, where there is one, and another's token, or one that nobody was given. */
  #receipt({ from, place }: ReceiptPick): Receipt {
    const token = place % 2 === 0 ? 'forged' : (pick(this.#letGo, place)?.token ?? 'forged');
    const forged = { id: this.#id({ from: 'active', place }), token };
    if (from === 'forged') return forged;
    return pick(from === 'held' ? this.#held : this.#letGo, place) ?? forged;
  }

  #id({ from, place }: MessagePick): string {
    const ids = from === 'anything' ? [...this.#known, 'unknown'] : this.#pair.model.list(from).map(({ stored }) => stored.id);
    return pick(ids, place) ?? 'unknown';
  }

  /** No two are the same, so a mix-up shows. */
  #text(what: string): string {
    this.#texts++;
    return `${what} ${this.#texts}`;
  }

  async #lookAtAll(): Promise<void> {
    for (const id of this.#known) await this.#pair.find(id);
    for (const state of ['waiting', 'delayed', 'active', 'dead'] satisfies MessageState[]) await this.#pair.list(state, 3);
  }

  /** Everything falls due and is finished, in the model's order; nothing may stay behind. */
  async #windDown(): Promise<void> {
    await this.#pair.setPaused(false);
    await this.#advance(longEnough);
    for (const id of ['a', 'b']) {
      await this.#publish(this.#nextSequence('p', 0), [{ priority: 'low', deduplication: { id, windowMs: 100 } }]);
    }
    do {
      await this.#exchange(
        this.#held.map((receipt) => ({ receipt, outcome: 'complete' })),
        { ...takeAll, max: 5 },
      );
    } while (this.#held.length > 0);
    await this.#pair.remove(this.#pair.model.list('dead').map(({ stored }) => stored.id));
    await this.#pair.stats();
    await this.#lookAtAll();
  }
}

function pick<T>(items: readonly T[], place: number): T | undefined {
  return items.length === 0 ? undefined : items[place % items.length];
}
