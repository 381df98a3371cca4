import { defineMessages, type PortObserver, type QueueManager, type QueueOptions, type QueueSetup } from '@quayside/core';
import { anything, callback, choice, duration, flag, isName, optional, options, type Slot, whole } from '../slots.js';
import { type AnyTable, table } from '../table.js';
import { backoff, stopping } from './shared.js';

const config = 'ERR_QUAYSIDE_CONFIG';

/** Any function will do, besides what is stored with a message. */
const ownBackoff = (): Slot => ({ ...backoff(), takes: (value) => typeof value === 'function' || backoff().takes(value) });

const queueOptions = (): Slot =>
  options<QueueOptions>({
    concurrency: whole(1, 1, 10_000),
    visibilityTimeout: duration('1s', 10),
    pollInterval: duration('10ms', 1),
    maxRetries: whole(1, 0),
    backoff: ownBackoff(),
    timeout: duration('1m', 1),
    deadLetterQueue: flag(true),
    deadLetterExpired: flag(true),
    priorityPolicy: choice('strict', ['strict']),
    publishTimeout: duration('1s', 1),
    publishBuffer: whole(10, 1, 10_000_000),
    maxPayloadBytes: whole(1_000, 1, 512 * 1024 * 1024),
    prefetch: duration('1ms'),
    maxBlocked: duration('1m'),
  });

const declared = defineMessages({});
const definitions = (): Slot => optional({ sample: () => declared, takes: (value) => value === declared });

let asked = 0;
/** The setup of the first time holds for a name. */
const newName = (): Slot => ({
  sample: () => `asked-${asked++}`,
  takes: (value) => value === undefined || isName(value),
  noun: /queue|name|definitions/,
});

/** What an observer throws reaches whoever adds it. */
const shown = (): Slot => ({ ...callback(), leavesOut: (value) => typeof value === 'function' });

const observing = (): Slot => ({
  ...options<PortObserver>({ queue: shown(), pubsub: shown(), events: shown(), scheduler: shown(), dispatcher: shown() }),
  takes: (value) => typeof value === 'object' && value !== null,
});

export const managerTable: AnyTable = table<Omit<QueueManager, 'container'>>({
  subject: 'QueueManager',
  port: 'queue',
  open: ({ manager }) => manager,
  methods: {
    queue: {
      args: { name: newName(), setup: options<QueueSetup<object>>({ definitions: definitions(), options: queueOptions() }) },
      alsoRejects: [config],
    },
    pubsub: { args: { definitions: definitions() }, alsoRejects: [config] },
    events: { args: {}, alsoRejects: [config] },
    scheduler: { args: { definitions: definitions() }, alsoRejects: [config] },
    dispatcher: { args: {}, alsoRejects: [config] },
    observe: { args: { observer: observing() } },
    on: { args: { event: anything('error'), listener: callback() } },
    start: { args: {} },
    stop: { args: { options: stopping() }, isEnding: true },
    stats: { args: {} },
    health: { args: {} },
    [Symbol.asyncDispose]: { args: {}, isEnding: true },
  },
});
