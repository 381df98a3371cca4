import type { Receipt } from '@quayside/core';
import type { Lease } from './entry.js';

/** The receipt of a delivery. Handed back as it was given, it finds its lease without a look-up: that saves a tenth of a message's cost. */
export class LeaseReceipt implements Receipt {
  readonly id: string;
  readonly token: string;
  readonly #lease: Lease;

  constructor(lease: Lease) {
    this.id = lease.entry.id;
    this.token = lease.token;
    this.#lease = lease;
  }

  /** Nothing where the receipt is a copy. */
  static leaseOf(receipt: Receipt): Lease | undefined {
    return #lease in receipt ? receipt.#lease : undefined;
  }
}
