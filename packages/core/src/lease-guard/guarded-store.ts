import type {
  ClaimRequest,
  Exchange,
  FoundMessage,
  LeaseRenewal,
  LeaseState,
  MessageState,
  Page,
  PublishCall,
  PublishOutcome,
  QueueCapabilities,
  QueueStore,
  Receipt,
  Settlement,
  StoreCancelOutcome,
  StoredMessage,
  StoreStats,
} from '../ports/queue-store.js';

type TellLeases = (held: readonly Receipt[], dropped: readonly string[], forMs: number) => void;

/**
 * A store that tells what is leased from it. A claim is told before the engine has it: its handler may block the event loop in the very next
 * moment. A settlement is told when it is sent, whatever comes of it: better a lease that ends too soon than one that never does.
 */
export class GuardedStore implements QueueStore {
  readonly #store: QueueStore;
  readonly #tell: TellLeases;

  constructor(store: QueueStore, tell: TellLeases) {
    this.#store = store;
    this.#tell = tell;
  }

  get capabilities(): QueueCapabilities {
    return this.#store.capabilities;
  }

  async exchange(settlements: readonly Settlement[], request?: ClaimRequest): Promise<Exchange> {
    if (settlements.length > 0) {
      const dropped = settlements.map(({ receipt }) => receipt.token);
      this.#tell([], dropped, 0);
    }
    const exchange = await this.#store.exchange(settlements, request);
    if (request !== undefined && exchange.claims.length > 0) {
      const held = exchange.claims.map(({ receipt }) => receipt);
      this.#tell(held, [], request.visibilityTimeoutMs);
    }
    return exchange;
  }

  async extend(leases: readonly LeaseRenewal[], durationMs: number): Promise<readonly LeaseState[]> {
    const states = await this.#store.extend(leases, durationMs);
    const isLost = (index: number) => states[index] === 'lost';
    const held = leases.filter((_, index) => !isLost(index)).map(({ receipt }) => receipt);
    const dropped = leases.filter((_, index) => isLost(index)).map(({ receipt }) => receipt.token);
    this.#tell(held, dropped, durationMs);
    return states;
  }

  publish(messages: readonly StoredMessage[], call: PublishCall): Promise<readonly PublishOutcome[]> {
    return this.#store.publish(messages, call);
  }

  wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    return this.#store.wait(timeoutMs, signal);
  }

  cancel(ids: readonly string[]): Promise<readonly StoreCancelOutcome[]> {
    return this.#store.cancel(ids);
  }

  promote(ids: readonly string[]): Promise<number> {
    return this.#store.promote(ids);
  }

  find(id: string): Promise<FoundMessage | undefined> {
    return this.#store.find(id);
  }

  list(state: MessageState, cursor: string | undefined, limit: number): Promise<Page<FoundMessage>> {
    return this.#store.list(state, cursor, limit);
  }

  redrive(ids: readonly string[]): Promise<readonly boolean[]> {
    return this.#store.redrive(ids);
  }

  remove(ids: readonly string[]): Promise<readonly boolean[]> {
    return this.#store.remove(ids);
  }

  clear(state: MessageState | 'everything', limit: number): Promise<number> {
    return this.#store.clear(state, limit);
  }

  setPaused(isPaused: boolean): Promise<void> {
    return this.#store.setPaused(isPaused);
  }

  stats(): Promise<StoreStats> {
    return this.#store.stats();
  }
}
