import type { Ending, MessageHead, Priority } from '@quayside/core';

/** How a task ended for good. */
export type FinalEnding = Extract<Ending, { readonly outcome: 'complete' | 'dead' | 'drop' }>;

export interface LedgerTask {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly priority: Priority;
}

export interface LedgerRow extends LedgerTask {
  /** Put in by this run; else a task that an earlier run left behind. */
  readonly isOwn: boolean;
  readonly attempts: number;
  /** One, if all is well. */
  readonly endings: readonly FinalEnding[];
  /** From its publishing to its end. */
  readonly tookMs: number;
}

interface Entry extends LedgerRow {
  readonly enteredAt: number;
}

/** Which tasks were published, and how each of them ended: kept beside the queue's own figures, to be held against them. */
export class Ledger {
  readonly #now: () => number;
  readonly #entries = new Map<string, Entry>();
  /** Ids in the order in which their work began. */
  readonly #begun = new Set<string>();
  #tellWhole: () => void = () => {};

  /** @param now milliseconds that never go back */
  constructor(now: () => number) {
    this.#now = now;
  }

  enter(task: LedgerTask): void {
    this.#add(task, true);
  }

  begin({ id, type, priority }: Pick<MessageHead, 'id' | 'type' | 'priority'>): void {
    this.#begun.add(id);
    if (!this.#entries.has(id)) this.#add({ id, type, priority, subject: '(left behind)' }, false);
  }

  settle({ id, attempt }: Pick<MessageHead, 'id' | 'attempt'>, ending: Ending): void {
    const entry = this.#entries.get(id);
    if (entry === undefined || ending.outcome === 'release') return;
    const endings = ending.outcome === 'retry' ? entry.endings : [...entry.endings, ending];
    this.#entries.set(id, { ...entry, attempts: attempt, endings, tookMs: this.#now() - entry.enteredAt });
    if (this.#isWhole()) this.#tellWhole();
  }

  get(id: string): LedgerRow | undefined {
    return this.#entries.get(id);
  }

  /** In the order in which their work began; what never began comes last. */
  rows(): readonly LedgerRow[] {
    const ids = new Set([...this.#begun, ...this.#entries.keys()]);
    return [...ids].flatMap((id) => this.#entries.get(id) ?? []);
  }

  /** Resolves when every task that was entered has ended. */
  whole(): Promise<void> {
    return new Promise((resolve) => {
      this.#tellWhole = resolve;
      if (this.#isWhole()) resolve();
    });
  }

  #isWhole(): boolean {
    return this.rows().every(({ endings }) => endings.length > 0);
  }

  #add(task: LedgerTask, isOwn: boolean): void {
    this.#entries.set(task.id, { ...task, isOwn, attempts: 0, endings: [], tookMs: 0, enteredAt: this.#now() });
  }
}
