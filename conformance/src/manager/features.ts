import assert from 'node:assert/strict';
import { type Codec, type PubSubTransport, type QueueStore, StoreWrapper, UnsupportedFeatureError } from '@quayside/core';
import { FaultyTransport } from '../pubsub/faulty-transport.js';
import type { ManagerContext } from './context.js';
import type { ManagerCase } from './manager-case.js';
import type { AdapterChanges } from './suite-adapter.js';

/** What a config asks for and a backend can't do. */
export const featureCases: readonly ManagerCase[] = [
  {
    id: 'M-03',
    title: 'options that the backends cannot honour are refused at create, all of them at once, and nothing is left open',
    needs: ['queue', 'patterns'],
    async run(context) {
      const poor = context.adapter(poorer(context));
      const config = {
        message_queue: { type: 'suite', max_payload_bytes: 5000 },
        pubsub: { type: 'suite', max_payload_bytes: 6000 },
        event_bus: { type: 'suite' },
      };
      const error = await context.refusal('5s', config, { adapters: [poor], codec: lengthCodec });
      assert.ok(error instanceof UnsupportedFeatureError, `${error}`);
      for (const word of ['message_queue.max_payload_bytes', 'pubsub.max_payload_bytes', 'event_bus', 'codec']) {
        assert.ok(
          error.features.some((feature) => feature.includes(word)),
          `${word} is among ${error.features}`,
        );
      }
      assert.equal(error.features.length, 4);
      assert.deepEqual([poor.opened.length, poor.closed], [1, 1]);
    },
  },
  {
    id: 'M-03',
    title: "unsupported: emulate carries any codec's text over a backend that takes JSON only",
    needs: ['queue'],
    async run(context) {
      const payloads: string[] = [];
      const adapter = context.adapter(poorer(context, (text) => void payloads.push(text)));
      const config = { message_queue: { type: 'suite' }, unsupported: 'emulate' } as const;
      const manager = await context.create(config, { adapters: [adapter], codec: lengthCodec });
      const seen: unknown[] = [];
      manager.queue().process('task', ({ payload }) => void seen.push(payload));
      await manager.start();
      await manager.queue().publish('task', 'xyz');
      await context.eventually(() => seen.length === 1, 'the message is handled');
      assert.deepEqual(seen, ['xyz']);
      for (const text of payloads) assert.doesNotThrow(() => JSON.parse(text), `${text} is JSON`);
      assert.equal(payloads.length, 1);
    },
  },
];

/** A codec whose text is not JSON. */
const lengthCodec: Codec = {
  encode: (value) => `${String(value).length}:${String(value)}`,
  decode: (text) => text.slice(text.indexOf(':') + 1),
};

class PoorStore extends StoreWrapper {
  readonly #told: (text: string) => void;

  constructor(inner: QueueStore, told: (text: string) => void) {
    super(inner);
    this.#told = told;
  }

  override get capabilities(): QueueStore['capabilities'] {
    return { ...this.inner.capabilities, payload: 'json', maxPayloadBytes: 1000 };
  }

  override publish(...[messages, call]: Parameters<QueueStore['publish']>): ReturnType<QueueStore['publish']> {
    for (const { payload } of messages) this.#told(payload);
    return this.inner.publish(messages, call);
  }
}

/** A backend that promises little. `told` hears each payload that its queue is given. */
function poorer(context: ManagerContext, told: (text: string) => void = () => undefined): AdapterChanges {
  return {
    change: (backend) => ({
      queueStore(name) {
        const store = backend.queueStore?.(name);
        if (store === undefined) throw new Error('the backend has no queue store');
        return new PoorStore(store, told);
      },
      pubSubTransport(scope): PubSubTransport {
        const transport = backend.pubSubTransport?.(scope);
        if (transport === undefined) throw new Error('the backend has no pub/sub transport');
        return new FaultyTransport(transport, context.scope.time, { patterns: 'none', maxFrameBytes: 1000 });
      },
    }),
  };
}
