/** What makes an engine write its history: middleware round its handlers and publishes, and a wrapper round its store. */
import {
  type ClaimRequest,
  type Exchange,
  type Middleware,
  QuaysideError,
  type QueueStore,
  type Receipt,
  type Settlement,
  type StoreCancelOutcome,
  StoreWrapper,
} from '@quayside/core';
import type { RemovedBy, SettledAs } from './line.js';
import type { HistoryLog } from './log.js';

/** Writes down publishes, starts and ends. The first middleware that is added sees what the application does. */
export function recordHandlers(log: HistoryLog, queue: string): Middleware {
  return {
    async publish(message, next) {
      const { id } = message;
      log.write({ kind: 'publish-called', queue, id });
      try {
        const result = await next(message);
        const copied = result.id === id ? 'duplicate' : 'deduplicated';
        log.write({ kind: 'publish-resolved', queue, id, outcome: result.isDeduplicated ? copied : 'published' });
        return result;
      } catch (error) {
        const outcome = (error instanceof QuaysideError ? error.outcome : undefined) ?? 'not-published';
        log.write({ kind: 'publish-rejected', queue, id, outcome });
        throw error;
      }
    },
    async process({ id }, next, { attempt, fencingToken: fence }) {
      log.write({ kind: 'started', queue, id, attempt, fence });
      try {
        const value = await next();
        log.write({ kind: 'ended', queue, id, attempt, fence, outcome: 'returned' });
        return value;
      } catch (error) {
        log.write({ kind: 'ended', queue, id, attempt, fence, outcome: 'threw' });
        throw error;
      }
    },
  };
}

/** Writes down what an engine tells its store, and what the store answers. */
export class RecordingStore extends StoreWrapper {
  readonly #log: HistoryLog;
  readonly #queue: string;
  readonly #fences = new Map<string, number>();

  constructor(inner: QueueStore, log: HistoryLog, queue: string) {
    super(inner);
    this.#log = log;
    this.#queue = queue;
  }

  override async exchange(settlements: readonly Settlement[], request?: ClaimRequest): Promise<Exchange> {
    const told = settlements.map((settlement) => ({
      queue: this.#queue,
      id: settlement.receipt.id,
      fence: this.#fences.get(nameOf(settlement.receipt)) ?? 0,
      outcome: settledAs(settlement),
    }));
    for (const [place, line] of told.entries()) this.#log.write({ kind: 'settling', ...line, hasError: hasError(settlements[place]) });
    const reply = await super.exchange(settlements, request);
    for (const [place, line] of told.entries()) {
      this.#log.write({ kind: 'settled', ...line, answer: reply.settled[place] ?? 'lease-lost' });
    }
    for (const { receipt } of settlements) this.#fences.delete(nameOf(receipt));
    for (const { receipt, fencingToken } of reply.claims) this.#fences.set(nameOf(receipt), fencingToken);
    return reply;
  }

  override async cancel(ids: readonly string[]): Promise<readonly StoreCancelOutcome[]> {
    this.#called(ids, 'cancel');
    const outcomes = await super.cancel(ids);
    for (const [place, id] of ids.entries()) {
      const answer = outcomes[place];
      const outcome = answer === 'removed' || answer === 'requested' ? answer : 'refused';
      this.#log.write({ kind: 'removal-answered', queue: this.#queue, id, by: 'cancel', outcome });
    }
    return outcomes;
  }

  override async remove(ids: readonly string[]): Promise<readonly boolean[]> {
    this.#called(ids, 'remove');
    const removed = await super.remove(ids);
    for (const [place, id] of ids.entries()) {
      this.#log.write({ kind: 'removal-answered', queue: this.#queue, id, by: 'remove', outcome: removed[place] ? 'removed' : 'refused' });
    }
    return removed;
  }

  override async redrive(ids: readonly string[]): Promise<readonly boolean[]> {
    for (const id of ids) this.#log.write({ kind: 'redrive-called', queue: this.#queue, id });
    const redriven = await super.redrive(ids);
    for (const [place, id] of ids.entries()) {
      this.#log.write({ kind: 'redrive-answered', queue: this.#queue, id, outcome: redriven[place] ? 'redriven' : 'refused' });
    }
    return redriven;
  }

  #called(ids: readonly string[], by: RemovedBy): void {
    for (const id of ids) this.#log.write({ kind: 'removal-called', queue: this.#queue, id, by });
  }
}

function nameOf({ id, token }: Receipt): string {
  return `${id} ${token}`;
}

function settledAs(settlement: Settlement): SettledAs {
  return settlement.outcome === 'drop' ? settlement.as : settlement.outcome;
}

function hasError(settlement: Settlement | undefined): boolean {
  return settlement !== undefined && 'error' in settlement && settlement.error !== undefined;
}
