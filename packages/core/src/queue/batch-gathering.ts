import type { Clock, Timer } from '../time/clock.js';
import type { HeldMessage } from './held.js';
import type { RegisteredBatch } from './registry.js';

export interface GatheredBatch {
  readonly registered: RegisteredBatch;
  readonly held: HeldMessage[];
}

/** Gathers the messages of batch handlers until a batch is full, or its wait has passed since the first. */
export class BatchGatherer {
  readonly #clock: Clock;
  readonly #whenReady: () => void;
  readonly #open = new Map<RegisteredBatch, { readonly batch: GatheredBatch; readonly timer: Timer | undefined }>();
  /** Waiting for a slot alone. */
  readonly ready: GatheredBatch[] = [];

  constructor(clock: Clock, whenReady: () => void) {
    this.#clock = clock;
    this.#whenReady = whenReady;
  }

  /** How many messages more than one a slot these handlers could take now. */
  room(batches: readonly RegisteredBatch[]): number {
    return batches.reduce((sum, batch) => sum + batch.size - 1 - (this.#open.get(batch)?.batch.held.length ?? 0), 0);
  }

  add(registered: RegisteredBatch, held: HeldMessage): void {
    let open = this.#open.get(registered);
    if (open === undefined) {
      const timer = registered.waitMs > 0 ? this.#clock.setTimer(() => this.#close(registered), registered.waitMs) : undefined;
      open = { batch: { registered, held: [] }, timer };
      this.#open.set(registered, open);
    }
    open.batch.held.push(held);
    if (open.batch.held.length >= registered.size) this.#close(registered);
  }

  /** Those that wait for nothing more than what one claim brought. */
  closeUnwaited(): void {
    for (const registered of [...this.#open.keys()]) if (registered.waitMs === 0) this.#close(registered);
  }

  /** Everything that no handler has, in the order of claiming. */
  takeAll(): HeldMessage[] {
    for (const registered of [...this.#open.keys()]) this.#close(registered);
    return this.ready.splice(0).flatMap(({ held }) => held);
  }

  #close(registered: RegisteredBatch): void {
    const open = this.#open.get(registered);
    if (open === undefined) return;
    open.timer?.cancel();
    this.#open.delete(registered);
    this.ready.push(open.batch);
    this.#whenReady();
  }
}
