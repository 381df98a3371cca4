import { type Backend, createLocalEventBus, createPubSub, createRemoteEventBus, type EventBus, type PubSub } from '@quayside/core';
import { transportOf } from '../backends.js';
import { holdsWithin } from './await-condition.js';
import type { StressContext, StressPart, StressResult } from './part.js';

const rooms = 100;
const boundMs = 60_000;
const publishedAtOnce = 1_000;

export const subscribers: StressPart = {
  name: 'subscribers',
  title: '1,000 subscribers to names and patterns, of pub/sub and of the event bus: each hears each of its events once',
  backends: ['memory', 'redis', 'nats'],
  run: runSubscribers,
};

/** Three of four to a name, one to a pattern. */
function filterOf(index: number): string {
  return index % 4 === 3 ? `room.${index % rooms}.*` : `room.${index % rooms}.chat`;
}

async function runSubscribers({ server, isShort }: StressContext): Promise<StressResult> {
  const count = isShort ? 200 : 1_000;
  const events = isShort ? 5 : 200;
  const [publishing, hearing] =
    server.type === 'memory' ? await openOnce(server) : [await server.open('rooms'), await server.open('rooms')];
  const [publisher, listener] = [publishing, hearing].map((backend) => createPubSub({ transport: transportOf(backend, 'channels') }));
  if (publisher === undefined || listener === undefined) throw new Error('two were made');
  const pubsub = await hear(count, events, {
    subscribe: async (filter, handler) => void (await listener.subscribe(filter, handler)),
    publish: async (channel, payload) => void (await publisher.publish(channel, payload)),
  });
  const missed = listener.stats().total_missed + listener.stats().total_dropped;
  const buses = await openBuses(server.type === 'memory', publishing, hearing);
  const bus = await hear(count, events, {
    subscribe: async (filter, handler) => void buses.hearing.on(filter, handler),
    publish: async (name, payload) => void (await buses.emitting.emitAsync(name, payload)),
  });
  await buses.stop();
  await Promise.all([publisher.stop(), listener.stop()]);
  await Promise.all([publishing.close(), ...(hearing === publishing ? [] : [hearing.close()])]);
  const broken = [...pubsub.broken.map((what) => `pub/sub: ${what}`), ...bus.broken.map((what) => `event bus: ${what}`)];
  if (missed > 0) broken.push(`pub/sub: ${missed} events told as missed or dropped`);
  return {
    figures: { subscribers: count, published: rooms * events, 'heard a second': pubsub.rate, 'bus: heard a second': bus.rate, missed },
    broken,
  };
}

/** Its events stay in one backend. */
async function openOnce(server: StressContext['server']): Promise<readonly [Backend, Backend]> {
  const backend = await server.open('rooms');
  return [backend, backend];
}

interface Buses {
  readonly emitting: EventBus;
  readonly hearing: EventBus;
  stop(): Promise<void>;
}

async function openBuses(isLocal: boolean, publishing: Backend, hearing: Backend): Promise<Buses> {
  if (isLocal) {
    const bus = createLocalEventBus({});
    return { emitting: bus, hearing: bus, stop: () => bus.stop() };
  }
  const ports: PubSub[] = [publishing, hearing].map((backend) => createPubSub({ transport: transportOf(backend, 'events') }));
  const [emitting, listening] = ports.map((pubsub) => createRemoteEventBus({ pubsub }));
  if (emitting === undefined || listening === undefined) throw new Error('two were made');
  await Promise.all([emitting.start(), listening.start()]);
  return {
    emitting,
    hearing: listening,
    async stop() {
      await Promise.all([emitting.stop(), listening.stop()]);
      await Promise.all(ports.map((port) => port.stop()));
    },
  };
}

interface Wire {
  readonly subscribe: (filter: string, handler: (event: { readonly payload: unknown }) => void) => Promise<void>;
  readonly publish: (name: string, payload: unknown) => Promise<void>;
}

async function hear(count: number, events: number, wire: Wire): Promise<{ readonly rate: number; readonly broken: readonly string[] }> {
  const heard = Array.from({ length: count }, () => new Set<number>());
  let total = 0;
  await Promise.all(
    heard.map((numbers, index) =>
      wire.subscribe(filterOf(index), ({ payload }) => {
        numbers.add(Number(payload));
        total++;
      }),
    ),
  );
  const begun = performance.now();
  const all = Array.from({ length: rooms * events }, (_, number) => number);
  for (let first = 0; first < all.length; first += publishedAtOnce) {
    const some = all.slice(first, first + publishedAtOnce);
    await Promise.all(some.map((number) => wire.publish(`room.${number % rooms}.chat`, number)));
  }
  await holdsWithin(boundMs, () => total >= count * events);
  const rate = Math.round((total * 1000) / (performance.now() - begun));
  const short = heard.filter((numbers) => numbers.size !== events).length;
  const broken = short > 0 ? [`${short} subscribers did not hear all of their ${events} events`] : [];
  return { rate, broken: total > count * events ? [...broken, `${total - count * events} events were heard twice`] : broken };
}
