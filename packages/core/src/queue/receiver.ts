import { checkSignal } from '../call-options.js';
import { ConfigError, type Issue, quote } from '../errors.js';
import type { Delivery, ReceiveOptions } from '../ports/queue.js';
import type { Claim, Exchange } from '../ports/queue-store.js';
import { waitAtMost } from '../time/deadline.js';
import { durationToMs } from '../time/duration.js';
import { type DeliveryParts, PulledDelivery } from './delivery.js';
import { endingOfUnreadable } from './endings.js';
import { bounded } from './engine.js';
import { HeldMessage } from './held.js';
import { openPayload, takeIn } from './incoming.js';
import { type LevelOrder, levelOrder } from './level-order.js';

/** A wait for something to arrive is looked after again at least so often. */
const longestWaitMs = 5_000;

interface Asked {
  readonly max: number;
  readonly visibilityTimeoutMs: number;
  readonly waitMs: number;
}

/** The pull side: claims on request, without a worker. */
export class Receiver {
  readonly #parts: DeliveryParts;
  readonly #order: LevelOrder;
  /** In the callers' hands: a cancel in this process reaches them at once. */
  readonly #pulled = new Map<string, HeldMessage>();
  readonly #closing = new AbortController();

  constructor(parts: Omit<DeliveryParts, 'whenOver'>) {
    this.#parts = {
      ...parts,
      whenOver: (held) => {
        if (this.#pulled.get(held.id) === held) this.#pulled.delete(held.id);
      },
    };
    this.#order = levelOrder(parts.engine.settings.priorityPolicy);
  }

  async receive(options: ReceiveOptions): Promise<readonly Delivery[]> {
    const { engine } = this.#parts;
    const asked = checkReceive(options, engine.settings.visibilityTimeoutMs);
    const deadline = engine.clock.monotonic() + asked.waitMs;
    const ended = new AbortController();
    const end = () => ended.abort();
    this.#closing.signal.addEventListener('abort', end);
    options.signal?.addEventListener('abort', end);
    if (options.signal?.aborted === true || this.#closing.signal.aborted) end();
    try {
      while (!ended.signal.aborted) {
        const sentAt = engine.clock.monotonic();
        const { levels, max } = this.#order.next(asked.max);
        const { visibilityTimeoutMs } = asked;
        const exchange = await bounded(engine, engine.store.exchange([], { max, startNow: max, visibilityTimeoutMs, levels }));
        this.#order.claimed(exchange.claims, max);
        const deliveries = await this.#take(exchange, sentAt + visibilityTimeoutMs, ended.signal);
        if (deliveries.length > 0) return deliveries;
        // All that was claimed was unfit for anybody: look again before waiting.
        if (exchange.claims.length > 0) continue;
        const leftMs = deadline - engine.clock.monotonic();
        if (leftMs <= 0) break;
        const waitMs = this.#waitMs(leftMs, exchange);
        await waitAtMost(engine.clock, engine.store.wait(waitMs, ended.signal), waitMs, ended.signal);
      }
      return [];
    } finally {
      this.#closing.signal.removeEventListener('abort', end);
      options.signal?.removeEventListener('abort', end);
    }
  }

  cancel(id: string): void {
    const held = this.#pulled.get(id);
    if (held !== undefined) this.#parts.leases.markCancelled(held);
  }

  /** Waiting receives answer with nothing. What callers hold returns by its lease where they do not settle it. */
  close(): void {
    this.#closing.abort();
  }

  #waitMs(leftMs: number, { isPaused, nextDueInMs }: Exchange): number {
    const { capabilities } = this.#parts.engine.store;
    const longestMs = capabilities.wakes ? longestWaitMs : this.#parts.engine.settings.pollIntervalMs;
    return Math.min(leftMs, longestMs, isPaused ? longestMs : (nextDueInMs ?? longestMs));
  }

  async #take({ claims }: Exchange, leaseUntil: number, ended: AbortSignal): Promise<readonly Delivery[]> {
    const deliveries: Delivery[] = [];
    const unwanted: HeldMessage[] = [];
    for (const claim of claims) {
      const held = this.#takeOne(claim, leaseUntil);
      if (held === undefined) continue;
      if (ended.aborted) {
        unwanted.push(held);
        continue;
      }
      const delivery = await this.#open(held);
      if (delivery !== undefined) deliveries.push(delivery);
    }
    for (const held of unwanted.toReversed()) void this.#parts.settler.settle(held, { outcome: 'release', why: 'stopping' });
    return deliveries;
  }

  #takeOne(claim: Claim, leaseUntil: number): HeldMessage | undefined {
    const taken = takeIn(this.#parts.engine, claim, leaseUntil, () => true);
    if (taken instanceof HeldMessage) return taken;
    void this.#parts.settler.settle(taken.held, taken.ending);
    return undefined;
  }

  async #open(held: HeldMessage): Promise<Delivery | undefined> {
    held.phase = 'running';
    held.isStartMarked = true;
    try {
      const delivery = new PulledDelivery(this.#parts, held, held.toMessage(await openPayload(this.#parts.engine, held)));
      held.hasStarted = true;
      this.#pulled.set(held.id, held);
      return delivery;
    } catch (thrown) {
      void this.#parts.settler.settle(held, endingOfUnreadable(this.#parts.engine, held, thrown));
      return undefined;
    }
  }
}

function checkReceive(options: ReceiveOptions, defaultVisibilityMs: number): Asked {
  checkSignal(options.signal);
  const issues: Issue[] = [];
  const { max = 1, wait = 0, visibilityTimeout = defaultVisibilityMs } = options;
  if (!Number.isInteger(max) || max < 1 || max > 1000) {
    issues.push({ path: 'options.max', message: `got ${quote(max)}; allowed is a whole number from 1 to 1000` });
  }
  const visibilityTimeoutMs = durationToMs(visibilityTimeout, 'options.visibilityTimeout');
  if (visibilityTimeoutMs < 10) {
    issues.push({
      path: 'options.visibilityTimeout',
      message: `got ${quote(visibilityTimeout)}; allowed is a duration from 10 ms`,
    });
  }
  if (issues.length > 0) throw new ConfigError('the receive options are wrong', issues);
  return { max, visibilityTimeoutMs, waitMs: durationToMs(wait, 'options.wait') };
}
