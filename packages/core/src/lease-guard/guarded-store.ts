import type { ClaimRequest, Exchange, LeaseRenewal, LeaseState, QueueStore, Receipt, Settlement } from '../ports/queue-store.js';
import { StoreWrapper } from '../store-wrapper.js';

type TellLeases = (held: readonly Receipt[], dropped: readonly string[], forMs: number) => void;

/**
 * A store that tells what is leased from it. A claim is told before the engine has it: its handler may block the event loop in the very next
 * moment. A settlement is told when it is sent, whatever comes of it: better a lease that ends too soon than one that never does.
 */
export class GuardedStore extends StoreWrapper {
  readonly #tell: TellLeases;

  constructor(store: QueueStore, tell: TellLeases) {
    super(store);
    this.#tell = tell;
  }

  override async exchange(settlements: readonly Settlement[], request?: ClaimRequest): Promise<Exchange> {
    if (settlements.length > 0) {
      const dropped = settlements.map(({ receipt }) => receipt.token);
      this.#tell([], dropped, 0);
    }
    const exchange = await super.exchange(settlements, request);
    if (request !== undefined && exchange.claims.length > 0) {
      const held = exchange.claims.map(({ receipt }) => receipt);
      this.#tell(held, [], request.visibilityTimeoutMs);
    }
    return exchange;
  }

  override async extend(leases: readonly LeaseRenewal[], durationMs: number): Promise<readonly LeaseState[]> {
    const states = await super.extend(leases, durationMs);
    const isLost = (index: number) => states[index] === 'lost';
    const held = leases.filter((_, index) => !isLost(index)).map(({ receipt }) => receipt);
    const dropped = leases.filter((_, index) => isLost(index)).map(({ receipt }) => receipt.token);
    this.#tell(held, dropped, durationMs);
    return states;
  }
}
