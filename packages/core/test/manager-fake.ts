/** An adapter whose stores do the least that a manager's tests need, and which notes what is done to it. */
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Adapter, AdapterContext, Backend, Health } from '#src/ports/adapter.js';
import type { PubSubTransport } from '#src/ports/pubsub.js';
import { type QueueCapabilities, type QueueStore, type StoredMessage, zeroCounters } from '#src/ports/queue-store.js';
import type { RecordStore } from '#src/ports/records.js';
import { fakeRecordStore } from './manager-fake-records.js';

export interface FakeOptions {
  readonly type?: string;
  /** What `open` does before it answers. */
  readonly open?: (context: AdapterContext) => Promise<void>;
  readonly close?: () => Promise<void>;
  readonly health?: () => Promise<Health>;
  /** What each exchange of its queues does first. */
  readonly exchange?: () => Promise<void>;
  readonly queue?: Partial<QueueCapabilities> | false;
  readonly pubsub?: Partial<PubSubTransport['capabilities']> | false;
  readonly records?: false;
  /** Options that the schema refuses, with the message. */
  readonly refuses?: Readonly<Record<string, string>>;
}

export interface Fake extends Adapter<Record<string, unknown>> {
  /** Options of each open, in order. */
  readonly opened: Record<string, unknown>[];
  readonly contexts: AdapterContext[];
  /** By name, kind and scope; all that this adapter opened share them, as processes share a server. */
  readonly stores: Map<string, QueueStore>;
  readonly records: Map<string, RecordStore>;
  readonly transports: Map<string, PubSubTransport>;
  /** What its queues were given, in order. */
  readonly published: StoredMessage[];
  /** Each settlement's outcome, in order. */
  readonly settled: string[];
  closed: number;
}

export function fakeAdapter(behaviour: FakeOptions = {}): Fake {
  const type = behaviour.type ?? 'fake';
  const fake: Fake = {
    type,
    opened: [],
    contexts: [],
    stores: new Map(),
    records: new Map(),
    transports: new Map(),
    published: [],
    settled: [],
    closed: 0,
    configSchema: schemaRefusing(behaviour.refuses ?? {}),
    async open(options, context) {
      fake.opened.push(options);
      fake.contexts.push(context);
      await behaviour.open?.(context);
      return fakeBackend(fake, behaviour);
    },
  };
  return fake;
}

function schemaRefusing(refused: Readonly<Record<string, string>>): StandardSchemaV1<unknown, Record<string, unknown>> {
  return {
    '~standard': {
      version: 1,
      vendor: 'fake',
      validate: (value) => {
        const options = value as Record<string, unknown>;
        const issues = Object.entries(refused).flatMap(([key, message]) => (key in options ? [{ path: [key], message }] : []));
        return issues.length > 0 ? { issues } : { value: options };
      },
    },
  };
}

function fakeBackend(fake: Fake, behaviour: FakeOptions): Backend {
  const { queue, pubsub } = behaviour;
  return {
    type: fake.type,
    ...(queue === false ? {} : { queueStore: (name: string) => once(fake.stores, name, () => fakeQueueStore(fake, behaviour)) }),
    ...(pubsub === false ? {} : { pubSubTransport: (scope: string) => once(fake.transports, scope, () => fakeTransport(pubsub ?? {})) }),
    ...(behaviour.records === false ? {} : { recordStore: (kind: string) => once(fake.records, kind, fakeRecordStore) }),
    health: behaviour.health ?? (async () => ({ status: 'up' })),
    async close() {
      await behaviour.close?.();
      fake.closed++;
    },
  };
}

function once<T>(map: Map<string, T>, key: string, make: () => T): T {
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}

/** First in, first out; what is delayed stays so; no leases that end, no dead letters. */
function fakeQueueStore(fake: Fake, { queue, exchange }: FakeOptions): QueueStore {
  const waiting: StoredMessage[] = [];
  const delayed: StoredMessage[] = [];
  const active = new Map<string, StoredMessage>();
  const counters = { ...zeroCounters };
  const wakers = new Set<() => void>();
  return {
    capabilities: {
      shared: false,
      durable: false,
      atomicBatch: true,
      wakes: true,
      testClock: true,
      serverTime: false,
      foreignProducers: false,
      foreignWorkers: false,
      statsScope: 'all',
      payload: 'text',
      ...queue,
    },
    async publish(messages) {
      for (const message of messages) (message.delayMs ? delayed : waiting).push(message);
      fake.published.push(...messages);
      counters.published += messages.length;
      for (const wake of wakers) wake();
      return messages.map(() => ({ status: 'published' as const }));
    },
    async exchange(settlements, request) {
      await exchange?.();
      for (const { receipt, outcome } of settlements) {
        fake.settled.push(outcome);
        const message = active.get(receipt.id);
        active.delete(receipt.id);
        if (outcome === 'complete') counters.processed++;
        else if (message !== undefined && outcome === 'release') waiting.unshift(message);
      }
      const taken = waiting.splice(0, request?.max ?? 0);
      for (const message of taken) active.set(message.id, message);
      const claims = taken.map((message) => ({
        receipt: { id: message.id, token: '1' },
        fencingToken: 1,
        isForeign: false,
        message,
        starts: 0,
        deliveries: 1,
        redrives: 0,
      }));
      return { settled: settlements.map(() => 'settled' as const), claims, isPaused: false };
    },
    extend: async (leases) => leases.map(() => 'held' as const),
    wait: (_timeoutMs, signal) =>
      new Promise((resolve) => {
        const done = () => {
          wakers.delete(done);
          resolve();
        };
        wakers.add(done);
        signal.addEventListener('abort', done, { once: true });
        if (waiting.length > 0 || signal.aborted) done();
      }),
    cancel: async (ids) => ids.map(() => 'not-found' as const),
    promote: async () => 0,
    find: async () => undefined,
    list: async () => ({ items: [] }),
    redrive: async (ids) => ids.map(() => false),
    remove: async (ids) => ids.map(() => false),
    clear: async () => 0,
    setPaused: async () => {},
    stats: async () => ({
      counters,
      waiting: { critical: 0, high: 0, normal: waiting.length, low: 0 },
      delayed: delayed.length,
      active: active.size,
      dead: 0,
      isPaused: false,
    }),
  };
}

function fakeTransport(capabilities: Partial<PubSubTransport['capabilities']>): PubSubTransport {
  const subscribers = new Set<{
    readonly matches: (channel: string) => boolean;
    readonly receive: (channel: string, body: string) => void;
  }>();
  return {
    capabilities: {
      shared: false,
      delivery: 'at-most-once',
      patterns: 'native',
      groups: false,
      durable: false,
      maxFrameBytes: 1024 * 1024,
      ...capabilities,
    },
    async publish(frames) {
      for (const { channel, body } of frames) for (const one of subscribers) if (one.matches(channel)) one.receive(channel, body);
    },
    async subscribe(filter, receive) {
      const one = { matches: (channel: string) => filter.matches(channel), receive };
      subscribers.add(one);
      return { close: async () => void subscribers.delete(one) };
    },
    onState(listener) {
      listener('connected');
      return () => {};
    },
    close: async () => subscribers.clear(),
  };
}
