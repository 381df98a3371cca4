import { EventEmitter } from 'node:events';
import { createLocalEventBus } from '@quayside/core';
import Emittery from 'emittery';
import eventemitter2 from 'eventemitter2';
import mitt from 'mitt';
import { type Contender, perSecond, type Scenario } from './measure.js';

/** Its types describe the CommonJS form of the package, its default export is the function all the same. */
const createMitt = mitt as unknown as typeof mitt.default;

const emits = 300_000;
const handlers = 3;
const payload = { model: 'denoiser', bytes: 4096 };

let heard = 0;
const listen = () => {
  heard++;
};

/** Emits, and fails where a handler was missed: a fast bus that loses events is no peer. */
async function counted(emit: () => unknown): Promise<number> {
  heard = 0;
  const figure = await perSecond(emits, () => {
    for (let index = 0; index < emits; index++) emit();
  });
  if (heard !== emits * handlers) throw new Error(`${heard} handler calls instead of ${emits * handlers}`);
  return figure;
}

function bus(subscribe: (on: (name: string, handler: () => void) => unknown) => void, name: string): Contender {
  const local = createLocalEventBus();
  subscribe((event, handler) => local.on(event, handler));
  return { name: 'quayside event bus', run: () => counted(() => local.emit(name, payload)) };
}

function emitter2(wildcard: boolean, subscribe: (on: (name: string, handler: () => void) => unknown) => void, name: string): Contender {
  const emitter = new eventemitter2.EventEmitter2({ wildcard, delimiter: '.', maxListeners: 0 });
  subscribe((event, handler) => emitter.on(event, handler));
  return { name: wildcard ? 'eventemitter2 (wildcard)' : 'eventemitter2', run: () => counted(() => emitter.emit(name, payload)) };
}

function nodeEmitter(): Contender {
  const emitter = new EventEmitter();
  for (let index = 0; index < handlers; index++) emitter.on('model_loaded', () => listen());
  return { name: "node's EventEmitter", run: () => counted(() => emitter.emit('model_loaded', payload)) };
}

function mittEmitter(): Contender {
  const emitter = createMitt<{ model_loaded: typeof payload }>();
  for (let index = 0; index < handlers; index++) emitter.on('model_loaded', () => listen());
  return { name: 'mitt', run: () => counted(() => emitter.emit('model_loaded', payload)) };
}

function emittery(): Contender {
  const emitter = new Emittery<{ model_loaded: typeof payload }>();
  for (let index = 0; index < handlers; index++) emitter.on('model_loaded', () => listen());
  return {
    name: 'emittery',
    async run() {
      heard = 0;
      const few = emits / 10;
      const figure = await perSecond(few, async () => {
        for (let index = 0; index < few; index++) await emitter.emit('model_loaded', payload);
      });
      if (heard !== few * handlers) throw new Error(`${heard} handler calls instead of ${few * handlers}`);
      return figure;
    },
  };
}

/** Three handlers of one name. */
const exact = (on: (name: string, handler: () => void) => unknown) => {
  for (let index = 0; index < handlers; index++) on('model_loaded', () => listen());
};
/** Three patterns that match, among others that do not; each library's `*` is one token. */
const wildcards = (on: (name: string, handler: () => void) => unknown) => {
  for (const pattern of ['meeting.*.joined', 'meeting.room1.*', '*.room1.joined']) on(pattern, () => listen());
  for (const pattern of ['media.*.started', 'meeting.*.left', '*.room2.joined']) on(pattern, () => listen());
};

export const eventBusScenarios: readonly Scenario[] = [
  {
    name: 'event-bus-exact',
    unit: 'emits/s',
    better: 'higher',
    ours: bus(exact, 'model_loaded'),
    peers: [emitter2(false, exact, 'model_loaded'), nodeEmitter(), mittEmitter(), emittery()],
  },
  {
    name: 'event-bus-wildcard',
    unit: 'emits/s',
    better: 'higher',
    ours: bus(wildcards, 'meeting.room1.joined'),
    peers: [emitter2(true, wildcards, 'meeting.room1.joined')],
  },
];
