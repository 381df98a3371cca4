import { type Adapter, type AdapterContext, ConnectionError } from '@quayside/core';
import { MemoryBackend } from './backend.js';

/** The memory backend has no options yet: an object without keys. */
export type MemoryOptions = Readonly<Record<never, never>>;

export interface MemoryAdapter extends Adapter<MemoryOptions> {
  open(options: MemoryOptions, context: AdapterContext): Promise<MemoryBackend>;
}

export const adapter: MemoryAdapter = {
  type: 'memory',
  configSchema: {
    '~standard': {
      version: 1,
      vendor: 'quayside',
      validate(value) {
        if (value === undefined || value === null) return { value: {} };
        if (typeof value !== 'object') return { issues: [{ message: `got a ${typeof value}; allowed is an object without options` }] };
        const unknown = Object.keys(value);
        if (unknown.length === 0) return { value: {} };
        return { issues: unknown.map((key) => ({ path: [key], message: 'unknown option: the memory backend has none' })) };
      },
    },
  },
  async open(_options, context) {
    if (context.signal?.aborted === true) throw new ConnectionError('nobody waits for it any more', { cause: context.signal.reason });
    return new MemoryBackend(context);
  },
};
