import type { BatchItem, BatchOptions, DeadLetters, Delivery, Middleware, PublishOptions, Queue, ReceiveOptions } from '@quayside/core';
import {
  anything,
  callback,
  choice,
  date,
  duration,
  flag,
  headers,
  list,
  name,
  names,
  options,
  patience,
  payload,
  type Slot,
  signal,
  unobserved,
  whole,
} from '../slots.js';
import { fuzzedType } from '../stage.js';
import { type AnyTable, table } from '../table.js';
import { backoff, page, priority, stopping } from './shared.js';

const publishOptions = {
  priority: priority(),
  delay: duration('1h'),
  at: date(),
  maxRetries: whole(1, 0),
  maxDeliveries: whole(5, 1),
  backoff: backoff(),
  timeout: duration('1m', 1),
  ttl: duration('1h', 1),
  deduplication: options<NonNullable<PublishOptions['deduplication']>>(
    { id: name('once', /deduplication/), window: duration('1m', 1) },
    { id: 'once', window: '1m' },
  ),
  id: name('its-own', /id/),
  headers: headers(),
};

/** Of an item: its call has the bound. */
type ItemOptions = NonNullable<BatchItem['options']>;

const publishing = (): Slot => options<PublishOptions>({ ...publishOptions, publishTimeout: duration('5s') });

const item = (): Slot =>
  options<BatchItem>(
    { type: name(fuzzedType), payload: unobserved(payload()), options: options<ItemOptions>(publishOptions) },
    { type: fuzzedType, payload: 1 },
  );

/** Of a call that was told to wait hardly at all. */
const timeout = 'ERR_QUAYSIDE_TIMEOUT';

const state = (): Slot => choice('dead', ['waiting', 'delayed', 'active', 'dead']);
const id = (): Slot => name('nobody', /id/);
const ids = (): Slot => names('nobody');

const event = (): Slot => anything('published');

const middleware = (): Slot =>
  options<Middleware>({
    concerns: callback(() => false),
    publish: callback(),
    process: callback(),
    beforeSettle: callback(),
  });

const batching = (): Slot => options<BatchOptions>({ size: whole(2, 1, 1_000), wait: duration('10ms') }, { size: 2 });

export const queueTable: AnyTable = table<Queue>({
  subject: 'Queue',
  port: 'queue',
  open: (stage) => stage.queue,
  methods: {
    publish: { args: { type: name(fuzzedType), payload: payload(), options: publishing() }, alsoRejects: [timeout] },
    publishBatch: {
      args: { items: list({ type: fuzzedType, payload: 1 }), options: options({ publishTimeout: duration('5s') }) },
      alsoRejects: [timeout],
    },
    process: { args: { type: name('another'), handler: callback() }, alsoRejects: ['ERR_QUAYSIDE_CONFIG'] },
    processBatch: { args: { type: name('yet-another'), handler: callback(), options: batching() }, alsoRejects: ['ERR_QUAYSIDE_CONFIG'] },
    receive: {
      args: {
        options: options<ReceiveOptions>({
          max: whole(1, 1, 1_000),
          visibilityTimeout: duration('1s', 10),
          wait: patience('1s'),
          signal: signal(),
        }),
      },
      isEnding: true,
    },
    cancel: { args: { id: id() } },
    promote: { args: { id: id() } },
    remove: { args: { id: id() } },
    find: { args: { id: id() } },
    list: { args: { state: state(), options: page() }, alsoRejects: ['ERR_QUAYSIDE_CONFIG'] },
    pause: { args: {}, isEnding: true },
    resume: { args: {} },
    drain: { args: { options: options({ timeout: patience('1s'), signal: signal() }) }, alsoRejects: ['ERR_QUAYSIDE_TIMEOUT'] },
    purge: { args: {}, isEnding: true },
    obliterate: { args: { options: options({ force: flag(true) }) }, isEnding: true },
    use: {
      args: { middleware: { ...middleware(), takes: (value) => typeof value === 'object' && value !== null } },
      alsoRejects: ['ERR_QUAYSIDE_CONFIG'],
    },
    on: { args: { event: event(), listener: callback() } },
    stats: { args: {} },
    start: { args: {} },
    stopWorkers: { args: { options: stopping() }, isEnding: true },
    stop: { args: { options: stopping() }, isEnding: true },
  },
});

/** An item of a batch: whatever one of them is, the others go with it or stay with it. */
export const batchTable: AnyTable = table<{ publishBatch(item: BatchItem): unknown }>({
  subject: 'QueueItem',
  port: 'queue',
  open: ({ queue }) => ({
    publishBatch: (hostile) => queue.publishBatch([{ type: fuzzedType, payload: 1 }, hostile, { type: fuzzedType, payload: 3 }]),
  }),
  methods: { publishBatch: { args: { item: item() } } },
});

export const deadLettersTable: AnyTable = table<DeadLetters>({
  subject: 'DeadLetters',
  port: 'queue',
  open: (stage) => stage.queue.deadLetters,
  methods: {
    list: { args: { options: page() }, alsoRejects: ['ERR_QUAYSIDE_CONFIG'] },
    get: { args: { id: id() } },
    redrive: { args: { ids: { ...ids(), takes: (value) => ids().takes(value) || id().takes(value), noun: /id/ } } },
    redriveAll: { args: {} },
    remove: { args: { ids: { ...ids(), takes: (value) => ids().takes(value) || id().takes(value), noun: /id/ } } },
    purge: { args: {} },
  },
});

export const deliveryTable: AnyTable = table<Delivery>({
  subject: 'Delivery',
  port: 'queue',
  async open(stage) {
    const pulled = stage.manager.queue('pulled');
    await pulled.publish(fuzzedType, 1);
    const [delivery] = await pulled.receive({ visibilityTimeout: '1h' });
    if (delivery === undefined) throw new Error('nothing was received');
    return delivery;
  },
  methods: {
    ack: { args: {} },
    retry: { args: { options: options<{ delay: unknown; error: unknown }>({ delay: duration('1s'), error: anything() }) } },
    dead: { args: { reason: anything() } },
    release: { args: { options: options({ delay: duration('1s') }) } },
    extend: { args: { duration: duration('1s') }, alsoRejects: ['ERR_QUAYSIDE_LEASE_LOST'] },
  },
});
