/** The suite's own example of a harness: the memory backend, on a test clock, and on the machine's. */
import { adapter, type MemoryBackend } from '@quayside/memory';
import type { Harness } from '../harness.js';
import { packageVersion } from '../versions.js';

/** The open ones, by namespace: what lies in them is what lies in the server elsewhere. */
const opened = new Map<string, Set<MemoryBackend>>();

export const harness: Harness = {
  name: 'memory',
  clock: 'test',
  async open(context) {
    const backend = await adapter.open({}, context);
    const neighbours = opened.get(context.namespace) ?? new Set();
    opened.set(context.namespace, neighbours.add(backend));
    const close = backend.close.bind(backend);
    backend.close = () => {
      neighbours.delete(backend);
      if (neighbours.size === 0) opened.delete(context.namespace);
      return close();
    };
    return backend;
  },
  keys: async (namespace) => [...(opened.get(namespace) ?? [])].flatMap((backend) => backend.keys()),
  versions: async () => ({ '@quayside/memory': packageVersion('@quayside/memory') }),
};

/** The same where time can't be moved: what a case does on a server's clock is tried here first. */
export const realTimeHarness: Harness = { ...harness, name: 'memory-real-time', clock: 'server' };
