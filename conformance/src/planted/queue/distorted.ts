import {
  type Claim,
  type ClaimRequest,
  type Exchange,
  type LeaseRenewal,
  type LeaseState,
  type PublishCall,
  type PublishOutcome,
  type QueueStore,
  type Settlement,
  type StoredMessage,
  StoreWrapper,
} from '@quayside/core';

/** What is changed on the way into a store or out of it. */
export interface Distortion {
  readonly message?: (message: StoredMessage) => Partial<StoredMessage>;
  readonly batch?: (messages: readonly StoredMessage[]) => readonly StoredMessage[];
  readonly call?: (call: PublishCall) => Partial<PublishCall>;
  readonly request?: (request: ClaimRequest) => Partial<ClaimRequest>;
  readonly claim?: (claim: Claim) => Partial<Claim>;
  readonly lease?: (state: LeaseState) => LeaseState;
  /** How long a lease is held from its renewal on. */
  readonly renewal?: (visibilityTimeoutMs: number) => number;
}

/** A store that is right in all but one thing. */
export class DistortedStore extends StoreWrapper {
  readonly #distortion: Distortion;

  constructor(inner: QueueStore, distortion: Distortion) {
    super(inner);
    this.#distortion = distortion;
  }

  override publish(messages: readonly StoredMessage[], call: PublishCall): Promise<readonly PublishOutcome[]> {
    const { message, batch, call: changeCall } = this.#distortion;
    const changed = message === undefined ? messages : messages.map((each) => ({ ...each, ...message(each) }));
    return this.inner.publish(batch?.(changed) ?? changed, { ...call, ...changeCall?.(call) });
  }

  override async exchange(settlements: readonly Settlement[], request?: ClaimRequest): Promise<Exchange> {
    const { request: changeRequest, claim } = this.#distortion;
    const exchange = await this.inner.exchange(settlements, request && { ...request, ...changeRequest?.(request) });
    return { ...exchange, claims: exchange.claims.map((each) => ({ ...each, ...claim?.(each) })) };
  }

  override async extend(leases: readonly LeaseRenewal[], visibilityTimeoutMs: number): Promise<readonly LeaseState[]> {
    const { lease, renewal } = this.#distortion;
    const states = await this.inner.extend(leases, renewal?.(visibilityTimeoutMs) ?? visibilityTimeoutMs);
    return states.map((state) => lease?.(state) ?? state);
  }
}
