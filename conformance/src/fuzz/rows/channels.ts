import type { EventBus, EventPublishOptions, OnOptions, PubSub, SubscribeOptions, Subscription } from '@quayside/core';
import {
  anything,
  callback,
  channel,
  duration,
  headers,
  isPlainData,
  name,
  options,
  pattern,
  payload,
  type Slot,
  signal,
  unobserved,
  whole,
} from '../slots.js';
import { fuzzedType } from '../stage.js';
import { type AnyTable, type FuzzTable, table } from '../table.js';
import { stopping } from './shared.js';

const unsupported = 'ERR_QUAYSIDE_UNSUPPORTED_FEATURE';
const cancelled = 'ERR_QUAYSIDE_CANCELLED';

export const pubsubTable: AnyTable = table<PubSub>({
  subject: 'PubSub',
  port: 'pubsub',
  open: (stage) => stage.pubsub,
  methods: {
    publish: {
      args: {
        channel: channel(fuzzedType),
        payload: payload(),
        options: options<EventPublishOptions>({ headers: headers(), timeout: duration('5s') }),
      },
      alsoRejects: ['ERR_QUAYSIDE_TIMEOUT'],
    },
    subscribe: {
      args: {
        channel: pattern('another.*'),
        handler: callback(),
        options: options<SubscribeOptions>({
          concurrency: whole(1, 1, 10_000),
          bufferSize: whole(10, 1, 10_000_000),
          group: name('group'),
          durable: name('durable'),
          signal: signal(),
          onGap: callback(),
        }),
      },
      alsoRejects: [unsupported, cancelled],
    },
    deleteDurable: { args: { channel: pattern('another.*'), name: name('durable', /durable/) }, alsoRejects: [unsupported] },
    on: { args: { event: anything('gap'), listener: callback() } },
    stats: { args: {} },
    stop: { args: { options: stopping() }, isEnding: true },
  },
});

export const subscriptionTable: AnyTable = table<Subscription>({
  subject: 'Subscription',
  port: 'pubsub',
  open: (stage) => stage.pubsub.subscribe('passing', () => undefined),
  methods: { unsubscribe: { args: {} } },
  inner: ['open', 'push', 'tellGap', 'end'],
});

const busMethods = (emitted: Slot): FuzzTable<EventBus>['methods'] => ({
  emit: { args: { name: channel(fuzzedType), payload: emitted } },
  emitAsync: { args: { name: channel(fuzzedType), payload: emitted }, alsoRejects: ['ERR_QUAYSIDE_PAYLOAD'] },
  on: { args: { name: pattern('another.*'), handler: callback(), options: options<OnOptions>({ signal: signal() }) } },
  once: { args: { name: pattern('another.*'), handler: callback(), options: options<OnOptions>({ signal: signal() }) } },
  off: { args: { name: anything('another.*'), handler: anything() } },
  onBus: { args: { event: anything('gap'), listener: callback() } },
  stats: { args: {} },
  start: { args: {} },
  stop: { args: { options: stopping() }, isEnding: true },
});

const busInner = ['admit', 'countEmit', 'emitTime', 'refuseStopped', 'report', 'run', 'whenQuiet'];

export const remoteBusTable: AnyTable = table<EventBus>({
  subject: 'RemoteEventBus',
  port: 'events',
  open: (stage) => stage.events,
  // What is too large for the server reaches the handlers of this process all the same, and is told by `error` or at the end of `emitAsync`.
  methods: busMethods({ ...unobserved(payload()), takes: (value) => typeof value === 'string' || isPlainData(value) }),
  inner: busInner,
});

/** In one process a payload is passed as it stands, whatever it is. */
export const localBusTable: AnyTable = table<EventBus>({
  subject: 'LocalEventBus',
  port: 'bus',
  open: (stage) => stage.events,
  methods: busMethods(anything()),
  inner: busInner,
});
