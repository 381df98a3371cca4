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
  Settlement,
  StoreCancelOutcome,
  StoredMessage,
  StoreStats,
} from './ports/queue-store.js';

export type StoreMethod = Exclude<keyof QueueStore, 'capabilities'>;

/** A store before another one: it passes every call on. Whoever stands in between changes what he needs: one method, or `pass`, through which all calls go. */
export class StoreWrapper implements QueueStore {
  protected readonly inner: QueueStore;

  constructor(inner: QueueStore) {
    this.inner = inner;
  }

  get capabilities(): QueueCapabilities {
    return this.inner.capabilities;
  }

  protected pass<T>(_method: StoreMethod, call: () => Promise<T>): Promise<T> {
    return call();
  }

  publish(messages: readonly StoredMessage[], call: PublishCall): Promise<readonly PublishOutcome[]> {
    return this.pass('publish', () => this.inner.publish(messages, call));
  }

  exchange(settlements: readonly Settlement[], request?: ClaimRequest): Promise<Exchange> {
    return this.pass('exchange', () => this.inner.exchange(settlements, request));
  }

  extend(leases: readonly LeaseRenewal[], visibilityTimeoutMs: number): Promise<readonly LeaseState[]> {
    return this.pass('extend', () => this.inner.extend(leases, visibilityTimeoutMs));
  }

  wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    return this.pass('wait', () => this.inner.wait(timeoutMs, signal));
  }

  cancel(ids: readonly string[]): Promise<readonly StoreCancelOutcome[]> {
    return this.pass('cancel', () => this.inner.cancel(ids));
  }

  promote(ids: readonly string[]): Promise<number> {
    return this.pass('promote', () => this.inner.promote(ids));
  }

  find(id: string): Promise<FoundMessage | undefined> {
    return this.pass('find', () => this.inner.find(id));
  }

  list(state: MessageState, cursor: string | undefined, limit: number): Promise<Page<FoundMessage>> {
    return this.pass('list', () => this.inner.list(state, cursor, limit));
  }

  redrive(ids: readonly string[]): Promise<readonly boolean[]> {
    return this.pass('redrive', () => this.inner.redrive(ids));
  }

  remove(ids: readonly string[]): Promise<readonly boolean[]> {
    return this.pass('remove', () => this.inner.remove(ids));
  }

  clear(state: MessageState | 'everything', limit: number): Promise<number> {
    return this.pass('clear', () => this.inner.clear(state, limit));
  }

  setPaused(isPaused: boolean): Promise<void> {
    return this.pass('setPaused', () => this.inner.setPaused(isPaused));
  }

  stats(): Promise<StoreStats> {
    return this.pass('stats', () => this.inner.stats());
  }
}
