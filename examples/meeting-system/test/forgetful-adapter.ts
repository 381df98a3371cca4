import type { Adapter } from '@quayside/core';
import { adapter as memory } from '@quayside/memory';

/** The memory backend with a planted bug: once, it loses the last message of a batch of tasks, and says that it was published. */
export const adapter: Adapter<object> = {
  ...memory,
  type: 'forgetful',
  async open(options, context) {
    const backend = await memory.open(options, context);
    const storeOf = backend.queueStore.bind(backend);
    let hasLost = false;
    backend.queueStore = (name) => {
      const store = storeOf(name);
      if (name !== 'meeting_system') return store;
      const publish = store.publish.bind(store);
      store.publish = async (messages, call) => {
        if (hasLost) return publish(messages, call);
        hasLost = true;
        return [...(await publish(messages.slice(0, -1), call)), { status: 'published' }];
      };
      return store;
    };
    return backend;
  },
};
