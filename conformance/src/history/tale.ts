import type { HistoryLine, RemovedBy, SettledAs } from './line.js';

export interface Start {
  readonly attempt: number;
  readonly fence: number;
}

export interface SettlementTold {
  readonly fence: number;
  readonly outcome: SettledAs;
  readonly hasError: boolean;
  /** `open`: sent, and never answered. */
  answer: 'settled' | 'lease-lost' | 'open';
}

/** Calls of one kind for one message. Those without an answer may have been done. */
export class Deeds {
  called = 0;
  done = 0;
  /** Certainly not done. */
  refused = 0;

  get mostDone(): number {
    return Math.max(this.done, this.called - this.refused);
  }
}

/** Most messages are never cancelled, removed or redriven: a million of them share this. */
const none: Readonly<Deeds> = Object.freeze(new Deeds());

/** What all files tell of one message. */
export class Tale {
  readonly publishes = new Deeds();
  #cancels: Deeds | undefined;
  #removals: Deeds | undefined;
  #redrives: Deeds | undefined;
  deduplicated = 0;
  readonly starts: Start[] = [];
  readonly settlements: SettlementTold[] = [];

  get cancels(): Readonly<Deeds> {
    return this.#cancels ?? none;
  }

  get removals(): Readonly<Deeds> {
    return this.#removals ?? none;
  }

  get redrives(): Readonly<Deeds> {
    return this.#redrives ?? none;
  }

  /** Settlements that took effect. */
  get settled(): readonly SettlementTold[] {
    return this.settlements.filter(({ answer }) => answer === 'settled');
  }

  /** Settlements that may have taken effect: sent, not answered, of a delivery of which no other did. */
  get open(): readonly SettlementTold[] {
    const { settled } = this;
    return this.settlements.filter(({ answer, fence }) => answer === 'open' && !settled.some((other) => other.fence === fence));
  }

  add(line: HistoryLine): void {
    switch (line.kind) {
      case 'publish-called':
        this.publishes.called++;
        return;
      case 'publish-resolved':
        if (line.outcome === 'published') this.publishes.done++;
        else this.publishes.refused++;
        if (line.outcome === 'deduplicated') this.deduplicated++;
        return;
      case 'publish-rejected':
        if (line.outcome === 'not-published') this.publishes.refused++;
        return;
      case 'started':
        this.starts.push({ attempt: line.attempt, fence: line.fence });
        return;
      case 'ended':
        return;
      case 'settling':
        this.settlements.push({ fence: line.fence, outcome: line.outcome, hasError: line.hasError, answer: 'open' });
        return;
      case 'settled':
        this.#answer(line.fence, line.answer);
        return;
      case 'removal-called':
        this.#removalsBy(line.by).called++;
        return;
      case 'removal-answered': {
        const deeds = this.#removalsBy(line.by);
        if (line.outcome === 'removed') deeds.done++;
        if (line.outcome === 'refused') deeds.refused++;
        return;
      }
      case 'redrive-called':
        this.#redrives ??= new Deeds();
        this.#redrives.called++;
        return;
      case 'redrive-answered':
        this.#redrives ??= new Deeds();
        if (line.outcome === 'redriven') this.#redrives.done++;
        else this.#redrives.refused++;
    }
  }

  #removalsBy(by: RemovedBy): Deeds {
    if (by === 'cancel') {
      this.#cancels ??= new Deeds();
      return this.#cancels;
    }
    this.#removals ??= new Deeds();
    return this.#removals;
  }

  /** A holder whose call got no answer may call again: the answer is to its latest one. */
  #answer(fence: number, answer: 'settled' | 'lease-lost'): void {
    const open = this.settlements.findLast((settlement) => settlement.fence === fence && settlement.answer === 'open');
    if (open !== undefined) open.answer = answer;
  }
}
