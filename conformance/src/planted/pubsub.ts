/** What the suite must notice in PubSub. */
import {
  type ChannelEvent,
  type ChannelHandler,
  createPubSub,
  type EventPublishOptions,
  type FrameOutcome,
  type FrameReceiver,
  type PubSub,
  type PubSubCapabilities,
  type PubSubEvents,
  type PubSubParts,
  type PubSubStats,
  type PubSubTransport,
  type SubscribeOptions,
  type Subscription,
  systemClock,
  type TransportSubscription,
} from '@quayside/core';
import type { PlantedBug } from './bug.js';

/** Plants a bug between the engine and its transport. */
function inTransport(spoil: (transport: PubSubTransport) => PubSubTransport): PlantedBug['plant'] {
  return (harness) => {
    const create = harness.engines?.createPubSub ?? createPubSub;
    const spoiled = <M extends object>(parts: PubSubParts<M>) => create<M>({ ...parts, transport: spoil(parts.transport) });
    return { ...harness, engines: { ...harness.engines, createPubSub: spoiled } };
  };
}

/** Plants a bug between the application and the engine. */
function inEngine(spoil: (pubsub: PubSub) => PubSub): PlantedBug['plant'] {
  return (harness) => {
    const create = harness.engines?.createPubSub ?? createPubSub;
    const spoiled = <M extends object>(parts: PubSubParts<M>) => spoil(create<M>(parts) as PubSub) as PubSub<M>;
    return { ...harness, engines: { ...harness.engines, createPubSub: spoiled } };
  };
}

/** Passes every call on: a bug changes what it needs. */
class PubSubWrapper implements PubSub {
  protected readonly inner: PubSub;

  constructor(inner: PubSub) {
    this.inner = inner;
  }

  get capabilities(): PubSubCapabilities {
    return this.inner.capabilities;
  }

  publish(channel: string, payload: unknown, options?: EventPublishOptions): Promise<string> {
    return this.inner.publish(channel, payload, options);
  }

  subscribe(channel: string, handler: ChannelHandler, options?: SubscribeOptions): Promise<Subscription> {
    return this.inner.subscribe(channel, handler, options);
  }

  deleteDurable(channel: string, name: string): Promise<boolean> {
    return this.inner.deleteDurable(channel, name);
  }

  on<E extends keyof PubSubEvents>(event: E, listener: PubSubEvents[E]): () => void {
    return this.inner.on(event, listener);
  }

  stats(): PubSubStats {
    return this.inner.stats();
  }

  stop(options?: { readonly graceMs?: number }): Promise<void> {
    return this.inner.stop(options);
  }
}

class TellsNoDrops extends PubSubWrapper {
  override subscribe(channel: string, handler: ChannelHandler, options?: SubscribeOptions): Promise<Subscription> {
    return this.inner.subscribe(channel, handler, { ...options, onGap: undefined });
  }

  override on<E extends keyof PubSubEvents>(event: E, listener: PubSubEvents[E]): () => void {
    return event === 'gap' ? () => {} : this.inner.on(event, listener);
  }
}

class MatchesOneTokenTooMany extends PubSubWrapper {
  override subscribe(channel: string, handler: ChannelHandler, options?: SubscribeOptions): Promise<Subscription> {
    if (!channel.endsWith('.*')) return this.inner.subscribe(channel, handler, options);
    const most = channel.split('.').length + 1;
    const tooMany = (event: ChannelEvent) => (event.channel.split('.').length <= most ? handler(event) : undefined);
    return this.inner.subscribe(`${channel.slice(0, -1)}>`, tooMany, options);
  }
}

/** One handler at a time, whatever its subscription. */
class OneQueueForAll extends PubSubWrapper {
  #tail: Promise<unknown> = Promise.resolve();

  override subscribe(channel: string, handler: ChannelHandler, options?: SubscribeOptions): Promise<Subscription> {
    const inTurn = (event: ChannelEvent) => {
      const turn = this.#tail.then(() => handler(event));
      this.#tail = turn.catch(() => undefined);
      return turn;
    };
    return this.inner.subscribe(channel, inTurn, options);
  }
}

/** As nats.js did: `publish` answers at once, and the event is gone. */
class DropsWhileDisconnected extends PubSubWrapper {
  #isConnected = true;
  #dropped = 0;

  constructor(inner: PubSub) {
    super(inner);
    inner.on('disconnected', () => {
      this.#isConnected = false;
    });
    inner.on('reconnected', () => {
      this.#isConnected = true;
    });
  }

  override async publish(channel: string, payload: unknown, options?: EventPublishOptions): Promise<string> {
    return this.#isConnected ? this.inner.publish(channel, payload, options) : `dropped-${this.#dropped++}`;
  }
}

/** Says that it is connected again, and has restored nothing. */
function forgetsSubscriptions(inner: PubSubTransport): PubSubTransport {
  let losses = 0;
  inner.onState((state) => {
    if (state === 'disconnected') losses++;
  });
  return passOn(inner, {
    subscribe(filter, receive, options) {
      const made = losses;
      return inner.subscribe(filter, (channel, body) => (made === losses ? receive(channel, body) : undefined), options);
    },
  });
}

/** What a durable subscription says of its frames reaches the server as `spoil` makes it. */
function misreports(spoil: (outcome: Promise<FrameOutcome>) => Promise<FrameOutcome>): (inner: PubSubTransport) => PubSubTransport {
  return (inner) =>
    passOn(inner, {
      subscribe(filter, receive, options) {
        const taking: FrameReceiver = (...frame) => {
          const outcome = receive(...frame);
          return outcome === undefined ? undefined : spoil(outcome);
        };
        return inner.subscribe(filter, taking, options);
      },
    });
}

const neverHandled = misreports(() => new Promise(() => {}));
const handledAtOnce = misreports(() => Promise.resolve({ outcome: 'handled' }));
const alwaysHandled = misreports((outcome) => outcome.then(() => ({ outcome: 'handled' })));

/** How long a subscription that nobody waited for takes to reach the server, in real time. */
const onItsWayMs = 20;

function subscribesWithoutFlush(inner: PubSubTransport): PubSubTransport {
  return passOn(inner, {
    async subscribe(filter, receive, options): Promise<TransportSubscription> {
      let opened: Promise<TransportSubscription | undefined> = Promise.resolve(undefined);
      const timer = systemClock.setTimer(() => {
        opened = inner.subscribe(filter, receive, options).catch(() => undefined);
      }, onItsWayMs);
      return {
        async close() {
          timer.cancel();
          await (await opened)?.close();
        },
      };
    },
  });
}

function passOn(inner: PubSubTransport, changes: Partial<PubSubTransport>): PubSubTransport {
  return {
    capabilities: inner.capabilities,
    publish: (frames, signal) => inner.publish(frames, signal),
    subscribe: (filter, receive, options) => inner.subscribe(filter, receive, options),
    onState: (listener) => inner.onState(listener),
    close: () => inner.close(),
    ...changes,
  };
}

export const pubsubBugs: readonly PlantedBug[] = [
  { name: 'subscription forgotten after reconnect', caughtBy: ['P-11'], plant: inTransport(forgetsSubscriptions) },
  { name: 'dropped events not told', caughtBy: ['P-08', 'P-11'], plant: inEngine((pubsub) => new TellsNoDrops(pubsub)) },
  { name: 'pattern matches one token too many', caughtBy: ['P-05'], plant: inEngine((pubsub) => new MatchesOneTokenTooMany(pubsub)) },
  { name: 'slow subscriber delays another', caughtBy: ['P-08'], plant: inEngine((pubsub) => new OneQueueForAll(pubsub)) },
  { name: 'subscribe without flush', caughtBy: ['P-24'], plant: inTransport(subscribesWithoutFlush) },
  { name: 'durable event acknowledged before its handler', caughtBy: ['P-15'], needs: ['durable'], plant: inTransport(handledAtOnce) },
  {
    name: 'durable event acknowledged though its handler failed',
    caughtBy: ['P-15'],
    needs: ['durable'],
    plant: inTransport(alwaysHandled),
  },
  { name: 'durable event never acknowledged', caughtBy: ['P-15'], needs: ['durable'], plant: inTransport(neverHandled) },
  {
    name: 'publish dropped while disconnected',
    caughtBy: ['P-25', 'P-12'],
    plant: inEngine((pubsub) => new DropsWhileDisconnected(pubsub)),
  },
];
