/** Bugs of a store that hands out in the wrong order, or at the wrong time. */
import {
  type Claim,
  type ClaimRequest,
  type Exchange,
  type MessageState,
  type Settlement,
  type StoreStats,
  StoreWrapper,
} from '@quayside/core';

const wholeQueue = 10_000;

/** Claims all there is, keeps what it chooses and gives the rest back where it was, so that no trace of that is left. */
abstract class ChoosyStore extends StoreWrapper {
  readonly #unseen = new Map<string, number>();

  protected async claimChosen(request: ClaimRequest, choose: (claims: readonly Claim[]) => readonly Claim[]): Promise<Exchange> {
    const all = await this.inner.exchange([], { ...request, max: wholeQueue, startNow: 0 });
    const chosen = choose(all.claims).slice(0, request.max);
    const rest = all.claims.filter((claim) => !chosen.includes(claim));
    for (const { message } of rest) this.#unseen.set(message.id, (this.#unseen.get(message.id) ?? 0) + 1);
    const { nextDueInMs } = await this.inner.exchange(rest.toReversed().map(({ receipt }) => ({ receipt, outcome: 'release' })));
    const started = chosen.slice(0, request.startNow).map(({ receipt }) => ({ receipt, isStarted: true }));
    await this.inner.extend(started, request.visibilityTimeoutMs);
    const claims = chosen.map((claim) => ({ ...claim, deliveries: claim.deliveries - (this.#unseen.get(claim.message.id) ?? 0) }));
    return { ...all, claims, nextDueInMs };
  }
}

export class HandsOutNewestFirst extends ChoosyStore {
  override async exchange(settlements: readonly Settlement[], request?: ClaimRequest): Promise<Exchange> {
    const reply = await this.inner.exchange(settlements);
    if (request === undefined) return reply;
    const newestFirst = (claims: readonly Claim[]) =>
      request.levels.flatMap((level) => claims.filter(({ message }) => message.priority === level).toReversed());
    return { ...(await this.claimChosen(request, newestFirst)), settled: reply.settled };
  }
}

/** Claims go on; only the flag is shown. */
export class IgnoresPause extends StoreWrapper {
  #isPaused = false;

  override async setPaused(isPaused: boolean): Promise<void> {
    this.#isPaused = isPaused;
  }

  override async exchange(settlements: readonly Settlement[], request?: ClaimRequest): Promise<Exchange> {
    return { ...(await this.inner.exchange(settlements, request)), isPaused: this.#isPaused };
  }

  override async stats(): Promise<StoreStats> {
    return { ...(await this.inner.stats()), isPaused: this.#isPaused };
  }

  override clear(state: MessageState | 'everything', limit: number): Promise<number> {
    if (state === 'everything') this.#isPaused = false;
    return this.inner.clear(state, limit);
  }
}

/** What falls due while the queue is paused is handed out all the same. */
export class LetsDelaysThroughPause extends ChoosyStore {
  override async exchange(settlements: readonly Settlement[], request?: ClaimRequest): Promise<Exchange> {
    const { items } = await this.inner.list('delayed', undefined, wholeQueue);
    const reply = await this.inner.exchange(settlements, request);
    if (request === undefined || !reply.isPaused) return reply;
    const wereDelayed = new Set(items.map(({ message }) => message.id));
    await this.inner.setPaused(false);
    const fellDue = (claims: readonly Claim[]) => claims.filter(({ message }) => wereDelayed.has(message.id));
    const { claims, nextDueInMs } = await this.claimChosen(request, fellDue);
    await this.inner.setPaused(true);
    return { ...reply, claims, nextDueInMs };
  }
}

/** Whatever priority a message had, it comes back as `normal`. */
abstract class ForgetfulStore extends StoreWrapper {
  readonly #before = new Map<string, { readonly starts: number; readonly deliveries: number }>();
  #moves = 0;

  /** The message again, from the tail of `normal`, with what it went through. */
  protected async comeBackAsNormal(id: string, delayMs: number): Promise<void> {
    const found = await this.inner.find(id);
    if (found === undefined) return;
    const { starts, deliveries } = this.#before.get(id) ?? { starts: 0, deliveries: 0 };
    this.#before.set(id, { starts: starts + found.starts, deliveries: deliveries + found.deliveries });
    await this.inner.remove([id]);
    this.#moves++;
    const call = { publisher: 'moves', sequence: this.#moves, checkIds: false };
    await this.inner.publish([{ ...found.message, priority: 'normal', delayMs, deduplication: undefined }], call);
  }

  protected tell(reply: Exchange): Exchange {
    const claims = reply.claims.map((claim) => {
      const { starts, deliveries } = this.#before.get(claim.message.id) ?? { starts: 0, deliveries: 0 };
      return { ...claim, starts: claim.starts + starts, deliveries: claim.deliveries + deliveries };
    });
    return { ...reply, claims };
  }

  override async stats(): Promise<StoreStats> {
    const stats = await this.inner.stats();
    const { published, removed } = stats.counters;
    return { ...stats, counters: { ...stats.counters, published: published - this.#moves, removed: removed - this.#moves } };
  }
}

export class ForgetsPriorityOnRetry extends ForgetfulStore {
  override async exchange(settlements: readonly Settlement[], request?: ClaimRequest): Promise<Exchange> {
    const { settled } = await this.inner.exchange(settlements);
    for (const [place, settlement] of settlements.entries()) {
      if (settlement.outcome !== 'retry' || settled[place] !== 'settled') continue;
      await this.comeBackAsNormal(settlement.receipt.id, settlement.delayMs);
    }
    return this.tell({ ...(await this.inner.exchange([], request)), settled });
  }
}

export class ForgetsPriorityOnExpiry extends ForgetfulStore {
  readonly #held = new Set<string>();

  override async exchange(settlements: readonly Settlement[], request?: ClaimRequest): Promise<Exchange> {
    const { settled } = await this.inner.exchange(settlements);
    for (const { receipt } of settlements) this.#held.delete(receipt.id);
    for (const id of this.#held) {
      const state = (await this.inner.find(id))?.state;
      if (state === 'waiting') await this.comeBackAsNormal(id, 0);
      if (state !== 'active') this.#held.delete(id);
    }
    const reply = this.tell({ ...(await this.inner.exchange([], request)), settled });
    for (const { receipt } of reply.claims) this.#held.add(receipt.id);
    return reply;
  }
}
