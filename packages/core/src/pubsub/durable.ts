import type { FrameOutcome } from '../ports/pubsub.js';
import type { ReceivedEvent } from './frames.js';
import { RecentMap } from './recent.js';

/** How an event ended in one subscription. `unstarted`: the subscription did, before its handler was called. */
export type Ending = 'handled' | 'failed' | 'unstarted';

const firstDelayMs = 1_000;
const longestDelayMs = 60_000;

/** Events that a subscription remembers to have handled: those that the server may hand out again without need. */
const remembered = 10_000;

/**
 * Says of each frame of a durable subscription what became of it, once all its events have ended. A frame comes again as a whole, for one
 * event that failed or for a word to the server that was lost: what was handled of it is not handled again.
 */
export class DurableFrames {
  readonly #handle: (event: ReceivedEvent) => Promise<Ending>;
  readonly #handled = new RecentMap<true>(remembered);
  readonly #underWay = new Map<string, Promise<Ending>>();

  constructor(handle: (event: ReceivedEvent) => Promise<Ending>) {
    this.#handle = handle;
  }

  /**
   * @param delivery 1 for the first.
   * @param isLeftOver something of the frame can't be handled here.
   */
  async take(events: readonly ReceivedEvent[], delivery: number, isLeftOver: boolean): Promise<FrameOutcome> {
    const endings = await Promise.all(events.map((event) => this.#once(event)));
    if (!isLeftOver && endings.every((ending) => ending === 'handled')) return { outcome: 'handled' };
    const delayMs = isLeftOver || endings.includes('failed') ? Math.min(longestDelayMs, firstDelayMs * 2 ** (delivery - 1)) : 0;
    return { outcome: 'again', delayMs };
  }

  /** An event that is still under way when it comes again (its process stood still, and the server took it for dead) ends for both. */
  #once(event: ReceivedEvent): Promise<Ending> {
    const { id } = event;
    if (this.#handled.get(id) === true) return Promise.resolve('handled');
    const underWay = this.#underWay.get(id) ?? this.#begin(event);
    this.#underWay.set(id, underWay);
    return underWay;
  }

  async #begin(event: ReceivedEvent): Promise<Ending> {
    const ending = await this.#handle(event);
    this.#underWay.delete(event.id);
    if (ending === 'handled') this.#handled.set(event.id, true);
    return ending;
  }
}
