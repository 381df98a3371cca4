import type { BatchHandle, Dispatcher, DispatchItem, DispatchOptions, Route, TaskCallbacks, TaskHandle } from '@quayside/core';
import {
  callback,
  choice,
  duration,
  headers,
  list,
  name,
  optional,
  options,
  patience,
  pattern,
  payload,
  type Slot,
  text,
  unobserved,
  whole,
} from '../slots.js';
import { fuzzedType } from '../stage.js';
import { type AnyTable, table } from '../table.js';
import { backoff, priority, stopping } from './shared.js';

const callbacks = { onProgress: callback(), onComplete: callback(), onFailure: callback() };

/** They may be an instance of a class. */
const listening = (): Slot => ({
  ...options<TaskCallbacks>(callbacks),
  takes: (value) => value === undefined || (typeof value === 'object' && value !== null),
});

const dispatched = {
  priority: priority(),
  delay: duration('1h'),
  headers: headers(),
  maxRetries: whole(1, 0),
  backoff: backoff(),
  timeout: duration('1h', 1),
  attemptTimeout: duration('1m', 1),
  id: name('its-own', /id/),
};

const item = (): Slot =>
  options<DispatchItem>(
    { type: name(fuzzedType), payload: unobserved(payload()), options: options<DispatchOptions>(dispatched) },
    { type: fuzzedType, payload: 1 },
  );

const strategies = ['first', 'round-robin', 'least-loaded', 'consistent-hash'];

/** None of them takes a marker away. */
const route = (): Slot =>
  options<Route>(
    {
      name: text('a-route'),
      type: {
        ...pattern('nobody.*'),
        takes: (value) => value === undefined || pattern('').takes(value),
        leavesOut: (value) => ['>', '*', undefined].includes(value as string),
      },
      headers: headers(),
      when: callback(() => false),
      to: { ...name('elsewhere'), noun: /queue|to/ },
      strategy: choice('first', strategies),
      key: callback(() => 'key'),
    },
    { type: 'nobody.*', to: 'elsewhere' },
  );

const id = (): Slot => name('nobody', /id/);

export const dispatcherTable: AnyTable = table<Dispatcher>({
  subject: 'Dispatcher',
  port: 'dispatcher',
  open: (stage) => stage.dispatcher,
  methods: {
    process: {
      args: { type: name('another'), handler: callback(), options: options({ queue: { ...name('elsewhere') } }) },
      alsoRejects: ['ERR_QUAYSIDE_CONFIG'],
    },
    dispatch: {
      args: {
        type: name(fuzzedType),
        payload: payload(),
        options: options<DispatchOptions & TaskCallbacks>({ ...dispatched, ...callbacks }),
      },
    },
    dispatchBatch: { args: { items: list({ type: fuzzedType, payload: 1 }), callbacks: listening() } },
    task: { args: { id: id() } },
    status: { args: { id: id() } },
    cancel: { args: { id: id() } },
    redrive: { args: { id: id() }, alsoRejects: ['ERR_QUAYSIDE_CONFIG'] },
    addRoute: { args: { route: route() }, alsoRejects: ['ERR_QUAYSIDE_CONFIG'] },
    on: { args: { callbacks: listening(), type: optional(name('another')) } },
    stats: { args: {} },
    start: { args: {} },
    stop: { args: { options: stopping() }, isEnding: true },
  },
});

/** One of three: all are dispatched, or none. */
export const dispatchBatchTable: AnyTable = table<{ dispatchBatch(item: DispatchItem): unknown }>({
  subject: 'DispatchItem',
  port: 'dispatcher',
  open: ({ dispatcher }) => ({
    dispatchBatch: (hostile) => dispatcher.dispatchBatch([{ type: fuzzedType, payload: 1 }, hostile, { type: fuzzedType, payload: 3 }]),
  }),
  methods: { dispatchBatch: { args: { item: item() } } },
});

export const taskTable: AnyTable = table<TaskHandle>({
  subject: 'TaskHandle',
  port: 'dispatcher',
  open: async ({ dispatcher }) => dispatcher.dispatch(fuzzedType, 1),
  methods: {
    status: { args: {} },
    result: { args: { options: options({ timeout: patience('1s') }) }, alsoRejects: ['ERR_QUAYSIDE_TIMEOUT'] },
    cancel: { args: {} },
  },
});

export const batchHandleTable: AnyTable = table<BatchHandle>({
  subject: 'BatchHandle',
  port: 'dispatcher',
  open: async ({ dispatcher }) => dispatcher.dispatchBatch([{ type: fuzzedType, payload: 1 }]),
  methods: {
    results: { args: { options: options({ timeout: patience('1s') }) }, alsoRejects: ['ERR_QUAYSIDE_TIMEOUT'] },
    counts: { args: {} },
    progress: { args: {} },
    cancel: { args: {} },
  },
});
