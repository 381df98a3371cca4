import { CapacityError, sleep, systemClock } from '@quayside/core';
import type { Subscription } from 'nats';
import type { Line, Receive, Refusal } from './line.js';

/** What is subscribed to, for as long as it is held. */
export interface Topic {
  readonly subject: string;
  /** Those of one queue share what comes: each message goes to one of them. */
  readonly queue: string | undefined;
  readonly receive: Receive;
}

/**
 * What a server holds it tells the others of its cluster at once, but nobody says when they know: after 0.2 ms on one machine, 6 ms at the
 * most of 500 times, 22 ms after 5,000 at once.
 */
const spreadMs = 25;

/** What one connection is subscribed to, on whichever line it has. */
export class Subscriptions {
  readonly #held = new Map<Topic, Subscription>();
  readonly #opening = new Set<Topic>();

  get count(): number {
    return this.#held.size;
  }

  /** Resolves when the server holds it. @throws ConnectionError, CapacityError, and leaves nothing behind. */
  async open(line: Line, topic: Topic, signal: AbortSignal): Promise<void> {
    const subscription = line.subscribe(topic.subject, topic.queue, topic.receive);
    this.#opening.add(topic);
    try {
      await confirm(line, [topic], signal);
    } catch (error) {
      subscription.unsubscribe();
      throw error;
    } finally {
      this.#opening.delete(topic);
    }
    this.#held.set(topic, subscription);
  }

  /** Resolves when the server at the end of a new line holds all of them. @throws ConnectionError, CapacityError */
  async restore(line: Line): Promise<void> {
    for (const topic of this.#held.keys()) this.#held.set(topic, line.subscribe(topic.subject, topic.queue, topic.receive));
    await confirm(line, [...this.#held.keys()]);
  }

  /** Nothing of it is received any more. False where it was not held. */
  release(topic: Topic): boolean {
    this.#held.get(topic)?.unsubscribe();
    return this.#held.delete(topic);
  }

  clear(): void {
    this.#held.clear();
  }

  /** Refused while it is opened, whoever opens it is told; what was confirmed once and is refused now is dead, and seems alive. */
  hasLost({ of, subject }: Refusal): boolean {
    const isOf = (topics: Iterable<Topic>) => [...topics].some((topic) => topic.subject === subject);
    return of === 'subscription' && !isOf(this.#opening) && isOf(this.#held.keys());
  }
}

/** The server holds the topics, and so, in all likelihood, do the others of its cluster. */
async function confirm(line: Line, topics: readonly Topic[], signal?: AbortSignal): Promise<void> {
  throwRefusal(await line.confirm(signal), topics);
  if (!line.isOfCluster || topics.length === 0) return;
  await sleep(systemClock, spreadMs, signal);
  await line.confirm(signal);
}

/** @throws CapacityError where one of the topics, or something that nats.js does not name, was refused. */
function throwRefusal(refusals: readonly Refusal[], topics: readonly Topic[]): void {
  const refused = refusals.find(
    (refusal) => refusal.of === 'other' || (refusal.of === 'subscription' && topics.some(({ subject }) => subject === refusal.subject)),
  );
  if (refused === undefined) return;
  const what = refused.subject === undefined ? 'a subscription' : `the subscription to '${refused.subject}'`;
  throw new CapacityError(`the server refuses ${what}: by its permissions, or one too many`);
}
