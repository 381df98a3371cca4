/** Engines that go wrong. Each wraps core's own. */
import {
  type AnyMessages,
  type BatchItem,
  type Codec,
  type createQueue,
  type Handler,
  PayloadError,
  type Queue,
  type QueueParts,
  type Settlement,
  StoreWrapper,
} from '@quayside/core';

type CreateQueue = typeof createQueue;

/** Changes the queue that an engine makes, seen as one of untyped messages. */
function spoilQueue(create: CreateQueue, spoil: (queue: Queue, parts: QueueParts<AnyMessages>) => void): CreateQueue {
  return <M extends object>(name: string, parts: QueueParts<M>) => {
    const queue = create<M>(name, parts);
    spoil(queue as unknown as Queue, parts as unknown as QueueParts<AnyMessages>);
    return queue;
  };
}

/** Publishes the items before the one that is refused. */
export const publishesTheValidHalf = (create: CreateQueue): CreateQueue =>
  spoilQueue(create, (queue) => {
    const publishBatch = queue.publishBatch.bind(queue);
    queue.publishBatch = async (items, options) => {
      try {
        return await publishBatch(items, options);
      } catch (error) {
        const first: BatchItem | undefined = items[0];
        if (first !== undefined) await queue.publish(first.type, first.payload, first.options);
        throw error;
      }
    };
  });

/** Hands the publisher's own object to the handler. */
export const sharesItsObjects = (create: CreateQueue): CreateQueue => {
  const objects = new Map<string, unknown>();
  return (name, parts) => {
    const strict = parts.codec;
    const sharing: Codec = {
      encode(value) {
        if (typeof value === 'bigint' || typeof value === 'function') throw new PayloadError('can not be carried');
        const key = JSON.stringify(objects.size);
        objects.set(key, value);
        return key;
      },
      decode: (text) => objects.get(text),
    };
    return create(name, { ...parts, codec: strict ?? sharing });
  };
};

/** Waits for the server's word before it stops. */
export const stopsOnlyWithTheServer = (create: CreateQueue): CreateQueue =>
  spoilQueue(create, (queue, { store }) => {
    const stop = queue.stop.bind(queue);
    queue.stop = async (options) => {
      await store.stats();
      return stop(options);
    };
  });

/** Forgets what it holds when it stops. */
class ForgetfulStore extends StoreWrapper {
  isStopping = false;

  override async exchange(...[settlements, request]: Parameters<StoreWrapper['exchange']>): ReturnType<StoreWrapper['exchange']> {
    if (!this.isStopping) return this.inner.exchange(settlements, request);
    const isKept = ({ outcome }: Settlement) => outcome !== 'release';
    const exchange = await this.inner.exchange(settlements.filter(isKept), request);
    const answers = [...exchange.settled];
    return { ...exchange, settled: settlements.map((settlement) => (isKept(settlement) ? (answers.shift() ?? 'lease-lost') : 'settled')) };
  }
}

export const strandsWhatItHolds =
  (create: CreateQueue): CreateQueue =>
  (name, parts) => {
    const store = new ForgetfulStore(parts.store);
    return spoilQueue(create, (queue) => {
      const stop = queue.stop.bind(queue);
      queue.stop = (options) => {
        store.isStopping = true;
        return stop(options);
      };
    })(name, { ...parts, store });
  };

/** Handlers that timed out keep their slots. */
export const keepsTheSlotsOfTimeouts = (create: CreateQueue): CreateQueue =>
  spoilQueue(create, (queue, { options }) => {
    let free = options?.concurrency ?? 4;
    const process = queue.process.bind(queue);
    queue.process = (type, handler) => {
      const slotted: Handler = async (message, context) => {
        while (free === 0 && !context.signal.aborted) await new Promise((resolve) => setImmediate(resolve));
        if (context.signal.aborted) return undefined;
        free--;
        try {
          return await (handler as Handler)(message, context);
        } finally {
          if (!context.signal.aborted) free++;
        }
      };
      return process(type, slotted as typeof handler);
    };
  });
