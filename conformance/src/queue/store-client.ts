import {
  type Claim,
  type ClaimRequest,
  type Clock,
  type Exchange,
  IdMaker,
  type PublishOutcome,
  priorities,
  type QueueStore,
  type Settlement,
  type StoredMessage,
} from '@quayside/core';

/** Speaks to a store as an engine does, one call at a time and without any policy: for cases about the backend's own face. */
export class StoreClient {
  readonly store: QueueStore;
  readonly #ids: IdMaker;
  readonly #publisher: string;
  #sequence = 0;

  constructor(store: QueueStore, clock: Clock) {
    this.store = store;
    this.#ids = new IdMaker(clock);
    this.#publisher = this.#ids.next();
  }

  /** What core would store for an ordinary message. */
  message(changes: Partial<StoredMessage> = {}): StoredMessage {
    return { id: this.#ids.next(), type: 'task', priority: 'normal', payload: '"work"', meta: '', ...changes };
  }

  publish(...messages: readonly StoredMessage[]): Promise<readonly PublishOutcome[]> {
    return this.store.publish(messages, { publisher: this.#publisher, sequence: ++this.#sequence, checkIds: false });
  }

  /** Publishes so many ordinary messages; answers their ids. */
  async publishMany(count: number, changes: Partial<StoredMessage> = {}): Promise<readonly string[]> {
    const messages = Array.from({ length: count }, () => this.message(changes));
    await this.publish(...messages);
    return messages.map(({ id }) => id);
  }

  /** By default one message from any level, held for 30 s, its start not marked. */
  async claim(request: Partial<ClaimRequest> = {}): Promise<readonly Claim[]> {
    const { claims } = await this.store.exchange([], {
      max: 1,
      startNow: 0,
      visibilityTimeoutMs: 30_000,
      levels: priorities,
      ...request,
    });
    return claims;
  }

  /** Claims one that must be there. */
  async claimOne(request: Partial<ClaimRequest> = {}): Promise<Claim> {
    const [claim] = await this.claim({ ...request, max: 1 });
    if (claim === undefined) throw new Error('there is nothing to claim');
    return claim;
  }

  async settle(...settlements: readonly Settlement[]): Promise<Exchange['settled']> {
    return (await this.store.exchange(settlements)).settled;
  }
}
