/** A publisher and a subscriber on connections of their own, and what became of each event. */
import { setTimeout as pause } from 'node:timers/promises';
import { type Backend, createPubSub, type PubSub, QuaysideError } from '@quayside/core';
import { openBackend, transportOf } from '../../backends.js';
import { waitUntil } from '../../servers/wait-until.js';

export interface FlowAccount {
  readonly published: number;
  readonly acknowledged: number;
  /** Of those acknowledged or not: distinct events. */
  readonly received: number;
  readonly twice: number;
  /** As gaps told. */
  readonly missed: number;
  /** Acknowledged, not received, and not told as missed. */
  readonly untold: number;
}

const channel = 'flow';
const paceMs = 2;

export class EventFlow {
  readonly #backends: readonly Backend[];
  readonly #publisher: PubSub;
  readonly #subscriber: PubSub;
  readonly #acknowledged = new Set<number>();
  readonly #received = new Map<number, number>();
  #published = 0;
  #missed = 0;
  #isOver = false;
  #publishing = Promise.resolve();

  /** Publishes an event every other millisecond from now on. */
  static async start(subscriberUrl: string, publisherUrl: string): Promise<EventFlow> {
    const namespace = `faults-${process.pid}-${Math.floor(performance.now())}`;
    const open = (servers: string) => openBackend('nats', { servers }, { namespace });
    const flow = new EventFlow([await open(publisherUrl), await open(subscriberUrl)]);
    await flow.#start();
    return flow;
  }

  private constructor(backends: readonly Backend[]) {
    this.#backends = backends;
    const [publisher, subscriber] = backends.map((backend) => createPubSub({ transport: transportOf(backend, 'channels') }));
    if (publisher === undefined || subscriber === undefined) throw new Error('a flow has two ends');
    this.#publisher = publisher;
    this.#subscriber = subscriber;
  }

  /** How long it takes from now to the next event that is heard. @throws Error where it is longer than the bound */
  async recovery(boundMs: number): Promise<number> {
    const begun = performance.now();
    const heard = this.#received.size;
    await waitUntil('an event to be heard', async () => this.#received.size > heard);
    const tookMs = performance.now() - begun;
    if (tookMs > boundMs) throw new Error(`no event was heard for ${Math.round(tookMs)} ms`);
    return tookMs;
  }

  /** Publishes no more, and waits until each event is heard or told as missed. */
  async finish(): Promise<FlowAccount> {
    this.#isOver = true;
    await this.#publishing;
    // A gap is told when the next event arrives: this one.
    await this.#publish(this.#published++);
    await waitUntil('the last event to be heard', async () => this.#received.has(this.#published - 1));
    const silent = [...this.#acknowledged].filter((number) => !this.#received.has(number)).length;
    return {
      published: this.#published,
      acknowledged: this.#acknowledged.size,
      received: this.#received.size,
      twice: [...this.#received.values()].filter((times) => times > 1).length,
      missed: this.#missed,
      untold: Math.max(0, silent - this.#missed),
    };
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all([this.#publisher, this.#subscriber].map((port) => port.stop({ graceMs: 100 })));
    await Promise.all(this.#backends.map((backend) => backend.close()));
  }

  async #start(): Promise<void> {
    const onGap = ({ missed }: { readonly missed: number }) => {
      this.#missed += missed;
    };
    const onEvent = ({ payload }: { readonly payload: unknown }) => {
      const number = Number(payload);
      this.#received.set(number, (this.#received.get(number) ?? 0) + 1);
    };
    await this.#subscriber.subscribe(channel, onEvent, { onGap });
    this.#publishing = this.#publishOn();
  }

  async #publishOn(): Promise<void> {
    const underWay = new Set<Promise<void>>();
    while (!this.#isOver) {
      const one = this.#publish(this.#published++).finally(() => underWay.delete(one));
      underWay.add(one);
      await pause(paceMs);
    }
    await Promise.all(underWay);
  }

  /** One that is refused, or whose fate is unknown, is published no second time. */
  async #publish(number: number): Promise<void> {
    try {
      await this.#publisher.publish(channel, number);
      this.#acknowledged.add(number);
    } catch (error) {
      if (!(error instanceof QuaysideError) || error.outcome === undefined) throw error;
    }
  }
}
